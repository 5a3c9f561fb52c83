"""The worker process: `python -m jobs.worker`. It runs jobs, one at a time, each in a fork.

The application and the PDF engine are loaded before the first fork, so a job starts in
milliseconds. A job dies with its worker: what a killed worker was doing is found again as rows.
"""

import ctypes
import os
import resource
import secrets
import signal
import sys
import time
from types import FrameType
from typing import Any

import redis
import rq
import rq.job
import structlog

from jobs.job import worker_app
from portal import logs
from portal.config import read_config
from portal.db import db
from portal.queue import Job, connect, make_queue, wake

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
LEAST_MEMORY = 3 << 30  # bytes of address space that a job may always take
WORKER_TTL = 60  # seconds until a worker that is not heard of counts as dead

log = structlog.stdlib.get_logger("countersign.worker")


class UnknownJob(RuntimeError):
    """Redis named something that is not one of our jobs."""


class Entry(rq.job.Job):
    """A wake-up as RQ keeps it. It runs what the portal names, whatever Redis says."""

    def perform(self) -> Any:
        if self.func_name not in set(Job):
            raise UnknownJob("only the jobs in portal.queue.Job are run")
        return super().perform()


class Worker(rq.Worker):
    """RQ's worker, patient with a lost Redis, whose forks neither outlive it nor share sockets."""

    max_connection_wait_time = 5
    stopping = False

    def subscribe(self) -> None:
        """Take no commands through Redis: our workers are stopped by signals."""

    def unsubscribe(self) -> None:
        """Nothing to end; see `subscribe`."""

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        self.stopping = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]  # RQ's own

    def handle_exception(self, job: rq.job.Job, *exc_info: Any) -> None:
        """Log what a job raised, or what kept it from being found, as one line."""
        log.error("job raised", job=job.func_name, exc_info=exc_info)

    def main_work_horse(self, job: rq.job.Job, queue: rq.Queue) -> None:
        """Begin the forked process: it ends with its parent and opens its own connections."""
        _end_with_parent(self.pid)
        _limit_memory()
        with worker_app().app_context():
            db.engine.dispose(close=False)
        super().main_work_horse(job, queue)


def main() -> None:
    """Work until told to stop; when Redis cannot be reached, keep trying."""
    config = read_config(os.environ)
    logs.configure(config.log_level)
    queue = make_queue(connect(config.redis_url))
    worker_app()
    _load_pdf_engine()
    heard = True
    while True:
        try:
            if _work(queue):
                return
            heard = True
        except redis.RedisError as problem:
            if heard:
                log.warning("redis does not answer, trying again", problem=type(problem).__name__)
            heard = False
        time.sleep(1)


def _work(queue: rq.Queue) -> bool:
    """Listen on `queue` until told to stop (True) or until RQ gives up (False, or RedisError)."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    worker = Worker(
        [queue],
        name=f"worker-{os.getpid()}-{secrets.token_hex(3)}",
        connection=queue.connection,
        serializer="json",
        job_class=Entry,
        worker_ttl=WORKER_TTL,
    )
    for each in Job:  # look at once for what a killed worker, or a lost Redis, left undone
        wake(queue, each)
    log.info("worker started", pid=os.getpid())
    try:
        worker.work(logging_level="WARNING")
    except redis.RedisError:
        if not worker.stopping:
            raise
    return worker.stopping


def _load_pdf_engine() -> None:
    try:
        import weasyprint  # noqa: F401, PLC0415  # a second saved in every fork
    except OSError:
        log.warning(
            "PDF reports cannot be made. Install: apt-get install --no-install-recommends "
            "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
        )


def _limit_memory() -> None:
    """Let a job that asks for most of the machine's memory fail alone, not the machine with it."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    most = max(LEAST_MEMORY, total * 3 // 4)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or hard > most:
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def _end_with_parent(parent: int | None) -> None:
    """Have the kernel kill this process when its worker dies, even by kill -9 (Linux)."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the line above
        os._exit(1)


if __name__ == "__main__":
    main()
