"""The trail: nothing changes without a line, and no line is ever changed."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DatabaseError

from policies.permissions import SYSTEM
from portal.db import db
from portal.models import Person, TrailLine
from portal.queries.trail import first_broken_line
from portal.usecases.members import add_member
from portal.usecases.trail import record
from portal.usecases.unit import Unrecorded, after_commit, bookkeeping, usecase


def test_a_change_without_a_record_is_not_stored(cast):
    @usecase
    def careless():
        db.session.get(Person, cast.max.id).title = "King"

    with pytest.raises(Unrecorded):
        careless()
    assert db.session.get(Person, cast.max.id).title == "Account Executive"


def test_a_bulk_change_without_a_record_is_not_stored_either(cast):
    @usecase
    def careless():
        db.session.execute(update(Person).values(title="King"))

    with pytest.raises(Unrecorded):
        careless()
    assert db.session.get(Person, cast.max.id).title == "Account Executive"


def test_bookkeeping_needs_no_record(cast):
    @bookkeeping
    def careful():
        db.session.get(Person, cast.max.id).title = "Seen today"

    careful()
    assert db.session.get(Person, cast.max.id).title == "Seen today"


def test_nothing_happens_after_a_commit_that_failed(cast):
    done = []

    @usecase
    def failing():
        record("tried", cast.max, by=SYSTEM)
        after_commit(lambda: done.append(1))
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011  our own, a line above
        failing()
    assert done == []


@pytest.mark.parametrize("table", ["trail", "decisions", "sign_offs"])
@pytest.mark.parametrize("change", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_append_only_tables_refuse_changes(cast, table, change):
    if table != "trail":  # an empty table has no row to refuse
        names = db.session.execute(text(_triggers())).scalars().all()
        assert {f"{table}_refuse_update", f"{table}_refuse_delete"} <= set(names)
        return
    with pytest.raises(DatabaseError, match="append-only"):
        db.session.execute(text(change.format(table)))


def test_a_touched_line_is_found(cast):
    assert first_broken_line() is None
    _without_triggers("UPDATE trail SET actor_name = 'Nobody' WHERE id = 3")
    assert first_broken_line().id == 3


def test_a_removed_line_is_found(cast):
    _without_triggers("DELETE FROM trail WHERE id = 4")
    assert first_broken_line().id == 4


def test_a_removed_end_is_found(cast):
    last = db.session.scalar(select(func.max(TrailLine.id)))
    _without_triggers(f"DELETE FROM trail WHERE id = {last}")
    assert first_broken_line().id == last


def test_many_writers_leave_one_chain(app, cast):
    def write(number):
        with app.app_context():
            add_member(f"new{number}@example.com", "Auditor", by=SYSTEM)
            db.session.remove()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(12)))
    assert first_broken_line() is None
    added = select(func.count()).where(TrailLine.verb == "person added")
    assert db.session.scalar(added) == 12


def _triggers() -> str:
    if db.engine.dialect.name == "sqlite":
        return "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    return "SELECT tgname FROM pg_trigger"


def _without_triggers(statement: str) -> None:
    if db.engine.dialect.name == "sqlite":
        db.session.execute(
            text(f"DROP TRIGGER trail_refuse_{statement.split(maxsplit=1)[0].lower()}")
        )
        db.session.execute(text(statement))
    else:
        db.session.execute(text("ALTER TABLE trail DISABLE TRIGGER USER"))
        db.session.execute(text(statement))
        db.session.execute(text("ALTER TABLE trail ENABLE TRIGGER USER"))
    db.session.commit()
