"""How a job is declared, and the application that jobs run in."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, partial, wraps
from platform import node
from typing import ParamSpec

import structlog
from flask import Flask, has_app_context
from sqlalchemy.exc import SQLAlchemyError

from jobs import running
from jobs.heartbeat import beating
from jobs.schedule import SCHEDULE
from portal import clock, create_app
from portal.db import db
from portal.usecases.runs import Run, note_ended, note_running

P = ParamSpec("P")

LONGEST_ERROR = 300
_SECONDS = {entry.job.value: entry.seconds for entry in SCHEDULE}

log = structlog.stdlib.get_logger("countersign.job")


@cache
def worker_app() -> Flask:
    """The application of this process, made once."""
    return create_app(doors=False)


def job(function: Callable[P, None]) -> Callable[P, None]:
    """Run `function` inside the application, in a session of its own, and note how it went.

    A job takes its work from rows, may be woken for nothing, and may run twice. What it raises
    is logged by the worker and kept with its runs; the sweep wakes the job again. One that a
    person paused does nothing.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        if has_app_context():  # a test, or the command line: their session, their log
            return function(*args, **kwargs)
        name = f"{function.__module__}.{function.__qualname__}"
        with worker_app().app_context(), _told(name):
            try:
                running.begin(name)
                with _noted(name):
                    function(*args, **kwargs)
            except running.Paused:
                log.info("job is paused", job=name)
            finally:
                db.session.remove()

    run.__job__ = True  # type: ignore[attr-defined]  # read by tests/jobs/test_schedule.py
    return run


@contextmanager
def _noted(name: str) -> Iterator[None]:
    """Keep how the run goes in a row: if it takes its time, while it does; and at its end."""
    run = Run(name, f"{node()}:{os.getppid()}", _SECONDS.get(name, 0), clock.now())
    error = ""
    try:
        with beating(partial(_say, run)):
            yield
    except running.Paused:
        raise
    except BaseException as problem:
        error = f"{type(problem).__name__}: {problem}".splitlines()[0][:LONGEST_ERROR]
        raise
    finally:
        db.session.rollback()
        with suppress(SQLAlchemyError):  # somebody else writes: the next run is noted again
            note_ended(run, error)


def _say(run: Run) -> None:
    now = running.present
    note_running(run, now.step, now.done, now.total)


@contextmanager
def _told(name: str) -> Iterator[None]:
    began = time.perf_counter()
    outcome = "failed"
    log.debug("job started", job=name)
    try:
        yield
        outcome = "done"
    finally:
        ms = round((time.perf_counter() - began) * 1000, 1)
        log.info("job ended", job=name, outcome=outcome, ms=ms)
