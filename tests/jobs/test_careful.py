"""One thing that fails holds up no other, and is put aside once it was tried often enough."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from jobs import reviewers, running
from jobs.campaigns import launch_due_campaigns
from jobs.careful import Careful
from jobs.deadlines import mind_due_dates
from jobs.reminders import remind_people
from policies.errors import Invalid
from policies.lifecycle import CampaignState
from policies.permissions import SYSTEM
from policies.starts import MOST_STARTS
from portal import clock
from portal.db import db
from portal.models import Campaign, Letter, Mailbox, Trouble
from portal.models.person import Standing
from portal.queue import Job
from portal.usecases.campaigns import draft_campaign, launch_early, schedule_campaign
from portal.usecases.delegating import appoint_delegate
from portal.usecases.runs import pause_job, resume_job
from portal.usecases.troubles import Work, begin_work, retry_trouble
from tests.factories import launch, make_application, plan


def troubles() -> dict[str, tuple[int, bool]]:
    """By key, how often each was tried, and whether it is put aside."""
    db.session.expire_all()
    found = db.session.scalars(select(Trouble))
    return {each.key: (each.attempts, each.put_aside_at is not None) for each in found}


@pytest.fixture
def scheduled(cast, acting):
    """Campaigns that are due, by name; what `poison` names cannot be launched."""

    def scheduled(*names: str, poison: str = "") -> dict[str, Campaign]:
        alma = acting("alma")
        make_application("Salesforce", cast.olive)
        found = {name: draft_campaign(plan(name=name), by=alma) for name in names}
        for name, campaign in found.items():
            schedule_campaign(campaign, by=alma)
            if name == poison:  # a filter by a field that was taken away
                campaign.application_filter = [[["field.gone", "is", "x"]]]
                db.session.commit()
        return found

    return scheduled


def test_a_campaign_that_cannot_be_launched_holds_up_no_other(scheduled):
    found = scheduled("First", "Second", poison="First")
    launch_due_campaigns()
    assert found["Second"].state is CampaignState.ACTIVE
    assert troubles() == {f"launch:{found['First'].id}": (1, False)}
    for _ in range(MOST_STARTS + 1):
        launch_due_campaigns()
    assert troubles() == {f"launch:{found['First'].id}": (MOST_STARTS, True)}
    told = db.session.scalars(select(Letter).where(Letter.kind == "attention")).all()
    assert [letter.campaign_id for letter in told] == [found["First"].id]


def test_it_is_launched_once_the_reason_is_gone_and_somebody_asks(scheduled, acting):
    first = scheduled("First", poison="First")["First"]
    for _ in range(MOST_STARTS):
        launch_due_campaigns()
    first.application_filter = []
    db.session.commit()
    launch_due_campaigns()
    assert first.state is CampaignState.SCHEDULED
    launch_early(first, by=acting("alma"))
    launch_due_campaigns()
    assert (first.state, troubles()) == (CampaignState.ACTIVE, {})


def test_starts_are_counted_since_who_is_killed_cannot_tell(scheduled):
    first = scheduled("First")["First"]
    work = Work(Job.LAUNCH_CAMPAIGNS, f"launch:{first.id}", "launch “First”", first.id)
    free = select(Campaign.id).where(Campaign.id == first.id)
    for _ in range(MOST_STARTS):  # begun, and never heard of again
        assert begin_work(work, free=free, by=SYSTEM)
    launch_due_campaigns()
    assert first.state is CampaignState.SCHEDULED
    assert troubles() == {work.key: (MOST_STARTS, True)}
    error = db.session.scalars(select(Trouble.error)).one()
    assert "3 times a worker was lost while it tried to launch “First”" in error


def test_what_fails_is_done_in_the_end_and_then_forgotten(app):
    work, fails = Work(Job.TEND_SAML, "saml:1", "look Okta up"), [True, False]

    def look() -> None:
        if fails.pop(0):
            raise Invalid("Okta does not answer.")

    assert Careful(Job.TEND_SAML).do(work, look) is False
    assert troubles() == {"saml:1": (1, False)}
    assert Careful(Job.TEND_SAML).do(work, look) is True
    assert troubles() == {}


def test_a_paused_job_ends_between_two_steps_and_begins_none(app, acting):
    running.begin(Job.TEND_SAML.value)
    running.step("one", 0, 2)
    pause_job(Job.TEND_SAML, by=acting("alma"))
    running.present.looked = 0  # some time later
    with pytest.raises(running.Paused):
        running.step("two", 1, 2)
    with pytest.raises(running.Paused):
        running.begin(Job.TEND_SAML.value)
    resume_job(Job.TEND_SAML, by=acting("alma"))
    running.begin(Job.TEND_SAML.value)
    running.present.job = ""


@pytest.fixture
def owing(cast, acting):
    """Two campaigns that are due in a week, by name: Olive owes something in both."""
    come(0)
    make_application("Salesforce", cast.olive)
    found = {name: launch(acting("alma"), name=name) for name in ("First", "Second")}
    make_application("Figma", cast.otto)
    return found | {"Third": launch(acting("alma"), name="Third")}


def come(days: int) -> None:
    clock.shift(timedelta())
    clock.shift(datetime(2026, 11, 23, 9, tzinfo=UTC) + timedelta(days=days) - clock.now())


def reminded() -> list[str]:
    found = select(Letter).where(Letter.kind.in_(("reminder", "digest"))).order_by(Letter.id)
    return [letter.person.name for letter in db.session.scalars(found)]


def test_a_rule_that_cannot_be_followed_holds_up_no_other_campaigns_reminders(owing, cast):
    owing["First"].reminders = {"before": 7}
    db.session.commit()
    for days in (7, 10, 11):
        come(days)
        remind_people()
    key = f"rule:{owing['First'].id}"
    assert troubles() == {key: (MOST_STARTS, True)}
    assert set(reminded()) == {cast.olive.name, cast.otto.name}
    told = db.session.scalars(select(Letter).where(Letter.kind == "attention")).one()
    assert "follow the reminder rule of “First”" in told.body


def test_somebody_who_cannot_be_reminded_holds_up_nobody_else(owing, cast):
    odd = {"channel": "pigeon", "address": cast.olive.email, "refused_at": clock.now()}
    db.session.add(Mailbox(person_id=cast.olive.id, **odd))
    db.session.commit()
    come(7)
    for _ in range(MOST_STARTS + 1):
        remind_people()
    assert troubles() == {f"remind:{cast.olive.id}": (MOST_STARTS, True)}
    assert reminded() == [cast.otto.name]


def test_a_due_date_that_cannot_be_told_of_holds_up_no_other(owing, acting):
    owing["First"].zone = "Nowhere/At all"
    db.session.commit()
    come(13)
    for _ in range(MOST_STARTS + 1):
        mind_due_dates()
    assert troubles() == {f"foretell:{owing['First'].id}": (MOST_STARTS, True)}
    warned = db.session.scalars(select(Campaign.name).where(Campaign.warned_for.is_not(None)))
    assert set(warned) == {"Second", "Third"}
    owing["First"].zone = "UTC"
    db.session.commit()
    retry_trouble(db.session.scalars(select(Trouble)).one(), by=acting("alma"))
    mind_due_dates()
    assert owing["First"].warned_for == owing["First"].due_at


@pytest.fixture
def breaking(monkeypatch):
    """Let a step of jobs.reviewers fail in every review of one campaign."""

    def breaking(step: str, name: str) -> None:
        how = getattr(reviewers, step)

        def fails_there(review, *things, by):
            if review.campaign.name == name:
                raise Invalid("This row is broken.")
            how(review, *things, by=by)

        monkeypatch.setattr(reviewers, step, fails_there)

    return breaking


def test_a_review_that_cannot_be_handed_on_holds_up_no_other(owing, cast, breaking):
    breaking("release_leaver", "First")
    cast.olive.standing = Standing.PAST
    db.session.commit()
    reviewers.move_leavers_items()
    first, second = owing["First"].reviews[0], owing["Second"].reviews[0]
    assert troubles() == {f"leaver:{first.id}:{cast.olive.id}": (1, False)}
    assert [each.person.name for each in first.reviewers] == [cast.olive.name]
    assert [each.person.name for each in second.reviewers] == [cast.alma.name]


def test_a_review_that_no_delegate_can_take_holds_up_no_other(owing, cast, acting, breaking):
    breaking("give_to_delegate", "First")
    days = (clock.today(), clock.today() + timedelta(days=3))
    appoint_delegate(cast.olive, cast.rita, days, "on leave", by=acting("olive"))
    reviewers.mind_delegates()
    assert [key.split(":")[1] for key in troubles()] == ["hand over"]
    known = {each.person.name for each in owing["Second"].reviews[0].reviewers}
    assert cast.rita.name in known
