"""What machines are told: the process lives; the portal can, or cannot, do its work."""

import pytest
import rq
from sqlalchemy import text

from portal import queue
from portal.db import db
from portal.queries.health import readiness


@pytest.fixture
def all_well(app):
    """A worker is listening and the clock has just beaten."""
    waiting = app.extensions["queue"]
    rq.Worker([waiting], connection=waiting.connection, serializer="json").register_birth()
    queue.beat(waiting.connection)
    return waiting


def test_a_living_process_says_so_to_anyone(app):
    answer = app.test_client().get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_a_portal_that_can_work_is_ready(app, all_well):
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json["status"] == "ready"
    assert set(answer.json["checks"].values()) == {"ok"}
    assert answer.json["workers"] == 1
    assert answer.json["clock_lag_seconds"] < 5


def test_a_portal_without_worker_and_clock_says_what_is_missing(app):
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json["checks"] == {
        "database": "ok",
        "migrations": "ok",
        "queue": "No worker is listening.",
        "clock": "The clock has not been heard of.",
    }


def test_a_clock_that_stopped_is_noticed(app, all_well):
    all_well.connection.set(queue.CLOCK_KEY, "1000.0")
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json["checks"]["clock"].startswith("The clock was last heard of ")


def test_a_redis_that_is_gone_is_noticed_without_failing(app, tmp_path, monkeypatch):
    gone = queue.make_queue(queue.connect(f"unix://{tmp_path}/nobody.sock"))
    monkeypatch.setitem(app.extensions, "queue", gone)
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json["checks"]["queue"] == "Redis does not answer (ConnectionError)."


def test_a_database_behind_its_migrations_is_noticed(app, all_well):
    db.session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    assert "wsgi upgrade" in readiness().problems["migrations"]
    db.session.rollback()
    assert readiness().is_ready
