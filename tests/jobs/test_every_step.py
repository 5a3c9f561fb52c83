"""Kill -9 between any two steps of a launch, a delivery, a rendering: the sweep ends all alike.

Each round runs the job in a fork that kills itself just before, or just after, its nth commit; a
round later one commit on, until a fork lives to its end. What real workers do is in test_killed.py.
"""

import itertools
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from jobs.campaigns import launch_due_campaigns
from jobs.letters import deliver_letters
from jobs.reports import render_reports
from policies.lifecycle import CampaignState, LetterState, ReportState
from policies.permissions import SYSTEM
from portal import clock
from portal.db import db
from portal.models import Campaign, Letter, Person, Report, Review, TrailLine, Trouble
from portal.queries.trail import first_broken_line
from portal.usecases.campaigns import draft_campaign, schedule_campaign
from portal.usecases.letters import write_letter
from portal.usecases.reports import order_report
from tests.factories import launch, make_account, make_application, make_sync, plan
from tests.office import Office, office_of

LATER = timedelta(minutes=5)  # nobody is believed to be alive any more who is not heard of


def dies_at(nth: int, work: Callable[[], object]) -> bool:
    """Run `work` in a fork that is killed at its nth moment; False where it has fewer."""
    db.session.remove()
    db.engine.dispose()
    child = os.fork()
    if not child:
        _live_until(nth, work)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the job broke off"
    return os.WIFSIGNALED(status)


def _live_until(nth: int, work: Callable[[], object]) -> None:
    moments = itertools.count(1)

    def one_more(*_: object) -> None:
        if next(moments) == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(db.engine, "commit", one_more)  # just before
    event.listen(Session, "after_commit", one_more)
    try:
        work()
    except BaseException:
        os._exit(1)
    os._exit(0)


def verbs() -> Counter[str]:
    """How often the trail says each."""
    counted = select(TrailLine.verb, func.count()).group_by(TrailLine.verb)
    return Counter(dict(db.session.execute(counted).all()))


def every_step(begin: Callable[[], object], work: Callable[[], object]) -> int:
    """Kill `work` at each of its moments; returns how many there were."""
    begin()
    before = verbs()
    work()
    wanted = verbs() - before
    assert wanted
    for nth in itertools.count(1):
        begin()
        before = verbs()
        killed = dies_at(nth, work)
        clock.shift(LATER * nth)
        work()  # as the sweep does
        assert verbs() - before == wanted, f"killed at moment {nth}"
        if not killed:
            assert first_broken_line() is None
            return nth - 1
    raise AssertionError("unreachable")


def count(model, *where) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*where)) or 0


@pytest.fixture
def alma(cast, acting):
    application = make_application("Salesforce", cast.olive, cast.otto)
    make_sync(application)
    make_account(application, "user", roles="User")
    return acting("alma")


def test_a_launch(alma):
    def begin() -> None:
        schedule_campaign(draft_campaign(plan(), by=alma), by=alma)

    rounds = every_step(begin, launch_due_campaigns)
    assert rounds >= 6  # before and after: counted, launched, forgotten
    assert count(Campaign) == count(Campaign, Campaign.state == CampaignState.ACTIVE) == rounds + 2
    assert count(Letter, Letter.kind == "invitation") == 2 * count(Review)
    assert count(Trouble) == 0


@pytest.fixture
def office(app) -> Iterator[Office]:
    with office_of(app) as office:
        yield office


@pytest.fixture
def two_letters(cast) -> Callable[[], None]:
    people = cast.olive.id, cast.otto.id

    def begin() -> None:
        for number in people:
            person, key = db.session.get_one(Person, number), f"letter {count(Letter)}"
            write_letter("completed", person, key=key, by=SYSTEM, campaign="Q4 2026")

    return begin


def test_letters_that_are_kept(alma, two_letters):
    assert every_step(two_letters, deliver_letters) >= 2  # before and after: kept, all at once
    assert count(Letter) == count(Letter, Letter.state == LetterState.KEPT)


@pytest.mark.enable_socket
def test_a_delivery(alma, two_letters, office):
    """What was handed over and not noted arrives again, as the same message; nothing else does."""
    rounds = every_step(two_letters, deliver_letters)
    assert rounds >= 6  # before and after: taken together, and each noted as sent
    assert count(Letter) == count(Letter, Letter.state == LetterState.SENT)
    arrived = Counter(letter.mail["Message-ID"] for letter in office.letters)
    assert len(arrived) == count(Letter)
    assert sum(arrived.values()) == count(Letter) + 2  # killed just before either was noted


def test_a_rendering(alma):
    number = launch(alma).id

    def begin() -> None:
        order_report(db.session.get_one(Campaign, number), "pack", by=alma)

    assert every_step(begin, render_reports) >= 8
    ready = Report.state == ReportState.READY, Report.campaign_id == number
    assert count(Report) == count(Report, *ready)
