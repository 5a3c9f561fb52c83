"""A machine of real processes, Redis, workers and clock, any of which can be killed at once."""

import os
import shutil
import signal
import sqlite3
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPException
from pathlib import Path

import redis
from flask import Flask
from sqlalchemy import text

from portal import queue
from portal.db import db
from scripts import embedded
from tests.jobs import forks
from tests.jobs.forks import Fork
from tests.office import free_port

MOMENT = 0.03  # seconds

WRITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_xid IS NOT NULL
AND clock_timestamp() - xact_start > make_interval(secs => :moment)
"""

Process = Fork | subprocess.Popen[bytes]


class Machine:
    """The processes of one portal, on the database of the running test."""

    def __init__(self, app: Flask, folder: Path) -> None:
        self.folder, self.minutes = folder, 0
        self.running: list[Process] = []
        self.redis = embedded.choose({}, folder)
        self.redis.folder.mkdir()
        self.queue = queue.make_queue(queue.connect(self.redis.url))
        config = app.extensions["config"]
        url = db.engine.url.render_as_string(hide_password=False)
        self.environ = {
            **os.environ,
            "ENVIRONMENT": "test",
            "DATA_DIR": str(folder),
            "DATABASE_URL": url.replace("postgresql+psycopg", "postgresql"),
            "REDIS_URL": self.redis.url,
            "SECRET_KEY": config.secret_key,
            "BASE_URL": config.base_url,
            "TMPDIR": str(folder),
            "WEB_PROCESSES": "1",
        }

    def start_redis(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            process = subprocess.Popen(self.redis.command, stdout=log, stderr=subprocess.STDOUT)
        self.running.append(process)
        until(self._redis_answers)
        return process

    def start_worker(self) -> Fork:
        """Start a worker; each one lives two minutes later than the one before."""
        minutes, self.minutes = self.minutes, self.minutes + 2
        return self._start(forks.worker, minutes)

    def start_clock(self) -> Fork:
        return self._start(forks.ticker)

    def start_web(self) -> Fork:
        """Start a web process, and wait until it answers at `address`."""
        self.environ.setdefault("PORT", str(free_port()))
        process = self._start(forks.web)
        until(lambda: _answers(f"{self.address}/healthz"))
        return process

    def lose_redis(self) -> None:
        """Kill it, and all that it kept."""
        self.running[0].kill()
        self.running[0].wait()
        shutil.rmtree(self.redis.folder)
        self.redis.folder.mkdir()

    def hears(self, worker: Fork) -> bool:
        return worker.poll() is None and queue.health(self.queue).workers > 0

    def kill(self, process: Fork) -> None:
        """Kill -9, and wait until what it forked is gone as well."""
        children = forks_of(process)
        process.kill()
        process.wait()
        if process.program is forks.web:  # these would answer one more request
            for fork in children:
                os.kill(fork, signal.SIGKILL)
        until(lambda: not any(is_alive(fork) for fork in children))

    def stop(self) -> None:
        for process in self.running:
            process.kill()
            process.wait()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.environ['PORT']}"

    @property
    def _log(self) -> Path:
        return self.folder / "processes.log"

    def _start(self, program: Callable[..., object], *given: object) -> Fork:
        db.session.rollback()
        process = Fork(program, *given, environ=self.environ, log=self._log)
        self.running.append(process)
        return process

    def _redis_answers(self) -> bool:
        try:
            return bool(self.queue.connection.ping())
        except redis.RedisError:
            return False


@contextmanager
def open_machine(app: Flask, folder: Path) -> Iterator[Machine]:
    """A machine with a running Redis, which the portal of the test wakes."""
    machine, own = Machine(app, folder), app.extensions["queue"]
    app.extensions["queue"] = machine.queue
    try:
        machine.start_redis()
        yield machine
    finally:
        db.session.rollback()
        machine.stop()
        app.extensions["queue"] = own


def until(holds: Callable[[], object], patience: float = 120.0) -> None:
    """Wait for what other processes do; each look is a transaction of its own."""
    end = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < end, "waited too long"
        db.session.rollback()
        time.sleep(0.01)
    db.session.rollback()


def is_writing() -> bool:
    """Whether another process is in the middle of a transaction that writes.

    One that takes its time: that of a moment, which only notes something, is none. To look
    changes nothing: it locks no row that a worker would then go past.
    """
    if db.engine.dialect.name == "sqlite":
        return _is_locked() and not time.sleep(MOMENT) and _is_locked()
    db.session.rollback()
    return bool(db.session.scalar(text(WRITING), {"moment": MOMENT}))


def _is_locked() -> bool:
    """Whether SQLite would let nobody else write."""
    try:
        with closing(sqlite3.connect(db.engine.url.database, timeout=0)) as side:
            side.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return True
    return False


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  # our own
            return answer.status == 200
    except (OSError, HTTPException):
        return False


def forks_of(process: Fork) -> list[int]:
    """The children of a process, as Linux knows them."""
    path = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(number) for number in path.read_text().split()] if path.exists() else []


def is_alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True
