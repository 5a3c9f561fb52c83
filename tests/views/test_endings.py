"""The pages that move the end of a campaign show what they will do, and do it."""

from datetime import UTC, datetime, timedelta

import pytest

from policies.lifecycle import CampaignState
from portal import clock
from portal.db import db
from portal.models import Campaign
from tests.factories import launch, salesforce, start
from tests.story import story


@story
def campaign(cast, acting):
    salesforce(cast)
    due = datetime.combine(clock.today() + timedelta(days=3), datetime.min.time(), UTC)
    campaign = launch(acting("carl"), due_at=due + timedelta(hours=16))
    start(campaign, acting("olive"))
    return campaign.id


def stored(number) -> Campaign:
    db.session.expire_all()
    return db.session.get_one(Campaign, number)


def test_extending_shows_who_is_written_to_and_moves_the_due_date(campaign, sign_in):
    carl = sign_in("carl")
    shown = carl.get(f"/campaigns/{campaign}/extension").text
    assert "7 accounts are undecided in 1 review." in shown
    assert "2 people who still owe something get a letter." in shown
    assert "Olive Owens: Salesforce: 6 accounts to decide" in shown
    day = (clock.today() + timedelta(days=9)).isoformat()
    typed = {"day": day, "at": "23:59", "reason": "Half the team is away"}
    answer = carl.post(f"/campaigns/{campaign}/extension", data=typed, follow_redirects=True)
    assert "2 letters will tell of it." in answer.text
    assert stored(campaign).due_at.isoformat() == f"{day}T23:59:59+00:00"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"day": "", "at": "12:00", "reason": "x"}, "Choose a day."),
        ({"day": "2020-01-01", "at": "12:00", "reason": "x"}, "Choose a moment after"),
        ({"day": "2099-01-01", "at": "12:00", "reason": "x"}, "over ten years ahead"),
        ({"day": "2030-01-01", "at": "12:00", "reason": ""}, "Say why"),
    ],
)
def test_what_makes_no_sense_is_said_at_its_place_and_nothing_moves(campaign, sign_in, typed, said):
    due = stored(campaign).due_at
    answer = sign_in("carl").post(f"/campaigns/{campaign}/extension", data=typed)
    assert (answer.status_code, said in answer.text) == (422, True)
    assert stored(campaign).due_at == due


def test_closing_shows_what_is_left_and_asks_for_a_reason(campaign, sign_in):
    carl = sign_in("carl")
    shown = carl.get(f"/campaigns/{campaign}/closing").text
    assert "1 unfinished review is closed with it: 7 accounts stay undecided." in shown
    assert "In review: 7 of 7 accounts undecided." in shown
    assert carl.post(f"/campaigns/{campaign}/closing", data={"reason": " "}).status_code == 422
    closed = carl.post(
        f"/campaigns/{campaign}/closing", data={"reason": "Sold"}, follow_redirects=True
    )
    assert "Closed by Carl Conrad" in closed.text
    assert stored(campaign).state is CampaignState.COMPLETED
    for page in ("extension", "closing"):
        assert carl.get(f"/campaigns/{campaign}/{page}").status_code == 409


@pytest.mark.parametrize("page", ["extension", "closing"])
def test_these_pages_are_for_whoever_runs_campaigns(campaign, sign_in, page):
    assert sign_in("rhea").get(f"/campaigns/{campaign}/{page}").status_code == 403
    assert sign_in("max").get(f"/campaigns/{campaign}/{page}").status_code == 404
    assert sign_in("carl").get(f"/campaigns/999/{page}").status_code == 404
