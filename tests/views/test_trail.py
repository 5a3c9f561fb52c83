"""The trail's page: everything that happened, narrowed, in words and as CSV."""

import csv
import io
from urllib.parse import urlparse

import pytest
from sqlalchemy import func, select

from portal.db import db
from portal.models import Campaign, TrailLine
from tests.factories import launch, salesforce, start
from tests.story import story


@story
def campaign(cast, acting) -> Campaign:
    salesforce(cast)
    campaign = launch(acting("carl"))
    start(campaign, acting("olive"))
    return campaign


def lines_in(page: str) -> int:
    return page.count('data-label="Line"')


def test_an_auditor_reads_the_whole_trail(campaign, sign_in):
    page = sign_in("ada").get("/trail").get_data(as_text=True)
    assert "Review started" in page
    assert "Olive Owens" in page


def test_read_only_members_see_a_campaigns_trail_but_not_the_whole(campaign, sign_in):
    client = sign_in("rhea")
    assert client.get("/trail").status_code == 404
    page = client.get(f"/campaigns/{campaign.id}/trail").get_data(as_text=True)
    assert "Campaign launched" in page
    assert "Role installed" not in page


@pytest.mark.parametrize(
    ("query", "verbs"),
    [
        ("actor=olive&verb=review+started", {"review started"}),
        ("verb=campaign+launched", {"campaign launched"}),
        ("thing=campaign:1&verb=campaign+launched", {"campaign launched"}),
        ("until=2001-01-01", set()),
        ("since=2999-01-01", set()),
    ],
)
def test_the_trail_is_narrowed_the_same_on_the_page_and_in_the_csv(campaign, sign_in, query, verbs):
    client = sign_in("ada")
    text = client.get(f"/campaigns/{campaign.id}/trail.csv?{query}").get_data(as_text=True)
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert {row["verb"] for row in rows} == verbs
    page = client.get(f"/campaigns/{campaign.id}/trail?{query}").get_data(as_text=True)
    assert lines_in(page) == len(rows)


def test_a_date_that_is_none_is_said_to_be_one(campaign, sign_in):
    page = sign_in("ada").get("/trail?since=yesterday").get_data(as_text=True)
    assert "“yesterday” is not a date" in page


def test_every_line_is_reached_page_by_page(campaign, sign_in, app):
    client, seen, url = sign_in("ada"), 0, "/trail"
    total = db.session.scalar(select(func.count()).select_from(TrailLine))
    while url:
        page = client.get(url).get_data(as_text=True)
        seen += lines_in(page)
        url = next_url(page)
    assert seen == total


def next_url(page: str) -> str:
    if 'rel="next"' not in page:
        return ""
    before = page.partition('rel="next"')[0]
    link = before.rpartition('<a href="')[2].partition('"')[0]
    found = urlparse(link.replace("&amp;", "&"))
    return f"{found.path}?{found.query}"
