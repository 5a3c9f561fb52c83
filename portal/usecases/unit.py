"""One use-case, one transaction, at least one line in the trail.

`@usecase` refuses to commit a change that nobody recorded. `@bookkeeping` is for what is
no fact about anybody's access (progress of a job, when someone was last seen).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import Table, event, inspect
from sqlalchemy.orm import ORMExecuteState, Session

from portal.db import db, require_references

P = ParamSpec("P")
R = TypeVar("R")


class Unrecorded(RuntimeError):
    """A use-case changed rows without recording a line."""


class Unit:
    """What happened in the running transaction so far."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.changed = False
        self.written: set[Table] = set()
        self.lines: list[dict[str, Any]] = []
        self.afterwards: list[Callable[[], object]] = []

    def note_flush(self, session: Session) -> None:
        """Note what the session is about to write."""
        self.changed |= bool(session.new or session.dirty or session.deleted)
        for each in (*session.new, *session.dirty):
            self.written.update(inspect(each).mapper.tables)
        for each in session.deleted:
            self._lose(inspect(each).mapper.local_table)

    def note_statement(self, statement: ORMExecuteState) -> None:
        """Note what a statement for many rows is about to write."""
        self.changed |= not statement.is_select
        table = getattr(statement.statement, "table", None)
        if isinstance(table, Table):
            (self._lose if statement.is_delete else self.written.add)(table)

    def _lose(self, table: Any) -> None:
        """Rows of `table` are gone: whatever refers to them is to be checked."""
        every = table.metadata.tables.values()
        self.written.update(t for t in every if any(k.references(table) for k in t.foreign_keys))


_current: ContextVar[Unit | None] = ContextVar("unit", default=None)


def current_unit() -> Unit:
    """The unit of the running use-case; RuntimeError outside of one."""
    unit = _current.get()
    if unit is None:
        raise RuntimeError("this belongs inside a use-case")
    return unit


def usecase(function: Callable[P, R]) -> Callable[P, R]:
    """Run `function` in one transaction, joining the caller's if there is one."""
    return _transaction(function, must_record=True)


def bookkeeping(function: Callable[P, R]) -> Callable[P, R]:
    """Like `usecase`, for changes that say nothing about anybody's access."""
    return _transaction(function, must_record=False)


def in_bulk(function: Callable[P, R]) -> Callable[P, R]:
    """Below `@usecase` or `@bookkeeping`: it writes whole lists. References are checked at its end.

    Row by row that takes SQLite longer than the writing itself. PostgreSQL checks as always.
    """
    function.__in_bulk__ = True  # type: ignore[attr-defined]  # a mark for the transaction
    return function


def all_in_one(act: Callable[[], R]) -> R:
    """Do in one transaction what several use-cases change; `by_itself` keeps them apart."""
    return _transaction(act, must_record=True)()


@contextmanager
def by_itself() -> Iterator[None]:
    """A part of the running transaction that may fail without the rest: nothing of it is then
    changed, recorded or done afterwards. Outside of one it changes nothing."""
    unit = _current.get()
    if unit is None:
        yield
        return
    kept = unit.changed, set(unit.written), len(unit.lines), len(unit.afterwards)
    try:
        with unit.session.begin_nested():
            yield
    except Exception:
        unit.changed, unit.written = kept[:2]
        del unit.lines[kept[2] :], unit.afterwards[kept[3] :]
        raise


def after_commit(action: Callable[[], object]) -> None:
    """Do `action` once the running use-case is safely stored, or never."""
    current_unit().afterwards.append(action)


def _transaction(function: Callable[P, R], *, must_record: bool) -> Callable[P, R]:
    bulk = getattr(function, "__in_bulk__", False)

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if _current.get() is not None:
            return function(*args, **kwargs)
        session = db.session()
        unit = Unit(session)
        token = _current.set(unit)
        try:
            with _kept_or_nothing(session):
                _begin_to_write(session, in_bulk=bulk)
                result = function(*args, **kwargs)
                session.flush()
                _close(unit, function.__qualname__, must_record=must_record)
                if bulk:
                    require_references(session.connection(), unit.written)
                session.commit()
        finally:
            _current.reset(token)
        for action in unit.afterwards:
            action()
        return result

    run.__usecase__ = "usecase" if must_record else "bookkeeping"  # type: ignore[attr-defined]  # a mark for the house's tests
    return run


@contextmanager
def _kept_or_nothing(session: Session) -> Iterator[None]:
    try:
        yield
    except BaseException:
        session.rollback()
        raise


def _begin_to_write(session: Session, *, in_bulk: bool) -> None:
    """Take the writer's lock before reading anything that a rule depends on."""
    if session.new or session.dirty or session.deleted:
        raise Unrecorded("rows were changed before the use-case began")
    session.rollback()  # ends the page's read transaction; every row is read afresh
    session.connection(execution_options={"writing": True, "in_bulk": in_bulk})


def _close(unit: Unit, name: str, *, must_record: bool) -> None:
    from portal.usecases.trail import append_lines  # noqa: PLC0415  the two need each other

    if unit.lines:
        append_lines(unit.lines)
    elif unit.changed and must_record:
        raise Unrecorded(name)


# For good, on every session: to listen anew in each transaction takes as long as a statement does.
# Each thread has its own unit, and a unit hears its own session alone.
@event.listens_for(Session, "before_flush")
def _note_flush(session: Session, *_: object) -> None:
    unit = _current.get()
    if unit is not None and unit.session is session:
        unit.note_flush(session)


@event.listens_for(Session, "do_orm_execute")
def _note_statement(statement: ORMExecuteState) -> None:
    unit = _current.get()
    if unit is not None and unit.session is statement.session:
        unit.note_statement(statement)
