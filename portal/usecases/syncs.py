"""Syncs: a list arrives, is read, mapped, previewed, and applied, refused or discarded."""

from typing import Any, BinaryIO

from sqlalchemy import select

from policies.columns import check_mapping
from policies.errors import Invalid, Stale
from policies.lifecycle import SYNC, SyncState
from policies.lists import Problem
from policies.permissions import APPLY_SYNC, Actor, require
from policies.starts import MOST_STARTS, lost_each_time
from portal import clock
from portal.config import current_config
from portal.connectors.unreadable import Unreadable
from portal.db import db
from portal.models import File, Review, Source, Sync
from portal.queries.files import open_file
from portal.queries.syncs import is_outdated, is_overtaken, loses_much
from portal.queue import Job, enqueue
from portal.usecases.files import keep_file
from portal.usecases.imports import apply_rows, combine_rows, judge_rows
from portal.usecases.sources import (
    accounts_source,
    people_source,
    require_still_right,
    require_upload,
)
from portal.usecases.staging import (
    Claim,
    Found,
    Progress,
    add_problems,
    claim_sync,
    clear_staged,
    hold_claim,
    read_list,
)
from portal.usecases.trail import record
from portal.usecases.unit import after_commit, bookkeeping, in_bulk, usecase

__all__ = [
    "accounts_source",
    "apply_sync",
    "confirm_sync",
    "discard_sync",
    "give_up_sync",
    "map_columns",
    "people_source",
    "stage_sync",
    "tidy_staged",
    "upload_list",
]

REMEMBERED = ("separator", "dates")  # of a source's options; the others a file tells by itself
COUNTS = ("new", "changed", "gone", "unchanged", "unmatched")
_CHUNK = 1 << 18


@usecase
def upload_list(  # noqa: PLR0913  what is known of an upload, by name
    source: Source,
    file_name: str,
    stream: BinaryIO,
    *,
    is_complete: bool = True,
    apply_when_read: bool = False,
    review: Review | None = None,
    mapping: dict[str, str] | None = None,
    options: dict[str, Any] | None = None,
    by: Actor,
) -> Sync:
    """Keep an uploaded list and have it read. Raises Invalid where it is too large or empty.

    With `apply_when_read`, columns are taken as proposed and the list is applied without
    being confirmed, unless it is refused or much would be gone.
    """
    require_upload(source, review, by)
    most = current_config().max_upload_mb * 1_000_000
    name = file_name.replace("\\", "/").rpartition("/")[2][:200] or "list"
    file = keep_file(
        name, iter(lambda: stream.read(_CHUNK), b""), "application/octet-stream", most_bytes=most
    )
    if not file.size:
        raise Invalid("The file is empty. Nothing was kept; export the list again.")
    sync = _arrived(source, file, by)
    sync.is_complete, sync.apply_when_read = is_complete, apply_when_read
    sync.mapping, sync.options = mapping or {}, {**source.options, **(options or {})}
    sync.review_id = review.id if review else None
    db.session.add(sync)
    record("list uploaded", sync, by=by, **_about(sync, source), complete=is_complete)
    after_commit(lambda: enqueue(Job.READ_UPLOADS))
    return sync


@usecase
def map_columns(sync: Sync, mapping: dict[str, str], options: dict[str, Any], *, by: Actor) -> None:
    """Say what each column means and how the file is written, and have it read again."""
    require(APPLY_SYNC, by, sync)
    headers = [column["name"] for column in sync.columns]
    if mapping:
        check_mapping(mapping, headers, sync.noun)
    sync.state = SYNC.after(sync.state, "map")
    record("columns mapped", sync, by=by, was=sync.mapping, mapping=mapping, options=options)
    sync.mapping, sync.options, sync.attempts = mapping, options, 0
    after_commit(lambda: enqueue(Job.READ_UPLOADS))


def stage_sync(sync: Sync, *, by: Actor, progress: Progress | None = None) -> bool:
    """Read an upload: to its mapping, its preview or its problems. False if another reads it.

    Several small transactions; see portal.usecases.staging. Nothing has an effect yet.
    """
    if sync.attempts >= MOST_STARTS:
        give_up_sync(sync, lost_each_time("reading this file"), by=by)
        return False
    claim = claim_sync(sync)
    if claim is None:
        return False
    try:
        with open_file(sync.file_id or 0) as file:
            found = read_list(claim, file, progress)
    except (Unreadable, Invalid) as problem:
        _refuse(sync, claim, str(problem), by=by)
        return True
    db.session.rollback()
    if found.needs_mapping:
        _propose(sync, claim, by=by)
    else:
        _finish_reading(sync, claim, found, by=by)
    return True


@usecase
def confirm_sync(sync: Sync, *, by: Actor, accept_gone: bool = False) -> None:
    """Have a previewed list applied. Where much would be gone, that must be accepted."""
    require(APPLY_SYNC, by, sync)
    require_still_right(sync, by)
    state = SYNC.after(sync.state, "apply")
    if is_overtaken(sync):
        raise Stale(
            "Another list from this source was applied since this one was read. "
            "Read this one again, or discard it."
        )
    if loses_much(sync) and not accept_gone:
        raise Invalid(
            f"{sync.gone:,} would be gone, which is more than 30 % of what is there now. "
            "Nothing was applied. Confirm that the list is complete, or discard it."
        )
    sync.state = state
    record("list confirmed", sync, by=by, **_counts(sync), gone_accepted=accept_gone)
    after_commit(lambda: enqueue(Job.APPLY_SYNCS))


@usecase
@in_bulk
def apply_sync(sync: Sync, *, by: Actor) -> bool:
    """Apply a confirmed list, whole, in this one transaction. False if there is nothing to do.

    What it would change is judged afresh where people or accounts may have changed meanwhile.
    """
    began = clock.now()
    locked = db.session.scalar(
        select(Sync)
        .where(Sync.id == sync.id, Sync.state == SyncState.APPLYING)
        .with_for_update(skip_locked=True, of=Sync)
    )
    if locked is None:
        return False
    problems = judge_rows(sync) if is_outdated(sync) else []
    if problems:
        _keep_refusal(sync, problems, by)
        return True
    apply_rows(sync, by)
    sync.state = SYNC.after(sync.state, "finish")
    sync.rows_applied = sync.rows_read - sync.rows_skipped
    sync.applied_at = clock.now()
    took = sync.applied_at - began
    sync.duration_ms = (sync.duration_ms or 0) + round(took.total_seconds() * 1000)
    sync.source.mapping = sync.mapping
    sync.source.options = {k: v for k, v in sync.options.items() if k in REMEMBERED}
    record("list applied", sync, by=by, **_about(sync, sync.source), **_counts(sync))
    return True


@usecase
def discard_sync(sync: Sync, *, by: Actor) -> None:
    """Put the list aside. Nothing of it was applied, and nothing will be; the file is kept."""
    require(APPLY_SYNC, by, sync)
    sync.state = SYNC.after(sync.state, "discard")
    clear_staged(sync.id)
    record("list discarded", sync, by=by)


@usecase
def give_up_sync(sync: Sync, reason: str, *, by: Actor) -> None:
    """Stop trying. Raises IllegalMove where the sync has come to an end already."""
    sync.state, sync.error = SYNC.after(sync.state, "fail"), reason
    clear_staged(sync.id)
    record("list failed", sync, by=by, why=reason)


@bookkeeping
@in_bulk
def tidy_staged(sync: Sync) -> None:
    """Delete the staged rows of a sync that has come to an end."""
    if sync.state in {SyncState.APPLIED, SyncState.REFUSED, SyncState.DISCARDED}:
        clear_staged(sync.id)


@usecase
def _propose(sync: Sync, claim: Claim, *, by: Actor) -> None:
    hold_claim(claim)
    sync.state = SYNC.after(sync.state, "propose")
    record("columns proposed", sync, by=by, columns=len(sync.columns))


@usecase
def _finish_reading(sync: Sync, claim: Claim, found: Found, *, by: Actor) -> None:
    """Make one row of each account, compare with what is known, and show or refuse it."""
    hold_claim(claim)
    sync.rows_read = found.rows
    problems = combine_rows(sync) if not found.problems else []
    if not found.problems and not any(problem.is_fatal for problem in problems):
        problems += judge_rows(sync)
    sync.rows_skipped = sum(not problem.is_fatal for problem in problems)
    sync.duration_ms = _since(sync)
    if found.problems or any(problem.is_fatal for problem in problems):
        sync.problems = found.problems
        _keep_refusal(sync, problems, by)
        return
    add_problems(sync.id, problems, len(problems))
    sync.state, sync.attempts = SYNC.after(sync.state, "preview"), 0
    record("list read", sync, by=by, **_counts(sync))
    if sync.apply_when_read and not loses_much(sync):
        sync.state = SYNC.after(sync.state, "apply")
        after_commit(lambda: enqueue(Job.APPLY_SYNCS))


@usecase
def _refuse(sync: Sync, claim: Claim, sentence: str, *, by: Actor) -> None:
    """The file as a whole cannot be taken."""
    hold_claim(claim)
    sync.error = sentence
    sync.duration_ms = _since(sync)
    sync.problems = 0
    _keep_refusal(sync, [Problem(0, "", sync.file_name, sentence)], by)


def _keep_refusal(sync: Sync, problems: list[Problem], by: Actor) -> None:
    sync.state = SYNC.after(sync.state, "refuse")
    sync.problems += sum(problem.is_fatal for problem in problems)
    sync.rows_applied = 0
    add_problems(sync.id, problems, sync.problems)
    clear_staged(sync.id)
    record("list refused", sync, by=by, problems=sync.problems, why=sync.error)


def _arrived(source: Source, file: File, by: Actor) -> Sync:
    return Sync(
        source_id=source.id,
        file_id=file.id,
        file_name=file.name,
        sha256=file.sha256,
        size=file.size,
        by_person_id=by.person_id,
        by_name=by.name,
        created_at=clock.now(),
    )


def _about(sync: Sync, source: Source) -> dict[str, Any]:
    application = source.instance.application.name if source.instance else None
    instance = source.instance.name if source.instance else None
    about = {"noun": source.noun, "application": application, "instance": instance}
    return {**about, "sha256": sync.sha256, "size": sync.size}


def _counts(sync: Sync) -> dict[str, Any]:
    rows = {"rows": sync.rows_read, "skipped": sync.rows_skipped}
    return {**rows, **{name: getattr(sync, name) for name in COUNTS}}


def _since(sync: Sync) -> int | None:
    if sync.started_at is None:
        return None
    return round((clock.now() - sync.started_at).total_seconds() * 1000)
