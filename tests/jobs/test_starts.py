"""Starting all reviews whose list is fresh: once each, and nothing else."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from jobs.starts import start_reviews
from policies.errors import Denied, IllegalMove, Invalid
from policies.lifecycle import ReviewState
from policies.timing import Timing
from portal import clock
from portal.db import db
from portal.models import Account, Sync, TrailLine, Trouble
from portal.queries.starting import fresh_in
from portal.usecases.campaigns import cancel_campaign, draft_campaign
from portal.usecases.freezing import start_review
from portal.usecases.preparing import prepare_campaign
from portal.usecases.starting import want_started
from portal.usecases.troubles import retry_trouble
from tests.factories import launch, make_account, make_application, make_sync, plan, salesforce
from tests.story import story


@story
def campaign(cast, acting):
    """In preparation: Salesforce with a fresh list, Figma with an old one, Slack with none."""
    salesforce(cast)
    figma = make_application("Figma", cast.otto)
    make_account(figma, "max", person=cast.max)
    old = make_sync(figma)
    db.session.get_one(Sync, old.id).applied_at = clock.now() - timedelta(days=30)
    make_application("Slack", cast.otto)
    db.session.commit()
    found = draft_campaign(plan(timing=Timing().as_data()), by=acting("alma"))
    prepare_campaign(found, by=acting("alma"))
    return found


def states(campaign) -> dict[str, ReviewState]:
    db.session.expire_all()
    return {review.application.name: review.state for review in campaign.reviews}


def test_those_with_a_fresh_list_are_started_and_the_others_wait(campaign, acting, run_jobs):
    assert fresh_in(campaign) == 1
    want_started(campaign, by=acting("alma"))
    assert "jobs.starts.start_reviews" in run_jobs()
    pending = ReviewState.PENDING
    assert states(campaign) == {
        **{"Salesforce": ReviewState.IN_REVIEW, "Figma": pending, "Slack": pending},
    }
    assert campaign.start_wanted_at is None
    assert not db.session.scalars(select(Trouble)).all()
    with pytest.raises(Invalid, match="Bring lists first"):
        want_started(campaign, by=acting("alma"))
    its = select(TrailLine.verb).where(TrailLine.campaign_id == campaign.id)
    verbs = db.session.scalars(its.order_by(TrailLine.id))
    assert [verb for verb in verbs if "start" in verb] == [
        *("start of reviews asked for", "review started"),
    ]


def test_a_run_that_comes_twice_or_after_the_end_changes_nothing(campaign, acting):
    want_started(campaign, by=acting("alma"))
    cancel_campaign(campaign, "Not now.", by=acting("alma"))
    start_reviews()
    start_reviews()
    assert set(states(campaign).values()) == {ReviewState.CANCELLED}
    assert campaign.start_wanted_at is None
    with pytest.raises(IllegalMove, match="cancelled"):
        want_started(campaign, by=acting("alma"))


def test_an_active_campaign_too_by_those_who_run_campaigns(cast, acting, sign_in):
    salesforce(cast)
    active = launch(acting("alma"))
    with pytest.raises(Denied):
        want_started(active, by=acting("olive"))
    client = sign_in("alma")
    assert "Start 1 review" in client.get(f"/campaigns/{active.id}").text
    assert client.post(f"/campaigns/{active.id}/starts").status_code == 303
    assert "Its reviews are being started" in client.get(f"/campaigns/{active.id}").text
    assert "Starts of reviews" in client.get("/settings/background").text
    start_reviews()
    assert states(active) == {"Salesforce": ReviewState.IN_REVIEW}
    shown = client.get(f"/campaigns/{active.id}").text
    assert "being started" not in shown
    assert "Start 1 review" not in shown
    assert sign_in("rhea").post(f"/campaigns/{active.id}/starts").status_code == 403


def test_one_that_fails_is_tried_again_and_holds_up_no_other(campaign, cast, acting, monkeypatch):
    figma = next(each for each in campaign.reviews if each.application.name == "Figma")
    make_sync(figma.application)
    for account in db.session.scalars(select(Account).where(Account.login == "max")):
        account.last_sync_id = account.first_sync_id
    db.session.commit()
    name = figma.application.name

    def breaks(review, **said):
        if review.application.name == name:
            raise RuntimeError("no room")
        return start_review(review, **said)

    monkeypatch.setattr("portal.usecases.starting.start_review", breaks)
    want_started(campaign, by=acting("alma"))
    for _ in range(4):
        start_reviews()
    assert states(campaign)["Salesforce"] is ReviewState.IN_REVIEW
    trouble = db.session.scalars(select(Trouble)).one()
    assert trouble.put_aside_at
    assert trouble.what == "start the review of Figma"
    monkeypatch.undo()
    retry_trouble(trouble, by=acting("alma"))
    start_reviews()
    assert states(campaign)["Figma"] is ReviewState.IN_REVIEW
    assert campaign.start_wanted_at is None
