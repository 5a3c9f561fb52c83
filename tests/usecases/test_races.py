"""Two people do the same thing at the same instant: it is done once, and the other is told."""

import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

from sqlalchemy import func, select

from policies.filters import Filter
from policies.lifecycle import ReviewState
from portal.db import db
from portal.models import Report, Review, TrailLine
from portal.usecases.decisions import decide_item, decide_view
from portal.usecases.reviews import sign_off
from tests.factories import APPROVED, items_of, launch, salesforce, start
from tests.story import story


@story
def ready(cast, acting):
    """A review that has only to be submitted, by Olive or by Alma."""
    salesforce(cast)
    review = start(launch(acting("alma")), acting("olive"))
    decide_view(review, Filter(), APPROVED, seen=0, by=acting("olive"))
    sign_off(review, by=acting("olive"))
    decide_item(items_of(review)["olive"], APPROVED, version=0, by=acting("alma"))
    sign_off(review, by=acting("alma"))
    assert review.state is ReviewState.READY
    return review


@contextmanager
def holding(review):
    """Nobody can change the review meanwhile: whoever wants to waits for their turn."""
    if db.engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(db.engine.url.database)) as side:
            side.execute("BEGIN IMMEDIATE")
            yield
            side.rollback()
    else:
        with db.engine.connect() as side:
            side.execute(select(Review.id).where(Review.id == review.id).with_for_update())
            yield
            side.rollback()


def test_two_people_submit_at_once_and_one_does(app, sign_in, ready):
    clients, path = [sign_in("olive"), sign_in("alma")], f"/reviews/{ready.id}/submission"
    db.session.rollback()
    both = threading.Barrier(3)

    def press(client):
        both.wait(timeout=20)
        return client.post(path)

    with ThreadPoolExecutor(2) as hands:
        with holding(ready):
            pressed = [hands.submit(press, client) for client in clients]
            both.wait(timeout=20)
            time.sleep(1)  # both are past the door, and wait for their turn
            assert not any(each.done() for each in pressed)
        answers = sorted((each.result() for each in pressed), key=lambda a: a.status_code)

    assert [answer.status_code for answer in answers] == [303, 409]
    assert "Cannot submit this review: it is completed." in answers[1].text
    db.session.rollback()
    submitted = select(func.count()).where(TrailLine.verb == "review submitted")
    assert db.session.scalar(submitted) == 1
    kinds = db.session.scalars(select(Report.kind).order_by(Report.kind))
    assert list(kinds) == ["campaign", "pack", "review"]
