"""The list of campaigns: a tab for every state, filtered, sorted, paged, and as a file."""

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta

import pytest

from policies.lifecycle import CampaignState, ReviewState
from policies.recurrence import Recurrence, Unit
from portal import clock
from portal.db import db
from portal.models import Application, Campaign, Review
from portal.models.campaign import CampaignSeries, Overlap
from portal.usecases.campaigns import draft_campaign
from portal.usecases.series import Schedule, begin_series, pause_series
from tests.factories import plan

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
TABS = {
    "draft": [CampaignState.DRAFT, CampaignState.PREPARED],
    "scheduled": [CampaignState.SCHEDULED],
    "active": [CampaignState.ACTIVE],
    "completed": [CampaignState.COMPLETED, CampaignState.EXPIRED],
    "archived": [CampaignState.ARCHIVED],
    "cancelled": [CampaignState.CANCELLED],
}


@pytest.fixture
def stored(cast):
    """`stored(name, state, ...)`: a campaign with a review in each of the given states."""
    applications = [Application(name=f"App {n}", created_at=START) for n in range(6)]
    db.session.add_all(applications)
    db.session.commit()
    ids = [application.id for application in applications]

    def stored(name, state=CampaignState.ACTIVE, *reviews, **facts):
        campaign = Campaign(name=name, state=state, created_at=START)
        told = {"due_at": START + timedelta(days=14), "owner_id": cast.carl.id, **facts}
        for key, value in told.items():
            setattr(campaign, key, value)
        db.session.add(campaign)
        db.session.flush()
        for number, state_of_review in zip(ids, reviews, strict=False):
            review = Review(campaign_id=campaign.id, application_id=number, state=state_of_review)
            db.session.add(review)
        db.session.commit()
        return campaign

    return stored


def names(text) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/campaigns/\d+">([^<]*)</a>', text)


def rows(answer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_every_state_has_its_tab_and_expired_ones_are_among_the_completed(stored, sign_in):
    for state in CampaignState:
        stored(f"It is {state.value}", state, launched_at=START)
    client = sign_in("rhea")
    for tab, states in TABS.items():
        page = client.get(f"/campaigns?tab={tab}").text
        assert sorted(names(page)) == sorted(f"It is {state.value}" for state in states)


def test_each_says_how_far_it_is(stored, sign_in):
    states = (ReviewState.COMPLETED, ReviewState.COMPLETED, ReviewState.REMEDIATION)
    stored("Q4", CampaignState.ACTIVE, *states, ReviewState.PENDING, ReviewState.CANCELLED)
    page = sign_in("rhea").get("/campaigns").text
    assert "2 of 4" in page
    assert "1 in remediation, 1 not started" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("field=name&op=contains&value=priv", ["Privileged"]),
        ("field=owner&op=is&value=alma+ahlgren", ["Privileged"]),
        ("field=framework&op=contains&value=CC6.2", ["Everything"]),
        ("field=due&op=more&value=2026-12-01", ["Privileged"]),
        ("q=everyth", ["Everything"]),
        ("sort=name", ["Everything", "Privileged"]),
        ("sort=-due", ["Privileged", "Everything"]),
        ("sort=owner", ["Privileged", "Everything"]),
    ],
)
def test_it_is_filtered_searched_and_sorted(stored, sign_in, cast, query, found):
    stored("Everything", frameworks=["SOC 2 CC6.2"])
    stored("Privileged", owner_id=cast.alma.id, due_at=START + timedelta(days=40))
    assert names(sign_in("rhea").get(f"/campaigns?{query}").text) == found


def test_a_filter_stays_in_its_tab_and_says_when_nothing_matches(stored, sign_in):
    stored("Everything", CampaignState.COMPLETED)
    client = sign_in("rhea")
    page = client.get("/campaigns?tab=completed&field=name&op=is&value=other").text
    assert "No campaign here matches." in page
    assert '<input type="hidden" name="tab" value="completed">' in page
    assert "The filter could not be read" in client.get("/campaigns?field=due&op=is&value=x").text


def test_three_hundred_are_paged_and_asked_for_in_as_few_queries_as_three(
    stored, sign_in, counting
):
    client, counts, seen = sign_in("rhea"), [], []
    states = (ReviewState.COMPLETED, ReviewState.IN_REVIEW, ReviewState.PENDING)
    for size in (3, 297):
        for number in range(size):
            due = START + timedelta(hours=number)
            stored(f"Campaign {size} {number:03}", CampaignState.ACTIVE, *states, due_at=due)
        client.get("/campaigns")
        db.session.expunge_all()
        with counting() as asked:
            client.get("/campaigns")
        counts.append(asked.count)
    assert counts[0] == counts[1]
    url = "/campaigns"
    while url:
        page = client.get(url).text
        seen += names(page)
        following = re.search(r'href="([^"]+)"[^>]*rel="next"', page)
        url = following[1].replace("&amp;", "&") if following else ""
    assert (len(seen), len(set(seen))) == (300, 300)
    assert "300 campaigns" in page
    assert len(rows(client.get("/campaigns/csv"))) == 300


def test_the_file_tells_the_whole_of_it(stored, sign_in, acting):
    stored(
        *("=Q3", CampaignState.COMPLETED, ReviewState.COMPLETED, ReviewState.CLOSED),
        **{"closed_by": "Alma Ahlgren", "reason": "The year is over", "ended_at": START},
    )
    (row,) = rows(sign_in("rhea").get("/campaigns/csv?tab=completed"))
    assert row["Campaign"] == "'=Q3"
    assert (row["Reviews"], row["Completed"], row["Ended unfinished"]) == ("2", "1", "1")
    assert (row["Closed by"], row["Reason"]) == ("Alma Ahlgren", "The year is over")
    assert (row["Due"], row["Ended"]) == ("2026-11-16T09:00:00Z", "2026-11-02T09:00:00Z")


def test_a_series_is_shown_with_its_rule_and_whether_it_is_paused(cast, acting, sign_in):
    clock.shift(START - clock.now())
    campaign = draft_campaign(plan(name="Everything"), by=acting("carl"))
    rule = Recurrence(Unit.WEEK, date(2026, 11, 9), number=1)
    begin_series(campaign, Schedule(rule, 5, Overlap.WAIT), by=acting("carl"))
    page = sign_in("rhea").get("/campaigns?tab=scheduled&field=series&op=is&value=everything").text
    assert names(page) == ["Everything, 9 Nov 2026"]
    assert "every week on Monday at 09:00 (UTC)" in page
    pause_series(db.session.query(CampaignSeries).one(), by=acting("carl"))
    assert "Paused" in sign_in("rhea").get("/campaigns?tab=scheduled").text


def test_the_file_is_for_whoever_sees_campaigns(sign_in):
    assert sign_in("max").get("/campaigns/csv").status_code == 404
    assert sign_in("rhea").get("/campaigns/csv?field=due&op=is&value=x").status_code == 422
