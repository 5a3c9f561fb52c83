"""A series whose earlier occurrence is still active when the next is due."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from jobs.campaigns import launch_due_campaigns
from policies.deadlines import NOTICE
from policies.errors import IllegalMove
from policies.lifecycle import CampaignState
from policies.recurrence import Day, Recurrence, Unit
from portal import clock
from portal.db import db
from portal.models import Campaign, Letter
from portal.models.campaign import Overlap
from portal.queries.series import overlap_in_words
from portal.usecases.campaigns import Plan, draft_campaign, launch_early
from portal.usecases.series import Schedule, begin_series, change_series, pause_series
from tests.factories import salesforce
from tests.story import story

START = datetime(2026, 11, 23, 12, tzinfo=UTC)

QUARTERLY = Recurrence(
    Unit.QUARTER, date(2026, 11, 23), day=Day.LAST_BUSINESS, zone="Europe/Berlin"
)

WEEKLY = Recurrence(Unit.WEEK, date(2026, 11, 23), number=1)


def at(moment):
    clock.shift(timedelta())
    clock.shift(moment - clock.now())


@story
def application(cast):
    at(START)
    return salesforce(cast)


@pytest.fixture
def begin(application, acting):
    def begin(rule=QUARTERLY, **more):
        plan = Plan("Everything", due_at=clock.now() + timedelta(days=1), instructions="Be kind")
        campaign = draft_campaign(plan, by=acting("carl"))
        return begin_series(campaign, Schedule(rule, **more), by=acting("carl"))

    return begin


def campaigns():
    db.session.expire_all()
    return db.session.scalars(select(Campaign).order_by(Campaign.id)).all()


def live_until(end, step=timedelta(days=1)):
    """The clock goes on a day at a time, and wakes what it wakes."""
    moment = clock.now()
    while moment < end:
        moment += step
        at(moment)
        launch_due_campaigns()


def marks():
    """When something is to be done: a launch, a warning, a due date."""
    for campaign in campaigns():
        if campaign.state is CampaignState.SCHEDULED:
            yield campaign.starts_at
        if campaign.state is CampaignState.ACTIVE:
            yield from (campaign.due_at - NOTICE, campaign.due_at)


def test_a_series_that_waits_launches_when_the_one_before_has_ended(begin):
    begin(WEEKLY, overlap=Overlap.WAIT)
    live_until(START + timedelta(days=20))
    first, second = campaigns()
    assert (first.state, second.state) == (CampaignState.ACTIVE, CampaignState.SCHEDULED)
    first.state = CampaignState.COMPLETED
    db.session.commit()
    launch_due_campaigns()
    assert campaigns()[1].state is CampaignState.ACTIVE


def test_a_series_that_skips_archives_what_it_skipped_with_the_reason(begin, cast):
    begin(WEEKLY, overlap=Overlap.SKIP)
    live_until(START + timedelta(days=9))
    live_until(START + timedelta(days=16))
    first, second, third = campaigns()
    assert second.state is CampaignState.ARCHIVED
    assert second.reason == "The occurrence before it was still active, so this one was skipped."
    assert (first.state, third.state) == (CampaignState.ACTIVE, CampaignState.SCHEDULED)
    told = db.session.scalars(select(Letter).where(Letter.kind == "attention")).one()
    assert told.person_id == cast.carl.id


@pytest.mark.parametrize(
    ("overlap", "said"),
    [
        (Overlap.LAUNCH, "this one launches beside it."),
        (Overlap.WAIT, "this one waits until it has ended."),
        (Overlap.SKIP, "this one is skipped, and the series goes on."),
    ],
)
def test_an_overlap_is_shown_before_it_happens(begin, overlap, said):
    begin(WEEKLY, overlap=overlap)
    assert overlap_in_words(campaigns()[0]) == ""
    live_until(START + timedelta(days=9))
    assert overlap_in_words(campaigns()[1]) == (
        "Everything, 30 Nov 2026 is still active, due Mon 14 Dec 2026, 23:59 UTC. "
        f"If it is when the time comes, {said}"
    )


def test_beside_one_that_is_active_it_is_launched_early_where_that_is_the_choice(begin, acting):
    begin(WEEKLY, overlap=Overlap.LAUNCH)
    live_until(START + timedelta(days=9))
    launch_early(campaigns()[1], by=acting("carl"))
    launch_due_campaigns()
    assert [each.state for each in campaigns()[:2]] == [CampaignState.ACTIVE] * 2


@pytest.mark.parametrize(
    ("overlap", "so"), [(Overlap.WAIT, "waits for it to end"), (Overlap.SKIP, "would be skipped")]
)
def test_launched_early_it_neither_waits_nor_is_skipped_unsaid(begin, acting, overlap, so):
    begin(WEEKLY, overlap=overlap)
    live_until(START + timedelta(days=9))
    first, second = campaigns()
    was = second.starts_at
    with pytest.raises(IllegalMove, match=f"30 Nov 2026 is still active, due .* this one {so}"):
        launch_early(second, by=acting("carl"))
    assert second.starts_at == was
    first.state = CampaignState.COMPLETED
    db.session.commit()
    launch_early(second, by=acting("carl"))
    launch_due_campaigns()
    assert campaigns()[1].state is CampaignState.ACTIVE


def test_while_its_series_is_paused_nothing_is_launched_early(begin, acting):
    series = begin(WEEKLY)
    pause_series(series, by=acting("carl"))
    with pytest.raises(IllegalMove, match="Resume it first"):
        launch_early(campaigns()[0], by=acting("carl"))


def test_one_that_waits_is_launched_at_once_where_the_choice_is_changed(begin, acting):
    series = begin(WEEKLY, overlap=Overlap.WAIT)
    live_until(START + timedelta(days=15))
    since = campaigns()[1].starts_at
    assert "launches as soon as it has ended" in overlap_in_words(campaigns()[1])
    change_series(series, Schedule(WEEKLY, overlap=Overlap.LAUNCH), by=acting("carl"))
    assert campaigns()[1].starts_at == since
    launch_due_campaigns()
    assert [each.state for each in campaigns()[:2]] == [CampaignState.ACTIVE] * 2
