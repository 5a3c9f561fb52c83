"""Making reports: take one that waits, make it in a folder of its own, keep it as a file."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import structlog

from jobs.evidence import make_attestation, make_pack
from jobs.folders import own_folder
from jobs.heartbeat import beating
from jobs.job import job
from policies.errors import Stale
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

log = structlog.stdlib.get_logger("countersign.reports")


@job
def render_reports() -> None:
    """Make every report that waits, each at most once in a run."""
    seen: set[int] = set()
    while report := _next(seen):
        seen.add(report.id)
        _render(report)


def _next(seen: set[int]) -> Report | None:
    give_up_reports(by=SYSTEM)
    return claim_report(but=seen)


def _render(report: Report) -> None:
    try:
        _make(report)
    except Stale as refusal:
        log.warning("report left to others", report=report.id, why=str(refusal))


def _make(report: Report) -> None:
    number = report.id
    tell = partial(note_progress, number)
    try:
        with own_folder() as folder, beating(partial(note_beat, number)):
            make = make_pack if report.kind == "pack" else make_attestation
            path = make(report, folder, tell)
            tell("keeping the file", 1, 1)
            store_report(report, path.name, _blocks(path), MEDIA[report.kind], by=SYSTEM)
    except Stale:
        raise
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
