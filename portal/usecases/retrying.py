"""Beginning to apply a list, no oftener than makes sense; stopping one, trying one again."""

from sqlalchemy import select

from policies.errors import IllegalMove
from policies.lifecycle import SYNC, SyncState
from policies.permissions import TEND_SYNC, Actor, require
from policies.starts import MOST_STARTS, lost_each_time
from portal.db import db
from portal.models import Sync
from portal.queue import Job, enqueue
from portal.usecases.syncs import give_up_sync
from portal.usecases.trail import record
from portal.usecases.unit import after_commit, bookkeeping, usecase


@bookkeeping
def begin_applying(sync: Sync, *, by: Actor) -> bool:
    """Count a start. False where another worker is at it, or where it was begun too often."""
    free = (
        select(Sync)
        .where(Sync.id == sync.id, Sync.state == SyncState.APPLYING)
        .with_for_update(skip_locked=True, of=Sync)
    )
    if db.session.scalar(free) is None:
        return False
    if sync.attempts >= MOST_STARTS:
        give_up_sync(sync, sync.error or lost_each_time("applying this list"), by=by)
        return False
    sync.attempts, sync.error = sync.attempts + 1, ""
    return True


@usecase
def retry_sync(sync: Sync, *, by: Actor) -> None:
    """Take a failed list up again from its file: it is read anew, and confirmed anew."""
    require(TEND_SYNC, by, sync)
    was, sync.state = sync.error, SYNC.after(sync.state, "retry")
    sync.attempts, sync.error = 0, ""
    record("list tried again", sync, by=by, was=was)
    after_commit(lambda: enqueue(Job.READ_UPLOADS))


@usecase
def stop_sync(sync: Sync, *, by: Actor) -> None:
    """Have its reader leave it at the next batch. Nothing of it was applied; the file is kept."""
    require(TEND_SYNC, by, sync)
    db.session.refresh(sync, with_for_update={"of": Sync})
    if sync.state not in {SyncState.QUEUED, SyncState.READING}:
        raise IllegalMove(
            f"This import is {sync.state.value}. Only reading can be stopped: a list is applied "
            "whole or not at all."
        )
    rows = f" after {sync.rows_read:,} rows" if sync.rows_read else ""
    give_up_sync(sync, f"{by.name} stopped it{rows}. Nothing of it was applied.", by=by)
