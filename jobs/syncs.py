"""Lists that wait: reading uploads, and applying those that were confirmed.

Each job takes rows until none is left. A killed one leaves a sync half read, which is read
again from its start, or not applied, which is applied as if nothing had happened.
"""

from collections.abc import Callable

import structlog
from sqlalchemy.exc import OperationalError

from jobs.job import job
from policies.errors import Refusal
from policies.permissions import SYSTEM
from portal.db import db
from portal.models import Sync
from portal.queries.syncs import syncs_to_apply, syncs_to_read, syncs_to_tidy
from portal.queue import Job, enqueue
from portal.usecases.retrying import begin_applying
from portal.usecases.staging import note_attempt
from portal.usecases.syncs import apply_sync, give_up_sync, stage_sync, tidy_staged

log = structlog.stdlib.get_logger("countersign.syncs")


@job
def read_uploads() -> None:
    """Read every upload that nobody reads, until its preview, its mapping or its problems."""
    _each(syncs_to_read, _read)


@job
def apply_syncs() -> None:
    """Apply every confirmed list, each whole or not at all; then forget its staged rows."""
    _each(syncs_to_apply, _apply)
    enqueue(Job.COUNT_HOLDINGS)
    for sync_id in syncs_to_tidy():
        tidy_staged(db.session.get_one(Sync, sync_id))


def _each(waiting: Callable[[], list[int]], work: Callable[[Sync], object]) -> None:
    """Work on what waits, also on what arrives meanwhile; on each one only once."""
    done: set[int] = set()
    while ids := [sync_id for sync_id in waiting() if sync_id not in done]:
        for sync_id in ids:
            done.add(sync_id)
            work(db.session.get_one(Sync, sync_id))


def _read(sync: Sync) -> None:
    try:
        stage_sync(sync, by=SYSTEM)
    except Refusal as refusal:  # somebody else took over, or it was discarded meanwhile
        log.info("import left to others", sync=sync.id, why=type(refusal).__name__)
    except OperationalError:
        raise
    except Exception as problem:
        db.session.rollback()
        log.exception("import failed", sync=sync.id, kind=type(problem).__name__)
        give_up_sync(sync, "The portal could not read this file. It is kept.", by=SYSTEM)


def _apply(sync: Sync) -> None:
    if not begin_applying(sync, by=SYSTEM):
        return
    try:
        apply_sync(sync, by=SYSTEM)
    except Exception as problem:
        db.session.rollback()
        note_attempt(sync, f"The last attempt ended with {type(problem).__name__}.")
        raise
