"""What a large transaction of SQLite took is given back to the system when it is over."""

import pytest
from sqlalchemy import insert

from portal import clock
from portal import db as database
from portal.db import db
from portal.models import Person
from portal.usecases.unit import bookkeeping


@bookkeeping
def welcome(count: int) -> None:
    rows = [{"name": f"Person {n}", "created_at": clock.now()} for n in range(count)]
    db.session.execute(insert(Person), rows)


def test_memory_is_given_back_after_a_large_transaction_and_no_other(app, monkeypatch):
    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL has memory of its own")
    given: list[int] = []
    monkeypatch.setattr(database, "LARGE", 20)
    monkeypatch.setattr(database, "give_memory_back", lambda: given.append(1))
    welcome(20)
    db.session.remove()
    assert given == []
    welcome(21)
    db.session.remove()
    assert given == [1]


def test_giving_memory_back_harms_nothing_where_it_is_not_known(monkeypatch):
    monkeypatch.setattr("ctypes.CDLL", lambda _: object())
    database.give_memory_back()
