"""The one door to the background. The portal names jobs; it never imports them.

Intentions are rows in the database. What goes through Redis is only a wake-up, "look for work of
this kind", so one waiting wake-up per job is enough, and a lost Redis loses nothing: the sweep
(jobs/schedule.py) wakes every job again.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

import redis
import rq
import structlog
from flask import Flask, current_app
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from portal.config import Config

NAME = "countersign"
LONGEST_JOB = 4 * 60 * 60  # seconds; a job that runs longer is stopped, and woken again
KEEP_FAILURES = 7 * 24 * 60 * 60
CLOCK_KEY = "countersign:clock"

_asleep: ContextVar[bool] = ContextVar("asleep", default=False)

log = structlog.stdlib.get_logger("countersign.queue")


class Job(StrEnum):
    """Everything that can be woken, by the dotted path the worker imports."""

    DELIVER_LETTERS = "jobs.letters.deliver_letters"
    LAUNCH_CAMPAIGNS = "jobs.campaigns.launch_due_campaigns"
    START_REVIEWS = "jobs.starts.start_reviews"
    MIND_DUE_DATES = "jobs.deadlines.mind_due_dates"
    MIND_DELEGATES = "jobs.reviewers.mind_delegates"
    MOVE_LEAVERS_ITEMS = "jobs.reviewers.move_leavers_items"
    REMIND_PEOPLE = "jobs.reminders.remind_people"
    READ_UPLOADS = "jobs.syncs.read_uploads"
    APPLY_SYNCS = "jobs.syncs.apply_syncs"
    RENDER_REPORTS = "jobs.reports.render_reports"
    TELL_OF_ENDINGS = "jobs.members.tell_of_endings"
    TEND_SAML = "jobs.saml.tend_saml"
    CHECK_PROVIDERS = "jobs.providers.check_providers"
    COUNT_HOLDINGS = "jobs.holdings.count_holdings"
    COUNT_CAMPAIGNS = "jobs.tallies.count_campaigns"
    SWEEP_SESSIONS = "jobs.sessions.sweep_sessions"


@dataclass(frozen=True)
class QueueHealth:
    """What the queue says of itself. `problem` is empty when all is well."""

    problem: str
    waiting: int = 0
    workers: int = 0
    clock_lag: float | None = None
    is_lost: bool = False  # Redis does not answer


def init_app(app: Flask) -> None:
    """Put the queue at `app.extensions["queue"]`. Nothing connects until the first wake-up."""
    config = cast(Config, app.extensions["config"])
    app.extensions["queue"] = make_queue(connect(config.redis_url, patience=1))


def connect(url: str, patience: float = 5) -> redis.Redis:
    """A connection that gives up after twice `patience` seconds, so that no page waits for a Redis
    that is lost or hangs: a wake-up that gets lost is made up for by the sweep."""
    return redis.Redis.from_url(
        url,
        socket_connect_timeout=2,
        socket_timeout=patience,
        retry=Retry(ConstantBackoff(0.05), retries=1),
    )


def make_queue(connection: redis.Redis) -> rq.Queue:
    """The queue that portal, clock and worker share: JSON, so that Redis cannot carry code."""
    return rq.Queue(NAME, connection=connection, serializer="json", default_timeout=LONGEST_JOB)


def current_queue() -> rq.Queue:
    """The queue of the running application."""
    return cast(rq.Queue, current_app.extensions["queue"])


def enqueue(job: Job) -> bool:
    """Wake `job`. Returns whether Redis was told; if not, the sweep will find the rows.

    Call it after the commit: the job must see what it is woken for.
    """
    if _asleep.get():
        return False
    try:
        wake(current_queue(), job)
    except redis.RedisError as problem:
        log.warning("not woken", job=job.value, problem=type(problem).__name__)
        return False
    return True


@contextmanager
def asleep() -> Iterator[None]:
    """Wake nobody meanwhile: for one who does what the jobs would do on the spot."""
    token = _asleep.set(True)
    try:
        yield
    finally:
        _asleep.reset(token)


def wake(queue: rq.Queue, job: Job) -> None:
    """Put one wake-up for `job` into `queue`, unless one is waiting there already.

    Only a wake-up still *waiting* counts: it will start later than now and see every row. One
    that runs already may have looked too early, and one that was killed is gone, so neither
    holds back the next. Two callers at the same instant may put in two; jobs may run twice.
    """
    marker = f"countersign:waiting:{job.value}"
    waiting = cast(bytes | None, queue.connection.get(marker))
    if waiting and queue.connection.lpos(queue.key, waiting.decode()) is not None:
        return
    entry = queue.enqueue(job.value, result_ttl=0, failure_ttl=KEEP_FAILURES)
    queue.connection.set(marker, entry.id, ex=KEEP_FAILURES)


def beat(connection: redis.Redis) -> bool:
    """Say that the clock is running, now. Returns whether Redis remembered an earlier time."""
    remembered = bool(connection.exists(CLOCK_KEY))
    connection.set(CLOCK_KEY, repr(time.time()))
    return remembered


def health(queue: rq.Queue) -> QueueHealth:
    """Ask Redis how it is; never raises because of Redis."""
    try:
        beaten = cast(bytes | None, queue.connection.get(CLOCK_KEY))
        workers = _living_workers(queue)
        waiting = queue.count
    except redis.RedisError as problem:
        said = f"Redis does not answer ({type(problem).__name__})."
        return QueueHealth(said, is_lost=True)
    lag = max(0.0, time.time() - float(beaten)) if beaten else None
    return QueueHealth("" if workers else "No worker is listening.", waiting, workers, lag)


def _living_workers(queue: rq.Queue) -> int:
    """Workers that have been heard of lately: the entry of a killed one expires."""
    keys = rq.Worker.all_keys(queue=queue)
    return queue.connection.exists(*keys) if keys else 0
