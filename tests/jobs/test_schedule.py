"""What happens by itself: every job exists, and the clock wakes each in time."""

import importlib

import fakeredis
import pytest
import redis

from jobs.clock import Clock
from jobs.schedule import SCHEDULE, Periodic
from portal import queue
from portal.queue import Job


@pytest.mark.parametrize("job", Job)
def test_every_job_the_portal_names_exists_and_is_marked_as_one(job):
    module, _, function = job.value.rpartition(".")
    assert getattr(importlib.import_module(module), function).__job__ is True


def test_the_sweep_wakes_every_job_at_least_once_a_minute():
    assert {entry.job for entry in SCHEDULE} == set(Job)
    assert all(15 <= entry.seconds <= 60 for entry in SCHEDULE)
    assert len(SCHEDULE) == len(set(Job)), "one entry per job"


@pytest.fixture
def server():
    return fakeredis.FakeServer()


@pytest.fixture
def waiting(server):
    return queue.make_queue(fakeredis.FakeStrictRedis(server=server))


@pytest.fixture
def clock(waiting):
    return Clock(waiting, [Periodic(Job.READ_UPLOADS, 15), Periodic(Job.LAUNCH_CAMPAIGNS, 60)])


def taken(waiting):
    """Take what waits, as a worker would."""
    names = [entry.func_name for entry in waiting.get_jobs()]
    for _ in names:
        waiting.pop_job_id()
    return names


def test_everything_is_woken_at_start_and_then_in_its_own_time(clock, waiting):
    assert clock.tick(1000.0)
    assert taken(waiting) == [Job.READ_UPLOADS, Job.LAUNCH_CAMPAIGNS]
    clock.tick(1014.0)
    assert taken(waiting) == []
    clock.tick(1015.0)
    assert taken(waiting) == [Job.READ_UPLOADS]
    clock.tick(1060.0)
    assert taken(waiting) == [Job.READ_UPLOADS, Job.LAUNCH_CAMPAIGNS]


def test_an_hour_without_a_worker_leaves_one_wake_up_per_job(clock, waiting):
    for second in range(0, 3600, 5):
        clock.tick(float(second))
    assert sorted(taken(waiting)) == sorted([Job.READ_UPLOADS, Job.LAUNCH_CAMPAIGNS])


def test_what_redis_did_not_hear_is_said_again_when_it_is_back(clock, waiting, server):
    server.connected = False
    assert clock.tick(1000.0) is False
    assert clock.tick(1001.0) is False
    server.connected = True
    assert clock.tick(1002.0) is True
    assert taken(waiting) == [Job.READ_UPLOADS, Job.LAUNCH_CAMPAIGNS]


def test_a_redis_that_forgot_everything_is_told_everything_again(clock, waiting):
    clock.tick(1000.0)
    waiting.connection.flushdb()
    clock.tick(1005.0)
    assert taken(waiting) == [Job.READ_UPLOADS, Job.LAUNCH_CAMPAIGNS]


def test_the_clock_says_that_it_lives(clock, waiting):
    clock.tick(1000.0)
    assert queue.health(waiting).clock_lag is not None


def test_a_stopped_redis_raises_nothing_but_what_the_clock_expects(waiting, server):
    server.connected = False
    with pytest.raises(redis.RedisError):
        queue.beat(waiting.connection)
