"""Attempts at the door, many at the same instant: none slips through uncounted."""

import threading
from concurrent.futures import ThreadPoolExecutor

from policies.signing_in import FREE_FAILURES
from portal.db import db
from portal.models import Attempts
from portal.usecases.attempts import begin_attempt
from portal.usecases.second_factors import spend_step
from tests.keys import code_of, give_app

AT_ONCE = 8


def at_once(app, do):
    """What `do` gives to each of eight who do it at the same instant."""
    together = threading.Barrier(AT_ONCE)

    def one(_):
        together.wait(timeout=20)
        with app.app_context():
            try:
                return do()
            finally:
                db.session.remove()

    with ThreadPoolExecutor(AT_ONCE) as hands:
        return list(hands.map(one, range(AT_ONCE)))


def test_of_many_attempts_at_once_no_more_are_taken_than_are_free(app):
    attempts = at_once(app, lambda: begin_attempt("carl@example.com"))
    taken = [attempt for attempt in attempts if attempt.opens_at is None]
    assert sorted(attempt.failures for attempt in taken) == list(range(1, FREE_FAILURES + 1))
    assert db.session.query(Attempts).one().failures == FREE_FAILURES


def test_a_code_sent_by_many_at_once_is_taken_once(app, cast):
    give_app(cast.carl)
    carl, code = cast.carl, code_of(cast.carl)
    db.session.expunge(carl)
    assert sorted(at_once(app, lambda: spend_step(carl, code))) == [False] * 7 + [True]
