"""Where a campaign stands: by application, by reviewer, on paper; each figure leads to its list."""

import csv
import io
import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select

from jobs.tallies import count_campaigns
from policies.filters import Filter
from portal import clock
from portal.db import db
from portal.models import CampaignTally, Person, Review, ReviewerTally
from portal.queries.counting import campaigns_to_count
from portal.usecases.decisions import decide_item, decide_view
from portal.usecases.freezing import start_review
from portal.usecases.reviews import fail_review, sign_off
from tests.factories import (
    APPROVED,
    REJECTED,
    items_of,
    launch,
    make_account,
    make_application,
    make_sync,
)


@pytest.fixture
def campaign(cast, acting):
    """Olive decided three of six accounts of Salesforce one by one, 10 and 30 seconds apart, and
    rejected one; Otto decided all of Figma at once and rejected it; nobody began Okta."""
    applications = [
        make_application("Salesforce", cast.olive),
        make_application("Figma", cast.otto),
        make_application("Okta", cast.rita),
    ]
    for application, size in zip(applications, (6, 4, 5), strict=True):
        make_sync(application)
        for number in range(size):
            make_account(application, f"user{number}", roles="User")
    campaign = launch(acting("alma"))
    figma, _, salesforce = campaign.reviews  # by name
    start_review(salesforce, by=acting("olive"))
    start_review(figma, by=acting("otto"))
    verdicts = (APPROVED, REJECTED, APPROVED)
    items = list(items_of(salesforce).values())[:3]
    for seconds, verdict, item in zip((0, 10, 40), verdicts, items, strict=True):
        clock.shift(timedelta(seconds=seconds))
        decide_item(item, verdict, version=item.version, by=acting("olive"))
    decide_view(figma, Filter(), REJECTED, seen=0, by=acting("otto"))
    sign_off(figma, by=acting("otto"))
    return campaign


def tallies() -> dict[str, ReviewerTally]:
    count_campaigns()
    db.session.expire_all()
    return {each.person.name.split()[0]: each for each in db.session.scalars(select(ReviewerTally))}


def links(page: str, words: str) -> list[str]:
    """Where the links lead that stand in the row of `words`."""
    row = next(row for row in re.findall(r"<tr.*?</tr>", page, re.S) if words in row)
    return [unescape(link) for link in re.findall(r'href="([^"]+)"', row)]


def names(page: str) -> list[str]:
    """The first cells of the table."""
    cells = re.findall(r'<th scope="row">.*?</th>', page, re.S)
    return [re.sub(r"<svg.*?</svg>|<[^>]+>", "", cell, flags=re.S).strip() for cell in cells]


def rows(answer) -> list[list[str]]:
    """The rows of a CSV file."""
    return list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))


def test_everybody_is_counted_as_the_evidence_would(campaign):
    found = tallies()
    olive, otto, rita = found["Olive"], found["Otto"], found["Rita"]
    assert (olive.items, olive.left, olive.single, olive.bulk, olive.rejected) == (6, 3, 3, 0, 1)
    assert round(olive.pace) == 20  # the median of 10 and 30
    assert (otto.left, otto.bulk, otto.bulk_share, otto.pace, otto.removals) == (0, 4, 100, -1, 4)
    assert (otto.overdue, rita.reviews, rita.items, rita.last_at) == (0, 1, 0, None)
    tally = db.session.scalars(select(CampaignTally)).one()
    assert (tally.total, tally.done, tally.unassigned) == (15, 7, 0)
    assert tally.days == [[clock.today().isoformat(), 7]]


def test_it_is_counted_again_only_when_something_was_told(campaign, acting):
    before = {name: each.id for name, each in tallies().items()}
    assert campaigns_to_count() == []
    item = next(i for i in items_of(campaign.reviews[2]).values() if i.verdict.value == "undecided")
    decide_item(item, APPROVED, version=item.version, by=acting("olive"))
    assert campaigns_to_count() == [campaign.id]
    after = tallies()
    assert after["Olive"].left == 2
    assert {name: each.id for name, each in after.items()} == before
    clock.shift(timedelta(days=9))  # removals became overdue meanwhile, and nobody said a word
    assert (tallies()["Otto"].overdue, campaigns_to_count()) == (4, [])


def test_the_page_tells_states_and_leads_from_each_to_its_list(campaign, sign_in):
    count_campaigns()
    client = sign_in("rhea")
    page = client.get(f"/campaigns/{campaign.id}").text
    assert "8 of 15 decisions left" in page
    assert sorted(names(page)) == ["Figma", "Okta", "Salesforce"]
    address = f"/campaigns/{campaign.id}?field=state&op=is&value=remediation"
    assert address in unescape(page)
    assert names(client.get(address).text) == ["Figma"]
    undecided = next(link for link in links(page, "Salesforce") if "verdict" in link)
    assert "user3" in client.get(undecided).text
    assert "user0" not in client.get(undecided).text
    most = client.get(f"/campaigns/{campaign.id}?sort=-undecided").text
    assert names(most)[0] == "Salesforce"


def test_reviewers_are_sorted_filtered_and_lead_to_what_is_theirs(campaign, sign_in):
    count_campaigns()
    client, address = sign_in("rhea"), f"/campaigns/{campaign.id}/reviewers"
    page = client.get(address).text
    assert [name.split()[0] for name in names(page)] == ["Olive", "Rita", "Otto"]
    assert "(1 not started)" in page
    assert "100 %" in page
    left = next(link for link in links(page, "Olive Owens") if "undecided" in link)
    assert "user3" in client.get(left).text
    removing = next(link for link in links(page, "Otto Okafor") if "remover" in link)
    assert names(client.get(removing).text) == ["Figma"]
    only = client.get(f"{address}?field=bulk&op=more&value=50").text
    assert [name.split()[0] for name in names(only)] == ["Otto"]
    of_okta = client.get(f"{address}?field=application&op=is&value=Okta").text
    assert [name.split()[0] for name in names(of_okta)] == ["Rita"]


def test_both_tables_go_to_csv_and_to_paper_whole(campaign, sign_in):
    count_campaigns()
    client, here = sign_in("ada"), f"/campaigns/{campaign.id}"
    reviews = rows(client.get(f"{here}/csv?field=state&op=is&value=pending"))
    assert [row[1] for row in reviews[1:]] == ["Okta"]
    people = rows(client.get(f"{here}/reviewers/csv?sort=person"))
    assert [row[0] for row in people[1:]] == [
        "Olive Owens",
        "Otto Okafor",
        "Rita Reyes",
    ]
    assert len(names(client.get(f"{here}/print").text)) == 6


def test_an_open_page_asks_for_itself_and_keeps_nobody_signed_in(campaign, sign_in, acting):
    client = sign_in("rhea")
    page = client.get(f"/campaigns/{campaign.id}?sort=state").text
    assert f'hx-get="/campaigns/{campaign.id}?sort=state"' in page
    headers = {"HX-Request": "true", "HX-Target": "standing", "X-Live": "1"}
    part = client.get(f"/campaigns/{campaign.id}?sort=state", headers=headers).text
    assert part.lstrip().startswith('<div id="standing"')
    assert "</html>" not in part


def test_who_sees_no_campaigns_finds_none_of_it(campaign, sign_in):
    here = f"/campaigns/{campaign.id}"
    for path in ("/reviews", f"{here}/reviewers", f"{here}/print", f"{here}/csv", "/reviews/csv"):
        assert sign_in("olive").get(path).status_code == 404
        assert sign_in("rhea").get(path).status_code == 200
    assert sign_in("rhea").get("/campaigns/999/reviewers").status_code == 404


def test_home_counts_what_needs_somebody_and_each_leads_to_its_list(campaign, sign_in, cast):
    review = db.session.scalars(select(Review).where(Review.id == campaign.reviews[1].id)).one()
    fail_review(review, "Its source was removed.")
    clock.shift(timedelta(days=20))
    count_campaigns()
    client = sign_in("rhea")
    page = client.get("/", follow_redirects=True).text
    found = re.findall(r'<li><a href="([^"]+)"><span class="count">(\d+)</span>', page)
    told = {unescape(link): int(count) for link, count in found}
    assert sorted(told.values()) == [1, 1, 1]  # in error, overdue, with overdue removals
    for link, wanted in zip(told, ("Okta", "Salesforce", "Figma"), strict=True):
        assert names(client.get(link).text) == [wanted]
    assert campaign.name in page


def test_home_teaches_where_there_is_nothing_and_hides_what_is_not_theirs(cast, sign_in):
    page = sign_in("alma").get("/home").text
    assert "Nothing. What stops a review" in page
    assert "Plan a campaign" in page
    assert "Nothing is scheduled" in page
    assert sign_in("olive").get("/home").status_code == 404
    assert "Plan a campaign" not in sign_in("rhea").get("/home").text


def test_no_page_of_a_campaign_asks_more_for_more_applications_and_reviewers(
    cast, acting, sign_in, counting
):
    client, alma, asked = sign_in("rhea"), acting("alma"), []
    for size in (4, 40):
        for number in range(size):
            owner = Person(name=f"Owner {size} {number}", created_at=clock.now())
            db.session.add(owner)
            db.session.flush()
            make_application(f"App {size} {number}", owner)
        campaign = launch(alma, name=f"Of {size}")
        count_campaigns()
        here = f"/campaigns/{campaign.id}"
        pages = (here, f"{here}/reviewers", f"{here}/print", f"{here}/csv", f"{here}/reviewers/csv")
        asked.append([])
        for path in (*pages, "/home", *pages, "/home"):
            db.session.expunge_all()
            with counting() as found:
                assert client.get(path).status_code == 200
            asked[-1].append(found.count)
    assert asked[0][6:] == asked[1][6:]
