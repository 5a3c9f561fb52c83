"""Reports: ordered, made by a worker, stored, downloaded."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta

from sqlalchemy import update

from policies.errors import IllegalMove, Invalid, Stale
from policies.lifecycle import ReportState
from policies.permissions import (
    ORDER_EVIDENCE,
    SEE_EVIDENCE,
    TEND_REPORT,
    Actor,
    require,
)
from policies.starts import MOST_STARTS, lost_each_time
from portal import clock
from portal.db import db
from portal.models import Campaign, File, Report, Review
from portal.queries.reports import WORKING, abandoned_before, next_report, unfinished_report
from portal.queue import Job, enqueue
from portal.usecases.files import keep_file
from portal.usecases.trail import record
from portal.usecases.unit import after_commit, bookkeeping, usecase

KINDS = ("review", "campaign", "pack")
SILENCE = timedelta(seconds=30)  # a worker that was not heard of for so long is dead


@usecase
def order_report(
    campaign: Campaign, kind: str, review: Review | None = None, *, by: Actor
) -> Report:
    """Somebody asks for a report by hand."""
    require(ORDER_EVIDENCE, by, campaign)
    if campaign.launched_at is None:
        raise IllegalMove("There is nothing to report yet: this campaign has not been launched.")
    return request_report(campaign, kind, review, by=by)


@usecase
def request_report(
    campaign: Campaign, kind: str, review: Review | None = None, *, by: Actor
) -> Report:
    """Ask for a report; one that is on its way already is returned instead.

    Part of completing a review or a campaign, whoever completes it: `order_report` is the
    door for asking by hand. Kinds: "review" (needs one), "campaign", "pack".
    """
    if kind not in KINDS or (kind == "review") is (review is None):
        raise Invalid("There is no such report.")
    review_id = review.id if review else None
    if waiting := unfinished_report(campaign.id, kind, review_id):
        return waiting
    report = Report(
        campaign_id=campaign.id,
        review_id=review_id,
        kind=kind,
        requested_by=by.name,
        created_at=clock.now(),
    )
    db.session.add(report)
    record("report ordered", report, by=by, kind=kind)
    after_commit(lambda: enqueue(Job.RENDER_REPORTS))
    return report


@usecase
def retry_report(report: Report, *, by: Actor) -> None:
    """Try a failed report again."""
    require(TEND_REPORT, by, report)
    if report.state is not ReportState.FAILED:
        raise IllegalMove(f"This report is {report.state.value}; there is nothing to try again.")
    was, report.state = report.error, ReportState.QUEUED
    report.attempts, report.error = 0, ""
    record("report ordered again", report, by=by, kind=report.kind, was=was)
    after_commit(lambda: enqueue(Job.RENDER_REPORTS))


@usecase
def stop_report(report: Report, *, by: Actor) -> None:
    """Have its worker leave it at the next step; it stays failed until it is tried again."""
    require(TEND_REPORT, by, report)
    db.session.refresh(report, with_for_update=True)
    if report.state not in WORKING:
        raise IllegalMove(f"This report is {report.state.value}; there is nothing to stop.")
    at = f", while {report.step} ({report.done} of {report.total})" if report.step else ""
    report.state, report.step = ReportState.FAILED, ""
    report.error = f"{by.name} stopped it{at}. Nothing of it was kept."
    record("report stopped", report, by=by, kind=report.kind, error=report.error)


@bookkeeping
def claim_report(*, but: Iterable[int] = ()) -> Report | None:
    """Take the next report that waits, or whose worker died; None where there is none.

    A pack waits for the attestations it contains. `but` names reports to leave alone.
    """
    now = clock.now()
    report = next_report(now - SILENCE, set(but))
    if report is None:
        return None
    report.state, report.attempts = ReportState.RENDERING, report.attempts + 1
    report.step, report.done, report.total = "starting", 0, 0
    report.started_at = report.beat_at = now
    return report


@bookkeeping
def note_progress(report_id: int, step: str, done: int, total: int) -> None:
    """Say how far it is; the page shows it. Raises Stale where it is not to be made any more."""
    _set(report_id, step=step, done=done, total=total, beat_at=clock.now())


@bookkeeping
def note_beat(report_id: int) -> None:
    """The worker lives."""
    with suppress(Stale):
        _set(report_id, beat_at=clock.now())


@usecase
def store_report(
    report: Report, name: str, chunks: Iterable[bytes], media_type: str, *, by: Actor
) -> File:
    """Keep the finished report as a file. Raises Stale where another worker was first."""
    _require_rendering(report)
    file = keep_file(name, chunks, media_type)
    report.state, report.file_id, report.ready_at = ReportState.READY, file.id, clock.now()
    report.step, report.error = "", ""
    record(
        "report stored",
        report,
        by=by,
        kind=report.kind,
        file=name,
        sha256=file.sha256,
        size=file.size,
    )
    return file


@usecase
def fail_report(report: Report, error: str, *, for_good: bool = False, by: Actor) -> None:
    """Making it failed: try again later, until it was tried often enough or is `for_good`.

    Raises Stale where another worker has brought it to an end meanwhile.
    """
    _require_rendering(report)
    tried_enough = for_good or report.attempts >= MOST_STARTS
    report.state = ReportState.FAILED if tried_enough else ReportState.QUEUED
    report.error = error
    record("report failed", report, by=by, kind=report.kind, error=error, attempt=report.attempts)


@usecase
def give_up_reports(*, by: Actor) -> int:
    """Fail what killed its worker as often as may be tried; returns how many."""
    lost = abandoned_before(clock.now() - SILENCE, MOST_STARTS)
    for report in lost:
        fail_report(report, lost_each_time("making this"), for_good=True, by=by)
    return len(lost)


@usecase
def note_download(report: Report, *, handed_out: str = "", by: Actor) -> None:
    """Somebody takes the report away. `handed_out` is the SHA-256 of a marked copy, in hex."""
    require(SEE_EVIDENCE, by, report)
    if report.state is not ReportState.READY or report.file is None:
        raise IllegalMove(f"This report cannot be downloaded: it is {report.state.value}.")
    marked = {"handed_out_sha256": handed_out} if handed_out else {}
    sha256 = report.file.sha256
    record("report downloaded", report, by=by, kind=report.kind, sha256=sha256, **marked)


def _require_rendering(report: Report) -> None:
    """A worker that was presumed dead may come back when others have done its work."""
    db.session.refresh(report, with_for_update=True)
    if report.state is not ReportState.RENDERING:
        raise Stale(f"This report is {report.state.value}: another worker has taken it over.")


def _set(report_id: int, **values: object) -> None:
    held = db.session.execute(
        update(Report)
        .where(Report.id == report_id, Report.state == ReportState.RENDERING)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if not held.rowcount:  # type: ignore[attr-defined]  # an UPDATE has one
        raise Stale("This report was stopped, or another worker has taken it over.")
