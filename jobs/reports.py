"""Making reports: take one that waits, make it in a folder of its own, keep it as a file."""

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from jobs.evidence import make_attestation, make_pack
from jobs.job import job
from policies.permissions import SYSTEM
from portal.db import db
from portal.models import Report
from portal.reports.attestation import NoPdfEngine
from portal.usecases.reports import (
    claim_report,
    fail_report,
    give_up_reports,
    note_beat,
    note_progress,
    store_report,
)

MEDIA = {"pack": "application/zip", "review": "application/pdf", "campaign": "application/pdf"}
BLOCK = 1 << 20
BEAT = 5.0  # seconds between two signs of life

log = structlog.stdlib.get_logger("countersign.reports")


@job
def render_reports() -> None:
    """Make every report that waits, each at most once in a run."""
    give_up_reports(by=SYSTEM)
    seen: set[int] = set()
    while report := claim_report(but=seen):
        seen.add(report.id)
        _render(report)


def _render(report: Report) -> None:
    number = report.id

    def tell(step: str, done: int, total: int) -> None:
        note_progress(number, step, done, total)

    try:
        with tempfile.TemporaryDirectory(prefix="countersign-") as folder, _beating(number):
            make = make_pack if report.kind == "pack" else make_attestation
            path = make(report, Path(folder), tell)
            tell("keeping the file", 1, 1)
            store_report(report, path.name, _blocks(path), MEDIA[report.kind], by=SYSTEM)
    except NoPdfEngine as problem:
        fail_report(report, str(problem), for_good=True, by=SYSTEM)
    except Exception as problem:
        log.exception("report failed", report=number, kind=type(problem).__name__)
        db.session.rollback()
        error = f"{type(problem).__name__}. The worker's log has the details."
        fail_report(report, error, by=SYSTEM)


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


@contextmanager
def _beating(report_id: int) -> Iterator[None]:
    """Say every few seconds that this worker lives, so that nobody else takes the report."""
    app, done = current_app._get_current_object(), threading.Event()  # type: ignore[attr-defined]  # Flask's proxy
    thread = threading.Thread(target=_beat, args=(app, report_id, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _beat(app: Flask, report_id: int, done: threading.Event) -> None:
    while not done.wait(BEAT):
        with app.app_context():
            try:
                note_beat(report_id)
            except SQLAlchemyError as problem:  # somebody else writes; the next beat will do
                log.info("beat missed", problem=type(problem).__name__)
            finally:
                db.session.remove()
