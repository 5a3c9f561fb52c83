"""Kill -9 in the middle of a list, of reports, of a decision about thousands: all end alike."""

import io
import os
import re
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from sqlalchemy import func, select

from policies.filters import Filter
from policies.lifecycle import ReportState, SyncState
from policies.permissions import SYSTEM
from portal.db import db
from portal.models import (
    Account,
    Decision,
    File,
    Grant,
    Item,
    Report,
    StagedAccount,
    StagedGrant,
    Sync,
    TrailLine,
)
from portal.queries.files import read_parts
from portal.queries.links import url_of
from portal.queries.trail import first_broken_line
from portal.usecases.decisions import decide_view
from portal.usecases.links import write_link
from portal.usecases.reviews import sign_off, submit_review
from portal.usecases.sources import accounts_source
from portal.usecases.syncs import apply_sync, stage_sync, upload_list
from tests.factories import APPROVED, launch, make_account, make_application, make_sync, start
from tests.jobs.killing import Machine, is_writing, open_machine, until
from tests.story import story

ROWS = 50_000

DECISIONS = 20_000

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


def test_an_import_while_it_is_read_and_while_it_is_applied(cast, machine):
    source = accounts_source(make_application("Figma").instances[0])
    sync = upload(source, LINES)

    first = machine.start_worker()
    until(lambda: has(sync, SyncState.READING) and sync.rows_read >= 10_000)
    machine.kill(first)
    assert has(sync, SyncState.READING)
    assert 0 < count(StagedAccount) < ROWS

    second = machine.start_worker()
    until(lambda: has(sync, SyncState.APPLYING) and is_writing())
    machine.kill(second)
    assert (has(sync, SyncState.APPLYING), count(Account), count(Grant)) == (True, 0, 0)
    assert count(StagedAccount) == ROWS

    machine.start_worker()
    until(lambda: has(sync, SyncState.APPLIED) and not count(StagedAccount))
    assert (count(Account), count(Grant), count(StagedGrant)) == (ROWS, GRANTS, 0)
    assert (sync.rows_read, sync.rows_applied, sync.new) == (ROWS, ROWS, ROWS)
    once = ("list uploaded", "list read", "list applied")
    assert said(*once, "list failed") == dict.fromkeys(once, 1) | {"list failed": 0}


@story
def completed(cast, acting) -> None:
    """A campaign whose only review has just been submitted: three reports are to be made."""
    application = make_application("Figma", cast.otto)
    make_sync(application, rows_read=120, rows_applied=120, new=120)
    for number in range(120):
        make_account(application, f"user{number}", roles="Editor")
    review, otto = start(launch(acting("alma")), acting("otto")), acting("otto")
    decide_view(review, Filter(), APPROVED, seen=0, by=otto)
    sign_off(review, by=otto)
    submit_review(review, by=otto)


def is_being_set(report: Report) -> bool:
    return has(report, ReportState.RENDERING) and report.step == "setting the pages"


def leftovers(machine: Machine) -> list[Path]:
    return list(machine.folder.glob("countersign-work-*"))


def test_reports_while_they_are_rendered(completed, machine):
    review, campaign, pack = db.session.scalars(select(Report).order_by(Report.id))
    files = count(File)

    first = machine.start_worker()
    until(lambda: is_being_set(review))
    machine.kill(first)
    assert has(review, ReportState.RENDERING)
    (left,) = leftovers(machine)
    os.utime(left, (0, 0))  # made some time ago

    second = machine.start_worker()
    until(lambda: is_being_set(campaign))
    machine.kill(second)
    assert (has(review, ReportState.READY), has(pack, ReportState.QUEUED)) == (True, True)

    machine.start_worker()
    until(lambda: has(pack, ReportState.READY))
    assert count(Report) == count(Report, Report.state == ReportState.READY) == 3
    assert count(File) - files == 3
    kept = io.BytesIO(b"".join(read_parts(pack.file_id)))
    with zipfile.ZipFile(kept) as archive:
        assert archive.testzip() is None
        assert sum(name.startswith("attestations/") for name in archive.namelist()) == 2
    assert left not in leftovers(machine)
    assert said("report ordered", "report stored", "report failed") == {
        "report ordered": 3,
        "report stored": 3,
        "report failed": 0,
    }


class Visitor(requests.Session):
    """Someone with a browser without JavaScript."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.trust_env = False

    def press(self, page: str, path: str = "", **fields: str) -> requests.Response:
        """Open `page` and send its form, to `path` where that is another."""
        shown = self.get(self.address + page, timeout=60)
        assert shown.status_code == 200
        hidden = dict(HIDDEN.findall(shown.text))
        return self.post(
            self.address + (path or page), {**hidden, **fields}, timeout=60, allow_redirects=False
        )


@pytest.mark.enable_socket
def test_a_decision_on_all_in_view_when_the_web_process_is_killed(cast, acting, machine):
    source = accounts_source(make_application("Figma", cast.otto).instances[0])
    sync = upload(source, LINES[:DECISIONS])
    stage_sync(sync, by=SYSTEM)
    apply_sync(sync, by=SYSTEM)
    review = start(launch(acting("alma")), acting("otto"))
    link = url_of(write_link(cast.otto, "tasks", by=SYSTEM)).removeprefix("http://portal.test")

    web = machine.start_web()
    otto = Visitor(machine.address)
    assert otto.press(link).status_code == 303
    page = f"/reviews/{review.id}/bulk?verdict=approved"
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(otto.press, page)
        until(is_writing)
        machine.kill(web)
        assert isinstance(answer.exception(), requests.ConnectionError)
    assert count(Decision) == 0

    machine.start_web()
    assert otto.press(page).status_code == 303  # still signed in
    assert count(Decision) == count(Item, Item.verdict == APPROVED) == DECISIONS
    assert said("view approved") == {"view approved": 1}
