"""How jobs run: noted as they go, paused and resumed by people."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete

from policies.errors import IllegalMove
from policies.permissions import RUN_JOBS, Actor, require
from portal import clock
from portal.db import db
from portal.models import JobRun, PausedJob
from portal.queue import Job, enqueue
from portal.usecases.trail import record
from portal.usecases.unit import after_commit, bookkeeping, usecase

REMEMBERED = timedelta(hours=1)  # what a worker did that is not heard of any more


@dataclass(frozen=True)
class Run:
    """One run of a job at one worker, which is woken every `seconds`."""

    job: str
    worker: str
    seconds: int
    began_at: datetime


@bookkeeping
def note_running(run: Run, step: str, done: int, total: int) -> None:
    """It takes its time: say that it is alive, and how far."""
    row = _row(run)
    row.ended_at, row.heard_at = None, clock.now()
    row.step, row.done, row.total = step, done, total


@bookkeeping
def note_ended(run: Run, error: str) -> None:
    """It is over; `error` says why it broke off."""
    row = _row(run)
    row.ended_at = row.heard_at = clock.now()
    row.step, row.done, row.total, row.error = "", 0, 0, error


@usecase
def pause_job(job: Job, *, by: Actor) -> None:
    """Have it stop at its next step, and do nothing until it is resumed."""
    require(RUN_JOBS, by, None)
    if db.session.get(PausedJob, job.value):
        raise IllegalMove("It is paused already.")
    paused = PausedJob(name=job.value, by_name=by.name, paused_at=clock.now())
    db.session.add(paused)
    record("job paused", paused, by=by)


@usecase
def resume_job(job: Job, *, by: Actor) -> None:
    """Let it go on. What waited meanwhile is done now."""
    require(RUN_JOBS, by, None)
    paused = db.session.get(PausedJob, job.value)
    if paused is None:
        raise IllegalMove("It is not paused.")
    record("job resumed", paused, by=by, paused_by=paused.by_name, since=paused.paused_at)
    db.session.delete(paused)
    after_commit(lambda: enqueue(job))


def _row(run: Run) -> JobRun:
    row = db.session.get(JobRun, (run.job, run.worker))
    if row is None:
        _forget_the_silent(run.job)
        row = JobRun(job=run.job, worker=run.worker)
        db.session.add(row)
    row.seconds, row.began_at = run.seconds, run.began_at
    return row


def _forget_the_silent(job: str) -> None:
    """A new worker came: others may have gone."""
    long_ago = clock.now() - REMEMBERED
    db.session.execute(delete(JobRun).where(JobRun.job == job, JobRun.heard_at < long_ago))
