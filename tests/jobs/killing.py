"""A machine of real processes, Redis, workers and clock, any of which can be killed at once."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPException
from pathlib import Path

import redis
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from portal import queue
from portal.db import db
from scripts import embedded
from tests.office import free_port

MOMENT = 0.03  # seconds
ROOT = Path(__file__).parents[2]
LATER = (
    "from datetime import timedelta; from portal import clock; from jobs.worker import main\n"
    "clock.shift(timedelta(minutes={minutes})); main()"
)


class Machine:
    """The processes of one portal, on the database of the running test."""

    def __init__(self, app: Flask, folder: Path) -> None:
        self.folder, self.minutes = folder, 0
        self.running: list[subprocess.Popen[bytes]] = []
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
        process = self._start(self.redis.command)
        until(self._redis_answers)
        return process

    def start_worker(self) -> subprocess.Popen[bytes]:
        """Start a worker; each one lives two minutes later than the one before."""
        program = ["-m", "jobs.worker"]
        if self.minutes:
            program = ["-c", LATER.format(minutes=self.minutes)]
        self.minutes += 2
        return self._start([sys.executable, *program])

    def start_clock(self) -> subprocess.Popen[bytes]:
        return self._start([sys.executable, "-m", "jobs.clock"])

    def start_web(self) -> subprocess.Popen[bytes]:
        """Start a web process, and wait until it answers at `address`."""
        self.environ.setdefault("PORT", str(free_port()))
        process = self._start([sys.executable, "-m", "gunicorn", "wsgi:app"])
        until(lambda: _answers(f"{self.address}/healthz"))
        return process

    def lose_redis(self) -> None:
        """Kill it, and all that it kept."""
        self.running[0].kill()
        self.running[0].wait()
        shutil.rmtree(self.redis.folder)
        self.redis.folder.mkdir()

    def hears(self, worker: subprocess.Popen[bytes]) -> bool:
        return worker.poll() is None and queue.health(self.queue).workers > 0

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """Kill -9, and wait until what it forked is gone as well."""
        forks = forks_of(process)
        process.kill()
        process.wait()
        if process.args[-1] == "wsgi:app":  # these would answer one more request
            for fork in forks:
                os.kill(fork, signal.SIGKILL)
        until(lambda: not any(is_alive(fork) for fork in forks))

    def stop(self) -> None:
        for process in self.running:
            process.kill()
            process.wait()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.environ['PORT']}"

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        db.session.rollback()
        with (self.folder / "processes.log").open("ab") as log:
            process = subprocess.Popen(
                command, env=self.environ, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT
            )
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


def is_being_changed(row: db.Model) -> bool:
    """Whether another process is in the middle of a transaction that changes `row`.

    One that takes its time: that of a moment, which only notes something, is none.
    """
    return _is_locked(row) and not time.sleep(MOMENT) and _is_locked(row)


def _is_locked(row: db.Model) -> bool:
    try:
        if db.engine.dialect.name == "sqlite":
            with closing(sqlite3.connect(db.engine.url.database, timeout=0)) as side:
                side.execute("BEGIN IMMEDIATE")
        else:
            table = row.__table__
            locking = select(table.c.id).where(table.c.id == row.id)
            db.session.execute(locking.with_for_update(nowait=True))
    except (OperationalError, sqlite3.OperationalError):
        return True
    finally:
        db.session.rollback()
    return False


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  # our own
            return answer.status == 200
    except (OSError, HTTPException):
        return False


def forks_of(process: subprocess.Popen[bytes]) -> list[int]:
    """The children of a process, as Linux knows them."""
    path = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(number) for number in path.read_text().split()] if path.exists() else []


def is_alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True
