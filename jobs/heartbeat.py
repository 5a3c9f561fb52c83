"""Signs of life: what a worker has taken is its own for as long as it is heard of.

A row that was taken says until when, or since when, its worker was heard of. A worker that is
killed falls silent, and the row is free again soon after, on whatever machine the next one runs.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from portal.db import db

BEAT = 5.0  # seconds between two signs of life

log = structlog.stdlib.get_logger("countersign.heartbeat")


@contextmanager
def beating(say: Callable[[], object]) -> Iterator[None]:
    """Call `say` every few seconds, from a thread with a session of its own."""
    app, done = current_app._get_current_object(), threading.Event()  # type: ignore[attr-defined]  # Flask's proxy
    thread = threading.Thread(target=_beat, args=(app, say, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _beat(app: Flask, say: Callable[[], object], done: threading.Event) -> None:
    while not done.wait(BEAT):
        with app.app_context():
            try:
                say()
            except SQLAlchemyError as problem:  # somebody else writes; the next beat will do
                log.info("beat missed", problem=type(problem).__name__)
            finally:
                db.session.remove()
