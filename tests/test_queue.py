"""Redis only wakes: once per job that waits, never lost while one runs, never missed when gone."""

import fakeredis
import pytest
import redis
from flask import Flask

from portal import config, queue
from portal.queue import Job


@pytest.fixture
def waiting():
    return queue.make_queue(fakeredis.FakeStrictRedis())


def names(waiting):
    return [entry.func_name for entry in waiting.get_jobs()]


def test_a_job_woken_many_times_waits_once(waiting):
    for _ in range(5):
        queue.wake(waiting, Job.DELIVER_LETTERS)
    queue.wake(waiting, Job.RENDER_REPORTS)
    assert names(waiting) == [Job.DELIVER_LETTERS, Job.RENDER_REPORTS]


def test_a_wake_up_during_the_job_is_kept_for_after_it(waiting):
    queue.wake(waiting, Job.DELIVER_LETTERS)
    running = waiting.pop_job_id()
    queue.wake(waiting, Job.DELIVER_LETTERS)
    assert names(waiting) == [Job.DELIVER_LETTERS]
    assert waiting.job_ids != [running]


def test_an_emptied_redis_holds_nothing_back(waiting):
    queue.wake(waiting, Job.DELIVER_LETTERS)
    waiting.connection.flushall()
    queue.wake(waiting, Job.DELIVER_LETTERS)
    assert names(waiting) == [Job.DELIVER_LETTERS]


def test_what_waits_in_redis_is_json(waiting):
    queue.wake(waiting, Job.DELIVER_LETTERS)
    (entry,) = waiting.get_jobs()
    assert entry.serializer.__name__ == "JSONSerializer"


@pytest.fixture
def portal_without_redis(tmp_path):
    app = Flask("lonely")
    nowhere = {"DATA_DIR": str(tmp_path), "REDIS_URL": f"unix://{tmp_path}/nobody.sock"}
    config.init_app(app, config.read_config({"ENVIRONMENT": "test", **nowhere}))
    queue.init_app(app)
    with app.app_context():
        yield app


def test_whoever_works_on_the_spot_wakes_nobody(waiting, portal_without_redis):
    portal_without_redis.extensions["queue"] = waiting
    with queue.asleep():
        queue.enqueue(Job.DELIVER_LETTERS)
    assert names(waiting) == []
    queue.enqueue(Job.RENDER_REPORTS)
    assert names(waiting) == [Job.RENDER_REPORTS]


def test_a_lost_redis_does_not_stop_a_use_case(portal_without_redis):
    assert queue.enqueue(Job.DELIVER_LETTERS) is False


def test_a_lost_redis_is_said_to_be_lost(portal_without_redis):
    assert queue.health(queue.current_queue()).problem.startswith("Redis does not answer")


def test_a_queue_without_a_worker_is_not_healthy(waiting):
    queue.wake(waiting, Job.DELIVER_LETTERS)
    health = queue.health(waiting)
    assert health == queue.QueueHealth("No worker is listening.", waiting=1)


def test_the_clock_is_as_late_as_its_last_beat(waiting):
    assert queue.health(waiting).clock_lag is None
    queue.beat(waiting.connection)
    lag = queue.health(waiting).clock_lag
    assert lag is not None
    assert lag < 5


def test_redis_is_not_asked_before_the_first_wake_up(tmp_path):
    with pytest.raises(redis.ConnectionError):
        queue.connect(f"unix://{tmp_path}/nobody.sock").ping()
