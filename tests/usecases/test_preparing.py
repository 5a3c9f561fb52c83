"""Preparing a campaign: its reviews are there, and only those who run reviews know."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from jobs.campaigns import launch_due_campaigns
from policies.errors import Denied, IllegalMove, Invalid
from policies.lifecycle import CampaignState, ReviewState
from policies.permissions import SEE_ITEM, SEE_REVIEW, can
from policies.timing import Start, Timing
from portal import clock
from portal.db import db
from portal.models import Assignment, Item, Letter, Review, TrailLine
from portal.queries.evidence_findings import findings
from portal.queries.owed import owed_in
from portal.queries.preparations import preparation_of
from portal.queries.reviews import reviews_to_do
from portal.usecases.campaigns import cancel_campaign, draft_campaign, edit_campaign
from portal.usecases.decisions import decide_item
from portal.usecases.freezing import start_review
from portal.usecases.preparing import launch_prepared, prepare_campaign
from portal.usecases.publishing import publish_campaign
from portal.usecases.reassigning import replace_reviewer
from portal.usecases.reviews import sign_off
from tests.factories import APPROVED, REJECTED, items_of, make_application, plan, salesforce
from tests.story import story

ACCOUNTS = 7  # of Salesforce
TIMING = Timing(days=10).as_data()


@story
def prepared(cast, acting) -> Review:
    """The review of Salesforce, started in preparation by Alma."""
    salesforce(cast)
    campaign = draft_campaign(plan(timing=TIMING), by=acting("alma"))
    prepare_campaign(campaign, by=acting("alma"))
    (review,) = campaign.reviews
    start_review(review, by=acting("alma"))
    return review


def letters() -> dict[str, int]:
    """How many letters there are, by kind."""
    return dict(db.session.execute(select(Letter.kind, func.count()).group_by(Letter.kind)).all())


def test_its_reviewers_see_nothing_and_are_not_written_to(prepared, cast, acting):
    olive, item = acting("olive"), items_of(prepared)["paula"]
    assert prepared.campaign.state is CampaignState.PREPARED
    assert prepared.state is ReviewState.IN_REVIEW
    assert db.session.scalar(select(func.count(Assignment.item_id.distinct()))) == ACCOUNTS
    assert not can(SEE_REVIEW, olive, prepared)
    assert not can(SEE_ITEM, olive, item)
    assert can(SEE_REVIEW, acting("rhea"), prepared)  # who reads all reviews may look ahead
    assert not reviews_to_do(olive)
    assert not owed_in([prepared.campaign])
    assert not letters()
    with pytest.raises(Denied):
        decide_item(item, REJECTED, version=0, by=olive)
    assert prepared.campaign.launched_at is None


def test_operators_replace_reviewers_and_decide_but_sign_nothing(prepared, cast, acting):
    alma, item = acting("alma"), items_of(prepared)["paula"]
    replace_reviewer([prepared], cast.olive, cast.otto, "Knows them better.", by=alma)
    decide_item(item, REJECTED, version=0, by=alma)
    with pytest.raises(Denied, match="nothing is signed off before it is launched"):
        sign_off(prepared, by=alma)
    assert not letters()
    with pytest.raises(Denied):
        decide_item(items_of(prepared)["max"], APPROVED, version=0, by=acting("rhea"))


def test_the_launch_writes_to_who_reviews_then_and_keeps_what_was_decided(prepared, cast, acting):
    alma = acting("alma")
    replace_reviewer([prepared], cast.olive, cast.otto, "Knows them better.", by=alma)
    decide_item(items_of(prepared)["paula"], REJECTED, version=0, by=alma)
    campaign = prepared.campaign
    assert (preparation_of(campaign).reviews, preparation_of(campaign).people) == (1, 2)
    clock.shift(timedelta(days=3))
    launch_prepared(campaign, by=alma)
    assert campaign.is_prepared  # until a worker comes by
    launch_due_campaigns()
    assert campaign.state is CampaignState.ACTIVE
    assert campaign.due_at - clock.now() > timedelta(days=10)  # the days that were planned
    asked = db.session.scalars(select(Letter.person_id)).all()
    assert set(asked) == {cast.otto.id, cast.alma.id}  # Alma has Olive's own account
    assert letters() == {"invitation": 2}
    assert can(SEE_REVIEW, acting("otto"), prepared)
    item = items_of(prepared)["paula"]
    assert (item.verdict, item.decided_by_id) == (REJECTED, cast.alma.id)
    its = select(TrailLine.verb).where(TrailLine.campaign_id == campaign.id)
    verbs = db.session.scalars(its.order_by(TrailLine.id))
    heard = [each for each in verbs if each.startswith(("campaign", "review opened"))]
    assert heard == [
        *("campaign drafted", "campaign prepared", "review opened"),
        *("campaign launch asked for", "campaign launched"),
    ]
    with db.engine.connect() as view:
        found = {each.title: each for each in findings(view, [prepared.id])}
    assert found["Decided before the launch"].total == 1
    assert "by Alma Ahlgren" in found["Decided before the launch"].examples[0]


def test_what_nobody_started_is_started_by_its_reviewers_after_the_launch(cast, acting):
    salesforce(cast)
    campaign = draft_campaign(plan(timing=TIMING), by=acting("alma"))
    prepare_campaign(campaign, by=acting("alma"))
    (review,) = campaign.reviews
    with pytest.raises(Denied):
        start_review(review, by=acting("olive"))
    launch_prepared(campaign, by=acting("alma"))
    launch_due_campaigns()
    start_review(review, by=acting("olive"))
    assert len(items_of(review)) == ACCOUNTS
    assert letters() == {"invitation": 2}  # to Olive, and to Alma for Olive's own account


def test_its_plan_is_locked_and_it_is_prepared_once(prepared, acting):
    campaign, alma = prepared.campaign, acting("alma")
    for move in (
        lambda: edit_campaign(campaign, plan(name="Other"), by=alma),
        lambda: prepare_campaign(campaign, by=alma),
        lambda: publish_campaign(campaign, by=alma),
    ):
        with pytest.raises(IllegalMove, match="in preparation"):
            move()
    with pytest.raises(Denied):
        prepare_campaign(campaign, by=acting("rhea"))
    with pytest.raises(Denied):
        launch_prepared(campaign, by=acting("rhea"))


def test_cancelling_it_tells_nobody(prepared, acting):
    cancel_campaign(prepared.campaign, "Not this quarter.", by=acting("alma"))
    assert prepared.campaign.state is CampaignState.CANCELLED
    assert prepared.state is ReviewState.CANCELLED
    assert not letters()
    with pytest.raises(IllegalMove):
        launch_prepared(prepared.campaign, by=acting("alma"))


def test_only_what_one_launches_oneself_is_prepared(cast, acting):
    alma = acting("alma")
    later = Timing(Start.ONCE, moment=clock.now() + timedelta(days=9)).as_data()
    for facts, why in (
        ({"timing": later}, "launches by itself"),
        ({"timing": TIMING}, "No application matches"),
    ):
        campaign = draft_campaign(plan(**facts), by=alma)
        with pytest.raises(Invalid, match=why):
            prepare_campaign(campaign, by=alma)
        assert campaign.state is CampaignState.DRAFT
    make_application("Figma", cast.otto)
    prepare_campaign(campaign, by=alma)
    assert not db.session.scalar(select(func.count(Item.id)))
