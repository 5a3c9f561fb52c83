"""The worker process with a real Redis: what it refuses, and what its sudden end leaves behind."""

import os
import signal
import subprocess
import time

import pytest
import redis

from portal import queue
from portal.queue import Job
from scripts import embedded
from tests.jobs import forks
from tests.jobs.forks import Fork


def until(done, patience=20.0):
    end = time.monotonic() + patience
    while not done():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)


@pytest.fixture
def stopping():
    """Processes that shall not outlive the test."""
    processes = []
    yield processes
    for process in processes:
        process.kill()
        process.wait()


@pytest.fixture
def waiting(tmp_path, stopping):
    """A queue on a Redis of this test's own."""
    server = embedded.choose({}, tmp_path)
    server.folder.mkdir()
    stopping.append(subprocess.Popen(server.command, stdout=subprocess.DEVNULL))
    connection = queue.connect(server.url)

    def answers():
        try:
            return connection.ping()
        except redis.ConnectionError:
            return False

    until(answers)
    return queue.make_queue(connection)


@pytest.fixture
def start_worker(tmp_path, waiting, stopping):
    """Start a worker on that queue; returns its process once it listens."""
    environ = {
        **os.environ,
        "ENVIRONMENT": "test",
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path}/none.db",
        "REDIS_URL": embedded.choose({}, tmp_path).url,
    }

    def start_worker():
        before = queue.health(waiting).workers
        process = Fork(forks.worker, environ=environ, log=tmp_path / "worker.log")
        stopping.append(process)
        until(lambda: queue.health(waiting).workers > before)
        return process

    return start_worker


def test_redis_cannot_make_a_worker_run_anything_but_our_jobs(tmp_path, waiting, start_worker):
    start_worker()
    target = tmp_path / "made-by-redis"
    entry = waiting.enqueue("os.mkdir", str(target))
    until(lambda: entry.get_status(refresh=True) == "failed")
    assert "UnknownJob" in entry.latest_result().exc_string
    assert not target.exists()


def test_a_killed_worker_holds_back_no_later_wake_up(waiting, start_worker):
    first = start_worker()
    os.kill(first.pid, signal.SIGSTOP)  # in the middle of whatever it does
    queue.wake(waiting, Job.DELIVER_LETTERS)
    first.kill()
    first.wait()
    queue.wake(waiting, Job.DELIVER_LETTERS)
    start_worker()
    until(lambda: waiting.count == 0)


def test_a_worker_that_is_told_to_stop_stops(start_worker):
    worker = start_worker()
    worker.terminate()
    assert worker.wait(10) == 0
