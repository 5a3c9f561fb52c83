"""Recurring campaigns: years of them, and what goes wrong on the way."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from jobs.campaigns import launch_due_campaigns
from jobs.deadlines import mind_due_dates
from policies.deadlines import NOTICE, Undecided
from policies.errors import Denied, IllegalMove, Invalid
from policies.lifecycle import CampaignState, SeriesState
from policies.recurrence import Day, Recurrence, Unit
from portal import clock
from portal.db import db
from portal.models import Campaign, DryRun, Letter, TrailLine
from portal.models.application import ApplicationState
from portal.queries.series import waiting_occurrence
from portal.usecases.campaigns import (
    Plan,
    delete_campaign,
    draft_campaign,
    edit_campaign,
    launch_early,
    unschedule_campaign,
)
from portal.usecases.series import (
    Schedule,
    begin_series,
    change_series,
    end_series,
    pause_series,
    resume_series,
)
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


def live_by_the_minute_until(end):
    """The same, with everything that is woken, at each minute at which there is something to do."""
    while following := [moment for moment in marks() if clock.now() < moment < end]:
        at(min(following) + timedelta(seconds=30))
        launch_due_campaigns()
        mind_due_dates()


def marks():
    """When something is to be done: a launch, a warning, a due date."""
    for campaign in campaigns():
        if campaign.state is CampaignState.SCHEDULED:
            yield campaign.starts_at
        if campaign.state is CampaignState.ACTIVE:
            yield from (campaign.due_at - NOTICE, campaign.due_at)


def test_two_years_of_a_quarterly_series(begin):
    begin()
    live_until(datetime(2028, 11, 23, 12, tzinfo=UTC))
    found = campaigns()
    assert [(c.name, c.starts_at.date().isoformat(), c.due_at.isoformat()) for c in found[:3]] == [
        ("Everything, Dec 2026", "2026-12-31", "2027-01-14T22:59:59+00:00"),
        ("Everything, Mar 2027", "2027-03-31", "2027-04-14T21:59:59+00:00"),
        ("Everything, Jun 2027", "2027-06-30", "2027-07-14T21:59:59+00:00"),
    ]
    assert [c.state for c in found] == [CampaignState.ACTIVE] * 8 + [CampaignState.SCHEDULED]
    assert [c.occurrence for c in found] == list(range(1, 10))
    assert {c.instructions for c in found} == {"Be kind"}
    assert all(len(c.reviews) == 1 for c in found[:8])


def test_each_occurrence_keeps_what_it_was_about_to_do_as_it_launches(begin, sign_in):
    begin()
    live_until(datetime(2027, 4, 2, tzinfo=UTC))
    kept = db.session.scalars(select(DryRun).order_by(DryRun.id)).all()
    launched = campaigns()[:2]
    assert [row.campaign_id for row in kept] == [campaign.id for campaign in launched]
    second = kept[1].facts
    assert [row["application"] for row in second["applications_rows"]] == ["Salesforce"]
    assert second["totals"]["accounts"] == 7
    assert second["reviewers_rows"][0]["applications"] == 1
    due = [datetime.fromisoformat(each["due"]) for each in second["launches"]]
    assert due == [launched[1].due_at]
    page = sign_in("carl").get(f"/campaigns/{launched[1].id}/dry-run").text
    assert "Kept as its series launched it" in page


def test_the_hour_is_the_same_on_the_wall_all_year(begin):
    begin(WEEKLY.__class__(Unit.WEEK, date(2027, 3, 20), number=1, zone="Europe/Berlin"))
    live_until(datetime(2027, 4, 1, tzinfo=UTC))
    assert [c.starts_at.hour for c in campaigns()][:2] == [8, 7]


def test_filters_are_evaluated_at_each_launch_and_an_empty_one_does_not_end_the_series(
    begin, application
):
    begin(WEEKLY)
    application.state = ApplicationState.HIDDEN
    db.session.commit()
    live_until(START + timedelta(days=8))
    application = db.session.merge(application)
    application.state = ApplicationState.SANCTIONED
    db.session.commit()
    live_until(START + timedelta(days=15))
    assert [(c.state, c.reason) for c in campaigns()] == [
        (CampaignState.ARCHIVED, "No application matched."),
        (CampaignState.ACTIVE, ""),
        (CampaignState.SCHEDULED, ""),
    ]


def test_launches_missed_while_the_machine_was_down_happen_once_and_say_so(begin):
    begin(WEEKLY)
    at(START + timedelta(days=30))
    launch_due_campaigns()
    late, following = campaigns()
    assert late.state is CampaignState.ACTIVE
    assert late.scope_report["missed"] == 3
    assert late.scope_report["late_minutes"] > 60 * 24 * 20
    assert following.starts_at > clock.now()


def test_it_ends_after_its_last_launch(begin):
    series = begin(Recurrence(Unit.WEEK, date(2026, 11, 23), number=1, times=2))
    live_until(START + timedelta(days=60))
    assert [c.state for c in campaigns()] == [CampaignState.ACTIVE]  # the first date was over
    db.session.refresh(series)
    assert series.state is SeriesState.ENDED


def test_paused_it_launches_nothing_and_leaves_out_what_it_missed(begin, acting):
    series = begin(WEEKLY)
    pause_series(series, by=acting("carl"))
    live_until(START + timedelta(days=20))
    assert [c.state for c in campaigns()] == [CampaignState.SCHEDULED]
    resume_series(series, by=acting("carl"))
    launch_due_campaigns()
    (waiting,) = campaigns()
    assert waiting.starts_at == datetime(2026, 12, 14, 9, tzinfo=UTC)


def test_what_is_changed_in_the_waiting_one_holds_for_those_after_it(begin, acting):
    series = begin(WEEKLY)
    waiting = waiting_occurrence(series)
    edit_campaign(
        waiting, Plan("X", due_at=waiting.due_at, instructions="Be quick"), by=acting("carl")
    )
    live_until(START + timedelta(days=8))
    assert campaigns()[-1].instructions == "Be quick"


def test_a_new_rule_moves_the_occurrence_that_waits(begin, acting):
    series = begin()
    change_series(series, Schedule(WEEKLY, 5), by=acting("carl"))
    (waiting,) = campaigns()
    assert waiting.starts_at == datetime(2026, 11, 30, 9, tzinfo=UTC)
    assert waiting.due_at == datetime(2026, 12, 5, 23, 59, 59, tzinfo=UTC)
    line = db.session.scalars(select(TrailLine).where(TrailLine.verb == "series changed")).one()
    assert "last business day" in line.details["was"]


def test_launched_early_the_series_goes_on_with_the_one_after_it(begin, acting):
    series = begin(WEEKLY)
    launch_early(waiting_occurrence(series), by=acting("carl"))
    launch_due_campaigns()
    first, second = campaigns()
    assert first.state is CampaignState.ACTIVE
    assert second.starts_at == datetime(2026, 12, 7, 9, tzinfo=UTC)


def test_ended_by_hand_what_waits_is_a_draft_again(begin, acting):
    series = begin(WEEKLY)
    end_series(series, by=acting("carl"))
    (draft,) = campaigns()
    assert (draft.state, draft.series_id, draft.starts_at) == (CampaignState.DRAFT, None, None)
    with pytest.raises(IllegalMove):
        resume_series(series, by=acting("carl"))


def test_unscheduling_its_occurrence_ends_the_series(begin, acting):
    series = begin(WEEKLY)
    unschedule_campaign(waiting_occurrence(series), by=acting("carl"))
    assert (series.state, campaigns()[0].state) == (SeriesState.ENDED, CampaignState.DRAFT)


def test_a_rule_in_the_past_is_refused_and_nothing_is_scheduled(begin):
    with pytest.raises(Invalid, match="no launch left"):
        begin(Recurrence(Unit.WEEK, date(2025, 1, 1), until=date(2025, 3, 1)))
    assert [c.state for c in campaigns()] == [CampaignState.DRAFT]


def test_only_who_runs_campaigns_touches_a_series(begin, acting):
    series = begin(WEEKLY)
    for change in (pause_series, resume_series, end_series):
        with pytest.raises(Denied):
            change(series, by=acting("ivan"))


def test_what_is_deleted_before_its_launch_takes_its_series_along(begin, acting):
    series = begin(WEEKLY)
    delete_campaign(waiting_occurrence(series), by=acting("carl"))
    live_until(START + timedelta(days=20))
    assert (series.state, campaigns()) == (SeriesState.ENDED, [])


def test_launched_late_its_reviewers_have_as_many_days_as_were_planned(begin):
    begin(WEEKLY, duration_days=5)
    planned = campaigns()[0].due_at
    at(START + timedelta(days=30))
    launch_due_campaigns()
    late = campaigns()[0]
    assert late.due_at - planned == timedelta(days=23)
    assert late.scope_report["due_was"] == planned.isoformat()


def test_two_years_go_by_with_every_due_date_kept(begin, acting):
    """Nobody decides anything: each is told of ahead, and expires before the next launches."""
    begin(replace(QUARTERLY, times=8), duration_days=30)
    waiting = campaigns()[0]
    edit_campaign(waiting, replace(Plan.of(waiting), undecided=Undecided.EXPIRE), by=acting("carl"))
    live_by_the_minute_until(datetime(2028, 12, 1, 12, tzinfo=UTC))
    found = campaigns()
    assert [(c.state, c.occurrence) for c in found] == [
        (CampaignState.EXPIRED, number) for number in range(1, 9)
    ]
    assert all(c.settled_for == c.due_at for c in found)
    assert all(timedelta() < c.ended_at - c.due_at < timedelta(minutes=1) for c in found)
    told = db.session.scalars(select(Letter).where(Letter.kind == "deadline-ahead")).all()
    assert len(told) == 16  # Olive and Carl, each of eight times
    assert found[-1].series.state is SeriesState.ENDED
