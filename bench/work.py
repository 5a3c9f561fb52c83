"""What a worker does, a process for each job, as the queue forks them."""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from bench.clock import Samples, peak_memory, took
from bench.stage import ADMIN, Place, acting, owner, the_portal
from jobs.campaigns import launch_due_campaigns
from jobs.reports import render_reports
from jobs.syncs import apply_syncs, read_uploads
from policies.lifecycle import ReportState, SyncState
from portal import clock
from portal.db import db
from portal.models import Application, Report, Source, Sync
from portal.usecases.applications import Description, create_application, set_owners
from portal.usecases.campaigns import Plan, draft_campaign, schedule_campaign
from portal.usecases.remediation import verify_against
from portal.usecases.syncs import accounts_source, confirm_sync, people_source, upload_list


def import_people(place: Place) -> Samples:
    with the_portal(place, doors=False):
        _as_worker()
        seconds = took(lambda: _import(people_source(), place.folder / "people.csv"))
        return {"import people": seconds, "memory import people": peak_memory()}


def import_accounts(place: Place) -> Samples:
    """An application of Olive's, and the list of its accounts."""
    with the_portal(place, doors=False):
        _as_worker()
        alma = acting(ADMIN)
        application = create_application(Description("Salesforce"), by=alma)
        set_owners(application, [owner()], primary=owner(), by=alma)
        source = accounts_source(application.instances[0], by=alma)
        seconds = took(lambda: _import(source, place.folder / "accounts.csv"))
        return {"import": seconds, "memory import": peak_memory()}


def launch(place: Place) -> Samples:
    with the_portal(place, doors=False):
        _as_worker()
        alma = acting(ADMIN)
        plan = Plan(name="Q4 2026", due_at=clock.now() + timedelta(days=14))
        schedule_campaign(draft_campaign(plan, by=alma), by=alma)
        return {"launch": took(launch_due_campaigns), "memory launch": peak_memory()}


def verify(place: Place) -> Samples:
    """A fresh list with half of the accounts gone and most of the others suspended.

    Verification is part of applying it; it is also timed alone, against the same list again.
    """
    with the_portal(place, doors=False):
        _as_worker()
        source = _source_of_accounts()
        whole = took(lambda: _import(source, place.folder / "removed.csv"))
        fresh = db.session.scalars(select(Sync).order_by(Sync.id.desc()).limit(1)).one()
        alone = took(lambda: verify_against(fresh))
        _import(source, place.folder / "rest.csv", is_complete=False)
        return {"fresh list": whole, "verify": alone, "memory verify": peak_memory()}


def report(place: Place) -> Samples:
    """The attestations of the review and the campaign as PDF, and the campaign's ZIP."""
    with the_portal(place, doors=False):
        _as_worker()
        seconds = took(render_reports)
        states = set(db.session.scalars(select(Report.state)))
        if states != {ReportState.READY}:
            raise RuntimeError(f"reports are {states}")
        return {"report": seconds, "memory report": peak_memory()}


def _import(source: Source, path: Path, *, is_complete: bool = True) -> None:
    alma = acting(ADMIN)
    with path.open("rb") as file:
        first = not source.mapping
        sync = upload_list(
            source, path.name, file, is_complete=is_complete, apply_when_read=first, by=alma
        )
    read_uploads()
    if sync.state is SyncState.PREVIEW:
        confirm_sync(sync, accept_gone=True, by=alma)
    apply_syncs()
    if sync.state is not SyncState.APPLIED:
        raise RuntimeError(f"{path.name} is {sync.state.value}: {sync.error}")


def _source_of_accounts() -> Source:
    application = db.session.scalars(select(Application)).one()
    return accounts_source(application.instances[0])


def _as_worker() -> None:
    """A worker has the PDF engine loaded before it forks."""
    with suppress(OSError):
        import weasyprint  # noqa: F401, PLC0415  as jobs/worker.py does
