"""Many applications changed at once: the whole of a filtered list, by statements over sets."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, insert, literal, select, update
from sqlalchemy.orm import aliased

from policies.errors import Stale
from policies.permissions import EDIT_APPLICATIONS, Actor, require
from portal.db import db
from portal.models import Application, ApplicationOwner, Person
from portal.models.application import ApplicationState
from portal.queries.applications import application_fields
from portal.queries.json_objects import with_value, without_key
from portal.queries.many_applications import (
    ADD,
    PREFER,
    REMOVE,
    STATE,
    Change,
    Chosen,
    changed_by,
    digest_of,
    ids_of,
)
from portal.usecases.owner_access import invite_new_owners
from portal.usecases.trail import record
from portal.usecases.unit import usecase

BATCH = 10_000  # ids in one statement: a database takes only so many


@usecase
def change_applications(chosen: Chosen, change: Change, *, digest: str, by: Actor) -> int:
    """Change all applications of a list; returns how many were otherwise before.

    `digest` is of the list as it was shown. Stale where it has others in it by now.
    """
    require(EDIT_APPLICATIONS, by, None)
    ids = ids_of(chosen)
    if digest_of(ids) != digest:
        raise Stale(
            f"The list has other applications in it by now: {len(ids):,}. Nothing was changed. "
            "Look at them again."
        )
    was = _standing(ids, change)
    changed = sorted(each for those in was.values() for each in those)
    if not changed:
        return 0
    for batch in _batches(changed):
        _write(change, Application.id.in_(batch))
    _tell(chosen, change, ids, was, by)
    if change.person is not None and change.what in (ADD, PREFER):
        invite_new_owners([change.person.id], by=by)
    db.session.expire_all()
    return len(changed)


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))


def _standing(ids: Sequence[int], change: Change) -> dict[str, list[int]]:
    """The applications that will differ, by what they are now."""
    found: dict[str, list[int]] = {}
    for batch in _batches(ids):
        rows = select(_now(change), Application.id).where(
            Application.id.in_(batch), changed_by(change)
        )
        for value, application_id in db.session.execute(rows):
            found.setdefault(str(value or ""), []).append(application_id)
    return found


def _now(change: Change) -> Any:
    """What an application has in its place, as an expression."""
    if change.what == STATE:
        return Application.state.expression
    if change.field is not None:
        return Application.fields[change.field.key].as_string()
    if change.what != PREFER:
        return literal("")
    primary = select(ApplicationOwner.person_id).where(
        ApplicationOwner.application_id == Application.id, ApplicationOwner.is_primary.is_(True)
    )
    return primary.correlate(Application).scalar_subquery()


def _write(change: Change, those: ColumnElement[bool]) -> None:
    if change.what == STATE:
        state = ApplicationState(str(change.value))
        db.session.execute(update(Application).where(those).values(state=state))
    elif change.field is not None:
        column, key = Application.fields, change.field.key
        value = with_value(column, key, change.value) if change.value else without_key(column, key)
        db.session.execute(update(Application).where(those).values(fields=value))
    else:
        for statement in _ownership(change, those):
            db.session.execute(statement)


def _ownership(change: Change, those: ColumnElement[bool]) -> Iterator[Any]:
    """The statements that change who owns `those`."""
    ids = select(Application.id).where(those)
    rows, theirs = ApplicationOwner.application_id.in_(ids), _is_owner(change)
    if change.what == REMOVE:
        yield delete(ApplicationOwner).where(rows, theirs)
        yield update(ApplicationOwner).where(rows, _is_next()).values(is_primary=True)
        return
    if change.what == PREFER:
        yield update(ApplicationOwner).where(rows).values(is_primary=False)
        yield update(ApplicationOwner).where(rows, theirs).values(is_primary=True)
    new = select(Application.id, literal(change.value), _has_no_primary()).where(
        those, ~_owned().where(theirs).exists()
    )
    columns = ["application_id", "person_id", "is_primary"]
    yield insert(ApplicationOwner).from_select(columns, new)


def _is_owner(change: Change) -> ColumnElement[bool]:
    return ApplicationOwner.person_id == change.value


def _owned() -> Any:
    its = ApplicationOwner.application_id == Application.id
    return select(ApplicationOwner.person_id).where(its).correlate(Application)


def _has_no_primary() -> Any:
    return ~_owned().where(ApplicationOwner.is_primary.is_(True)).exists()


def _is_next() -> ColumnElement[bool]:
    """The first of the owners where none is primary."""
    other = aliased(ApplicationOwner)
    same = other.application_id == ApplicationOwner.application_id
    first = select(func.min(other.person_id)).where(same).correlate(ApplicationOwner)
    primary = exists().where(same, other.is_primary.is_(True)).correlate(ApplicationOwner)
    return (ApplicationOwner.person_id == first.scalar_subquery()) & ~primary


def _tell(
    chosen: Chosen, change: Change, ids: Sequence[int], was: dict[str, list[int]], by: Actor
) -> None:
    """One line for all: the list, its digest, and which of them were what before."""
    numbers = {value: ",".join(map(str, those)) for value, those in was.items()}
    changed = ",".join(str(each) for each in sorted(chain.from_iterable(was.values())))
    record(
        "applications changed",
        db.session.get_one(Person, by.person_id),
        by=by,
        change=change.words,
        filter=chosen.filter.in_words(application_fields()),
        text=chosen.text,
        count=len(ids),
        digest=digest_of(ids),
        was=numbers,
        applications=f",{changed},",
    )
