"""How a job is declared, and the application that jobs run in."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from typing import ParamSpec

import structlog
from flask import Flask, has_app_context

from portal import create_app
from portal.db import db

P = ParamSpec("P")

log = structlog.stdlib.get_logger("countersign.job")


@cache
def worker_app() -> Flask:
    """The application of this process, made once."""
    return create_app(doors=False)


def job(function: Callable[P, None]) -> Callable[P, None]:
    """Run `function` inside the application, in a session of its own, and log how it went.

    A job takes its work from rows, may be woken for nothing, and may run twice. What it raises
    is logged by the worker and kept by the queue; the sweep wakes the job again.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        if has_app_context():  # a test, or the command line: their session, their log
            return function(*args, **kwargs)
        with worker_app().app_context(), _told(f"{function.__module__}.{function.__qualname__}"):
            try:
                function(*args, **kwargs)
            finally:
                db.session.remove()

    run.__job__ = True  # type: ignore[attr-defined]  # read by tests/jobs/test_schedule.py
    return run


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
