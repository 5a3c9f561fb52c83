"""Background work: what runs, waits and failed; trying again, stopping, pausing."""

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.errors import Invalid
from policies.permissions import RUN_JOBS, SEE_SETTINGS
from portal import clock
from portal.models import Report, Sync, Trouble
from portal.queries.background import (
    SHOWN,
    failed_letters,
    failed_reports,
    failed_syncs,
    periodic_jobs,
    put_aside,
    reports_at_work,
    syncs_at_work,
    what_waits,
)
from portal.queries.health import LATEST_CLOCK
from portal.queue import Job, current_queue, health
from portal.usecases.reports import retry_report, stop_report
from portal.usecases.retrying import retry_sync, stop_sync
from portal.usecases.runs import pause_job, resume_job
from portal.usecases.troubles import retry_trouble
from portal.web.access import current_actor, requires
from portal.web.pages import page

bp = Blueprint("background", __name__, url_prefix="/settings/background")


@bp.get("")
@requires(SEE_SETTINGS)
def index() -> Response:
    return page(
        "background/index.html",
        parts=("background",),
        queue=health(current_queue()),
        latest_clock=LATEST_CLOCK,
        jobs=periodic_jobs(),
        waiting=what_waits(),
        reports=reports_at_work(),
        syncs=syncs_at_work(),
        failed_reports=failed_reports(request.args.get("reports", "")),
        failed_syncs=failed_syncs(),
        failed_letters=failed_letters(),
        put_aside=put_aside(request.args.get("aside", "")),
        shown=SHOWN,
        now=clock.now(),
    )


@bp.post("/reports/<int:report_id>/retry")
@requires(RUN_JOBS, Report)
def retry_making(report: Report) -> ResponseReturnValue:
    retry_report(report, by=current_actor())
    return _back("The report is made again.")


@bp.post("/reports/<int:report_id>/stop")
@requires(RUN_JOBS, Report)
def stop_making(report: Report) -> ResponseReturnValue:
    stop_report(report, by=current_actor())
    return _back("The report is stopped at its next step. Nothing of it is kept.")


@bp.post("/imports/<int:sync_id>/retry")
@requires(RUN_JOBS, Sync)
def retry_import(sync: Sync) -> ResponseReturnValue:
    retry_sync(sync, by=current_actor())
    return _back("The list is read again, and then waits to be confirmed.")


@bp.post("/imports/<int:sync_id>/stop")
@requires(RUN_JOBS, Sync)
def stop_import(sync: Sync) -> ResponseReturnValue:
    stop_sync(sync, by=current_actor())
    return _back("Reading stops at the next batch. Nothing of the list was applied.")


@bp.post("/troubles/<int:trouble_id>/retry")
@requires(RUN_JOBS, Trouble)
def retry_work(trouble: Trouble) -> ResponseReturnValue:
    retry_trouble(trouble, by=current_actor())
    return _back("It is tried again, as if for the first time.")


@bp.post("/pause")
@requires(RUN_JOBS)
def pause() -> ResponseReturnValue:
    pause_job(_job(), by=current_actor())
    return _back("The job is paused: it stops at its next step. What waits for it is kept.")


@bp.post("/resume")
@requires(RUN_JOBS)
def resume() -> ResponseReturnValue:
    resume_job(_job(), by=current_actor())
    return _back("The job goes on.")


def _job() -> Job:
    name = request.form.get("job", "")
    if name not in set(Job):
        raise Invalid("There is no such job. Nothing was changed.")
    return Job(name)


def _back(said: str) -> ResponseReturnValue:
    flash(said, "success")
    return redirect(url_for(".index"), 303)
