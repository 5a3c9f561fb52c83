"""What a job cannot do: counted, put aside once it was tried often enough, tried again by hand."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, select

from policies.permissions import RUN_JOBS, Actor, require
from policies.starts import MOST_STARTS, lost_each_time
from portal import clock
from portal.db import db
from portal.models import Campaign, Trouble
from portal.queue import Job, enqueue
from portal.usecases.letters import write_letter
from portal.usecases.trail import record
from portal.usecases.unit import after_commit, bookkeeping, usecase


@dataclass(frozen=True)
class Work:
    """One thing that a job does: its name among the others, and in words ("launch “Q4 2026”")."""

    job: Job
    key: str
    what: str
    campaign_id: int | None = None


@bookkeeping
def begin_work(work: Work, *, free: Select[Any], by: Actor) -> bool:
    """Count a start of what may take its worker down with it.

    False where `free`, which locks the row to be worked on, finds it in other hands; or where
    it was begun too often, and is put aside now.
    """
    if db.session.execute(free.with_for_update(skip_locked=True)).first() is None:
        return False
    trouble = _known(work.key) or _new(work)
    if trouble.attempts >= MOST_STARTS:
        _put_aside(trouble, trouble.error or lost_each_time(f"it tried to {work.what}"), by)
        return False
    trouble.attempts += 1
    return True


@bookkeeping
def note_trouble(work: Work, error: str, *, was_counted: bool = False, by: Actor) -> None:
    """Keep why it could not be done; `was_counted` says that `begin_work` counted its start."""
    trouble = _known(work.key) or _new(work)
    trouble.error = error
    if not was_counted:
        trouble.attempts += 1
    if trouble.attempts >= MOST_STARTS:
        _put_aside(trouble, error, by)


@bookkeeping
def end_work(key: str) -> None:
    """It is done: forget that it ever failed."""
    forget_trouble(key)


@usecase
def retry_trouble(trouble: Trouble, *, by: Actor) -> None:
    """Have what was put aside tried again, as if for the first time."""
    require(RUN_JOBS, by, None)
    job = Job(trouble.job)
    record("work tried again", trouble, by=by, was=trouble.error)
    forget_trouble(trouble.key)
    after_commit(lambda: enqueue(job))


def forget_trouble(key: str) -> None:
    """A step: whatever this failed at, it begins anew."""
    db.session.execute(delete(Trouble).where(Trouble.key == key))


def _known(key: str) -> Trouble | None:
    return db.session.scalar(select(Trouble).where(Trouble.key == key).with_for_update())


def _new(work: Work) -> Trouble:
    trouble = Trouble(
        key=work.key,
        job=work.job.value,
        what=work.what,
        campaign_id=work.campaign_id,
        attempts=0,
        began_at=clock.now(),
    )
    db.session.add(trouble)
    return trouble


def _put_aside(trouble: Trouble, why: str, by: Actor) -> None:
    trouble.error, trouble.put_aside_at = why, clock.now()
    record("work set aside", trouble, by=by, why=why, job=trouble.job, attempts=trouble.attempts)
    campaign = db.session.get(Campaign, trouble.campaign_id) if trouble.campaign_id else None
    if campaign is None or campaign.owner is None:
        return
    write_letter(
        "attention",
        campaign.owner,
        key=f"aside:{trouble.id}",
        about=campaign,
        by=by,
        campaign=campaign.name,
        what=f"the portal gave up after {trouble.attempts} attempts to {trouble.what} ({why})",
    )
