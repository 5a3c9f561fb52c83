"""Kill -9 while the rule of a campaign is applied: it ends as if nothing had happened, once."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from policies.deadlines import Undecided
from policies.lifecycle import ReviewState
from portal import clock
from portal.db import db
from portal.models import Decision, Item, Letter, Removal, Review, SignOff, TrailLine
from portal.queries.trail import first_broken_line
from portal.queue import Job, wake
from portal.usecases.freezing import start_review
from tests.factories import launch, make_account, make_application, make_sync
from tests.jobs.killing import is_writing, open_machine, until
from tests.story import story

APPLICATIONS, ACCOUNTS = 12, 60


@pytest.fixture
def machine(app, tmp_path):
    with open_machine(app, tmp_path) as machine:
        yield machine


@story
def overdue(cast, acting):
    """A campaign past its due date, told of ahead, with nothing decided in its reviews."""
    for number in range(APPLICATIONS):
        application = make_application(f"App {number:02}", cast.olive)
        make_sync(application)
        for login in range(ACCOUNTS):
            make_account(application, f"user{login:02}")
    campaign = launch(acting("alma"), undecided=Undecided.REJECT)
    for review in campaign.reviews:
        start_review(review, by=acting("olive"))
    campaign.due_at = campaign.warned_for = clock.now() - timedelta(minutes=1)
    campaign.warned_at = campaign.launched_at
    db.session.commit()
    return campaign


def count(model, *where) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model).where(*where)) or 0


def told(verb) -> int:
    return count(TrailLine, TrailLine.verb == verb)


def ended() -> int:
    return count(Review, Review.state == ReviewState.REMEDIATION)


def test_a_rule_is_applied_once_to_every_review_though_its_worker_is_killed_in_between(
    overdue, machine
):
    first = machine.start_worker()
    wake(machine.queue, Job.MIND_DUE_DATES)
    until(lambda: told("due date passed") == 1 and is_writing())
    machine.kill(first)
    assert ended() < APPLICATIONS

    second = machine.start_worker()
    wake(machine.queue, Job.MIND_DUE_DATES)
    until(lambda: ended() >= 4)
    machine.kill(second)

    for _ in range(2):  # two at once
        machine.start_worker()
        wake(machine.queue, Job.MIND_DUE_DATES)
    until(lambda: ended() == APPLICATIONS)
    machine.stop()
    assert count(Decision) == count(Removal) == count(Item) == APPLICATIONS * ACCOUNTS
    assert count(SignOff) == count(Letter, Letter.kind == "remediation") == APPLICATIONS
    assert count(Letter, Letter.kind == "attention") == 1
    once = ("due date passed", "review closed by rule", "remediation opened")
    assert [told(verb) for verb in once] == [1, APPLICATIONS, APPLICATIONS]
    assert first_broken_line() is None
