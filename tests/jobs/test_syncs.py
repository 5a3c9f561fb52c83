"""Reading and applying by jobs: twice, by two at once, and killed in the middle."""

import io
import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from jobs.syncs import apply_syncs, read_uploads
from policies.lifecycle import SyncState
from policies.permissions import SYSTEM
from portal import clock
from portal.db import db
from portal.models import Account, Grant, StagedAccount, Sync, TrailLine
from portal.queue import Job
from portal.usecases.retrying import begin_applying
from portal.usecases.staging import claim_sync, hold_claim
from portal.usecases.syncs import (
    accounts_source,
    confirm_sync,
    give_up_sync,
    stage_sync,
    upload_list,
)
from tests.factories import make_application
from tests.jobs import forks
from tests.jobs.forks import Fork
from tests.story import story

ROWS = 30_000
BIG = "Login,Email,Status,Roles\n" + "".join(
    f"user{n},u{n}@x.example,active,Role {n % 7};Role {n % 11}\n" for n in range(ROWS)
)


@story
def source(cast):
    return accounts_source(make_application("Figma").instances[0])


def put(source, text: str, **facts) -> Sync:
    facts.setdefault("options", {"trusting": True})
    return upload_list(source, "l.csv", io.BytesIO(text.encode()), by=SYSTEM, **facts)


def state(sync: Sync) -> SyncState:
    db.session.rollback()
    db.session.refresh(sync)
    return sync.state


def count(model) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def lines(verb: str) -> int:
    query = select(func.count()).where(TrailLine.verb == verb)
    return db.session.scalar(query) or 0


def test_jobs_do_everything_that_waits(source, run_jobs):
    first, second = put(source, "Login\nann\n", apply_when_read=True), put(source, "Login\nann\n")
    assert run_jobs() == [Job.READ_UPLOADS, Job.APPLY_SYNCS, Job.COUNT_HOLDINGS]
    assert (state(first), state(second)) == (SyncState.APPLIED, SyncState.PREVIEW)


def test_running_a_job_twice_changes_nothing(source):
    sync = put(source, "Login\nann\n", apply_when_read=True)
    for _ in range(2):
        read_uploads()
        apply_syncs()
    assert (state(sync), count(Account), lines("list applied")) == (SyncState.APPLIED, 1, 1)


def test_two_workers_read_and_apply_a_list_once(app, source):
    sync = put(source, BIG, apply_when_read=True)

    def work(_: int) -> None:
        with app.app_context():
            read_uploads()
            apply_syncs()
            db.session.remove()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
    read_uploads()
    apply_syncs()
    assert (state(sync), count(Account)) == (SyncState.APPLIED, ROWS)
    assert (lines("list read"), lines("list applied")) == (1, 1)


def test_a_reader_presumed_dead_cannot_write_any_more(source):
    sync = put(source, "Login\nann\n")
    slow = claim_sync(sync)
    assert claim_sync(sync) is None  # it is held
    clock.shift(timedelta(minutes=5))
    assert stage_sync(sync, by=SYSTEM)
    with pytest.raises(Exception, match="taken this import over"):
        hold_claim(slow, rows_read=99)
    assert (state(sync), sync.rows_read) == (SyncState.PREVIEW, 1)


def test_a_list_that_cannot_be_read_three_times_is_given_up(source):
    sync = put(source, "Login\nann\n")
    for minutes in range(3):
        clock.shift(timedelta(minutes=minutes))
        assert claim_sync(sync)  # and then the worker dies
    clock.shift(timedelta(minutes=10))
    read_uploads()
    assert (state(sync), lines("list failed")) == (SyncState.FAILED, 1)


def test_a_list_that_kills_whoever_applies_it_is_given_up_and_can_be_tried_again(source, sign_in):
    sync = put(source, "Login\nann\n")
    stage_sync(sync, by=SYSTEM)
    confirm_sync(sync, by=SYSTEM)
    for _ in range(3):
        assert begin_applying(sync, by=SYSTEM)  # and then the worker dies
    apply_syncs()
    assert (state(sync), count(Account), lines("list failed")) == (SyncState.FAILED, 0, 1)
    client, here = sign_in("alma"), f"/imports/{sync.id}"
    assert "3 times a worker was lost while applying this list" in client.get(here).text
    assert client.post(f"{here}/retry").status_code == 303
    read_uploads()
    assert (state(sync), sync.attempts, lines("list tried again")) == (SyncState.PREVIEW, 0, 1)
    client.post(f"{here}/apply")
    apply_syncs()
    assert (state(sync), count(Account)) == (SyncState.APPLIED, 1)


def test_who_only_looks_on_does_not_try_a_list_again(source, sign_in):
    sync = put(source, "Login\nann\n")
    give_up_sync(sync, "It broke.", by=SYSTEM)
    assert sign_in("ada").post(f"/imports/{sync.id}/retry").status_code == 403
    assert sign_in("max").post(f"/imports/{sync.id}/retry").status_code == 404
    assert "Try again" not in sign_in("ada").get(f"/imports/{sync.id}").text


@pytest.mark.parametrize("rows", [1, 12_000])
def test_a_worker_killed_while_reading_leaves_nothing_behind(app, tmp_path, source, rows):
    sync = put(source, BIG)
    with worker(app, tmp_path, "read_uploads") as killed:
        wait_until(lambda: state(sync) is SyncState.READING and sync.rows_read >= rows)
        killed.kill()
    assert state(sync) in {SyncState.READING, SyncState.PREVIEW}
    read_uploads()
    assert state(sync) in {SyncState.READING, SyncState.PREVIEW}  # its lease may still run
    clock.shift(timedelta(minutes=2))
    read_uploads()
    assert (state(sync), sync.new, sync.rows_read) == (SyncState.PREVIEW, ROWS, ROWS)
    assert (count(StagedAccount), lines("list read")) == (ROWS, 1)


@pytest.mark.parametrize("delay", [0.0, 0.05, 0.15, 0.3])
def test_a_worker_killed_while_applying_has_applied_all_or_nothing(app, tmp_path, source, delay):
    sync = put(source, BIG)
    stage_sync(sync, by=SYSTEM)
    confirm_sync(sync, by=SYSTEM)
    with worker(app, tmp_path, "apply_syncs") as killed:
        time.sleep(delay)
        killed.kill()
    done = state(sync) is SyncState.APPLIED
    assert (count(Account), lines("list applied")) == ((ROWS, 1) if done else (0, 0))
    wait_until(lambda: apply_syncs() or state(sync) is SyncState.APPLIED)  # as the sweep would
    assert (state(sync), count(Account)) == (SyncState.APPLIED, ROWS)
    grants = sum(1 if n % 7 == n % 11 else 2 for n in range(ROWS))
    assert (count(Grant), count(StagedAccount), lines("list applied")) == (grants, 0, 1)


@contextmanager
def worker(app, folder, name: str):
    """Another process that runs one job on the same database, from when it begins."""
    url = db.engine.url.render_as_string(hide_password=False)
    environ = {
        **os.environ,
        "ENVIRONMENT": "test",
        "DATABASE_URL": url.replace("postgresql+psycopg", "postgresql"),
        "DATA_DIR": str(Path(app.instance_path) / "nowhere"),
        "REDIS_URL": "unix:///nowhere/redis.sock",
        "LOG_LEVEL": "ERROR",
    }
    db.session.rollback()
    log = folder / "worker.log"
    process = Fork(forks.syncing, name, environ=environ, log=log)
    wait_until(lambda: log.exists() and "begins" in log.read_text())
    yield process
    process.wait()


def wait_until(holds) -> None:
    until = time.monotonic() + 30
    while not holds() and time.monotonic() < until:
        time.sleep(0.002)
