"""Kill -9 in the middle of anything, start again: it ends as if nothing had happened, once."""

import asyncio
import io
import os
import re
import signal
import time
from collections import Counter
from collections.abc import Iterator
from threading import Event

import pytest
from sqlalchemy import func, select

from policies.lifecycle import CampaignState, LetterState, SyncState
from policies.permissions import SYSTEM
from portal import clock
from portal.db import db
from portal.models import (
    Account,
    Application,
    ApplicationOwner,
    Instance,
    Letter,
    Link,
    Review,
    Reviewer,
    Sync,
    TrailLine,
)
from portal.queries.trail import first_broken_line
from portal.queue import Job, wake
from portal.usecases.campaigns import draft_campaign, schedule_campaign
from portal.usecases.settings import change_setting
from portal.usecases.sources import accounts_source
from portal.usecases.syncs import upload_list
from tests.factories import launch, make_application, plan
from tests.jobs.killing import Machine, forks_of, is_writing, open_machine, until
from tests.office import Office, open_office
from tests.story import story

APPLICATIONS = 300
LETTERS = 30
ROWS = 25_000
DECISIONS = 10_000
HEADER = b"Login,Email,Status,Roles\n"
LINES = [f"user{n},u{n}@x.example,active,Role {n % 7};Role {n % 11}\n" for n in range(ROWS)]
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
GRANTS = sum(1 if n % 7 == n % 11 else 2 for n in range(ROWS))


@pytest.fixture
def machine(app, tmp_path) -> Iterator[Machine]:
    with open_machine(app, tmp_path) as machine:
        yield machine


def said(*verbs: str) -> dict[str, int]:
    """How often the trail says each; its chain holds."""
    assert first_broken_line() is None
    counted = select(TrailLine.verb, func.count()).group_by(TrailLine.verb)
    told = dict(db.session.execute(counted.where(TrailLine.verb.in_(verbs))).all())
    return {verb: told.get(verb, 0) for verb in verbs}


def count(model, *where) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*where)) or 0


def has(thing, state) -> bool:
    db.session.refresh(thing)
    return thing.state is state


def upload(source, lines) -> Sync:
    """A list that is read and applied without further questions."""
    stream, options = io.BytesIO(HEADER + "".join(lines).encode()), {"trusting": True}
    return upload_list(source, "l.csv", stream, options=options, apply_when_read=True, by=SYSTEM)


def many_applications(*owners) -> None:
    """Applications that are in turn owned by each of `owners`."""
    for number in range(APPLICATIONS):
        application = Application(name=f"App {number:03}", created_at=clock.now())
        db.session.add(application)
        db.session.flush()
        db.session.add(Instance(application_id=application.id, name="Main"))
        owner = owners[number % len(owners)]
        db.session.add(
            ApplicationOwner(application_id=application.id, person_id=owner.id, is_primary=True)
        )
    db.session.commit()


def test_a_launch_and_its_letters(cast, acting, machine):
    many_applications(cast.olive, cast.otto, cast.rita)
    change_setting("letters_gathered", "no", by=acting("alma"))  # a letter for each review
    campaign = draft_campaign(plan(), by=acting("alma"))
    schedule_campaign(campaign, by=acting("alma"))

    first = machine.start_worker()
    until(is_writing)
    machine.kill(first)
    assert (has(campaign, CampaignState.SCHEDULED), count(Review), count(Letter)) == (True, 0, 0)

    second = machine.start_worker()
    until(is_writing)
    os.kill(forks_of(second)[0], signal.SIGKILL)  # only the job: its worker works on
    until(lambda: not is_writing())
    assert (has(campaign, CampaignState.SCHEDULED), count(Review), count(Letter)) == (True, 0, 0)

    wake(machine.queue, Job.LAUNCH_CAMPAIGNS)  # as the sweep does
    kept = Letter.state == LetterState.KEPT
    until(lambda: count(Letter, kept) == APPLICATIONS)
    assert has(campaign, CampaignState.ACTIVE)
    assert {count(m) for m in (Review, Reviewer, Letter)} == {APPLICATIONS}
    assert count(Link, Link.purpose == "tasks") == APPLICATIONS
    each = ("review opened", "letter written", "letter kept")
    assert said("campaign launched", *each) == {"campaign launched": 1} | dict.fromkeys(
        each, APPLICATIONS
    )


class Holding(Office):
    """A mail server that lets the letter after `most` wait in the middle of being handed over."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.most = LETTERS
        self.holds, self.go_on = Event(), Event()

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802  aiosmtpd's name
        if len(self.letters) >= self.most:
            self.holds.set()
            while not self.go_on.is_set():
                await asyncio.sleep(0.005)
        return await super().handle_RCPT(server, session, envelope, address, options)

    @property
    def names(self) -> Counter:
        """Every letter that arrived, by its Message-ID."""
        return Counter(letter.mail["Message-ID"] for letter in self.letters)


@pytest.fixture
def office(machine) -> Iterator[Holding]:
    """The mail server of the machine's workers."""
    with open_office(Holding) as office:
        machine.environ |= {
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(office.port),
            "SMTP_STARTTLS": "no",
        }
        yield office
        office.go_on.set()


@story
def letters(cast, acting) -> None:
    """One letter to each reviewer of a campaign."""
    for number in range(LETTERS):
        make_application(f"App {number}", cast.olive)
    change_setting("letters_gathered", "no", by=acting("alma"))
    launch(acting("alma"))


SENT = Letter.state == LetterState.SENT


@pytest.mark.enable_socket
def test_letters_between_two(letters, machine, office):
    office.most = 10
    first = machine.start_worker()
    assert office.holds.wait(120)
    machine.kill(first)
    assert (len(office.letters), count(Letter, SENT)) == (10, 10)

    office.most = LETTERS
    office.go_on.set()
    second = machine.start_worker()
    until(lambda: count(Letter, SENT) == LETTERS)
    machine.kill(second)
    assert set(office.names.values()) == {1}
    assert len(office.names) == len(office.letters) == LETTERS
    assert said("letter written", "letter sent", "letter not delivered") == {
        "letter written": LETTERS,
        "letter sent": LETTERS,
        "letter not delivered": 0,
    }


@pytest.mark.enable_socket
def test_the_one_window_in_which_a_letter_arrives_twice(letters, machine, office):
    office.most = 3
    first = machine.start_worker()
    assert office.holds.wait(120)
    busy = db.session.connection(execution_options={"writing": True})
    busy.execute(select(Letter.id).with_for_update())  # so nobody can note that one was sent
    office.most = LETTERS
    office.go_on.set()
    while len(office.letters) < 4:
        time.sleep(0.01)
    time.sleep(0.2)  # the mail server's OK has been heard
    machine.kill(first)
    db.session.rollback()
    assert count(Letter, SENT) == 3

    machine.start_worker()
    until(lambda: count(Letter, SENT) == LETTERS)
    assert sorted(office.names.values()) == [1] * (LETTERS - 1) + [2]  # with the same Message-ID
    assert said("letter sent") == {"letter sent": LETTERS}


def test_everything_that_was_asked_for_while_redis_was_lost(cast, acting, machine, tmp_path):
    working, clock = machine.start_worker(), machine.start_clock()
    until(lambda: machine.hears(working))
    machine.lose_redis()
    source = accounts_source(make_application("Figma", cast.otto).instances[0])
    sync = upload(source, LINES[:2])
    campaign = draft_campaign(plan(), by=acting("alma"))
    schedule_campaign(campaign, by=acting("alma"))

    machine.start_redis()  # empty
    until(lambda: has(sync, SyncState.APPLIED) and has(campaign, CampaignState.ACTIVE))
    until(lambda: count(Letter, Letter.state == LetterState.KEPT) == 1)
    assert (working.poll(), clock.poll(), count(Account)) == (None, None, 2)
    once = ("list applied", "campaign launched", "review opened", "letter written", "letter kept")
    assert said(*once) == dict.fromkeys(once, 1)
