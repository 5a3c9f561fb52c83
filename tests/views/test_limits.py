"""Without Redis the front door still counts knocks, and only the front door."""

from collections import Counter

import pytest

from portal import create_app
from portal.config import read_config
from portal.db import db
from portal.web.limits import limiter


@pytest.fixture
def without_redis(tmp_path):
    """A client of a portal whose Redis cannot be reached."""
    told = {"DATA_DIR": str(tmp_path), "REDIS_URL": f"unix://{tmp_path}/none", "LOG_LEVEL": "ERROR"}
    was = dict(vars(limiter))  # its stores are those of the portal that was made last
    limiter.enabled = True
    app = create_app(read_config(told))
    with app.app_context():
        db.create_all()
        yield app.test_client()
        db.session.remove()
        db.engine.dispose()
    vars(limiter).update(was)


def test_a_lost_redis_limits_no_page_but_the_front_door(without_redis):
    pages = Counter(without_redis.get("/healthz").status_code for _ in range(60))
    knocks = Counter(without_redis.get("/in/nothing").status_code for _ in range(30))
    assert pages == {200: 60}
    assert knocks == {410: 20, 429: 10}
