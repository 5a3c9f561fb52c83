"""People lists, staged: who is already known, what would change, contradictions; and applying.

Statements over the whole list; call them inside a use-case. People are never deleted:
whoever came from this source and is no longer in its complete list becomes past.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Select, and_, case, exists, func, insert, literal, or_, select, update
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import ColumnElement

from policies.lists import Problem
from portal import clock
from portal.db import db
from portal.models import Person, StagedPerson, Sync
from portal.models.person import Standing
from portal.queries.order import in_order
from portal.queries.staged_people import (
    MISSED,
    filled_fields,
    gone_people,
    is_other,
    new_values,
    people_in,
)
from portal.usecases.bulk import count_rows_anew
from portal.usecases.matching import only_one

P, S = Person, StagedPerson
_QUICK: Any = {"synchronize_session": False}
_SHOWN = 1_000  # contradictions named one by one


def find_known(sync: Sync) -> None:
    """Fill person_id of the staged rows: the person with this email, else with this number."""
    again = update(S).where(people_in(sync), S.person_id.is_not(None)).values(person_id=None)
    db.session.execute(again.execution_options(**_QUICK))
    for key, column in ((S.email, P.email), (S.employee_number, P.employee_number)):
        db.session.execute(
            update(S)
            .where(people_in(sync), S.person_id.is_(None), key == column)
            .values(person_id=P.id)
            .execution_options(**_QUICK)
        )


def contradictions(sync: Sync) -> list[Problem]:
    """Rows that name one person twice, or two people at once. Call after `find_known`."""
    return [
        *_twice(sync, S.email, _header(sync, "email")),
        *_twice(sync, S.employee_number, _header(sync, "employee_number")),
        *_twice(sync, S.person_id, "", "one row for each person; row {first} is the same one"),
        *_two_people(sync),
    ]


def apply_people(sync: Sync, counts: dict[str, int]) -> None:
    """Bring people to what the list says, then find everybody's manager."""
    if counts["gone"]:
        gone = {"standing": Standing.PAST, "status": MISSED}
        values = {**gone, "last_sync_id": sync.id}
        marking = update(P).where(gone_people(sync)).values(values)
        db.session.execute(marking.execution_options(**_QUICK))
    if counts["changed"]:
        _free_keys(sync)
        _write_changed(sync)
    _claim_unmarked(sync)
    if counts["new"]:
        _add_new(sync)
    if counts["new"] or counts["changed"]:
        count_rows_anew(P)
        _find_managers()


def _header(sync: Sync, field: str) -> str:
    return next((header for header, known in sync.mapping.items() if known == field), field)


def _twice(
    sync: Sync, key: Any, column: str, said: str = "each one once; row {first} has it too"
) -> list[Problem]:
    again = (
        select(key.label("key"), func.min(S.row).label("first"))
        .where(people_in(sync), key.is_not(None))
        .group_by(key)
        .having(func.count() > 1)
        .subquery()
    )
    rows = db.session.execute(
        select(S.row, key, again.c.first)
        .where(people_in(sync), key == again.c.key, S.row != again.c.first)
        .order_by(S.row)
    )
    return [
        Problem(row, column, str(value) if column else "", said.format(first=first))
        for row, value, first in rows
    ]


def _two_people(sync: Sync) -> list[Problem]:
    """The email is one known person's, the employee number another's."""
    other = aliased(Person)
    rows = db.session.execute(
        select(S.row, S.employee_number, P.name, other.name)
        .join(P, P.id == S.person_id)
        .join(other, other.employee_number == S.employee_number)
        .where(people_in(sync), other.id != P.id, P.email == S.email)
        .where(~_renumbered(sync, other))
        .order_by(S.row)
        .limit(_SHOWN)
    )
    said = "the number of {}, whose email this is; the number belongs to {}"
    header = _header(sync, "employee_number")
    return [
        Problem(row, header, number or "", said.format(one, two)) for row, number, one, two in rows
    ]


def _renumbered(sync: Sync, other: Any) -> ColumnElement[bool]:
    """The other person is in this very list too, under another number."""
    again = aliased(StagedPerson)
    return exists().where(
        again.sync_id == sync.id,
        again.person_id == other.id,
        again.employee_number != other.employee_number,
    )


def _matched(sync: Sync) -> ColumnElement[bool]:
    return and_(people_in(sync), S.person_id == P.id)


def _free_keys(sync: Sync) -> None:
    """Let go of emails and numbers about to change, so that two people can swap theirs."""
    for name in ("email", "employee_number"):
        mine, new = getattr(P, name), getattr(S, name)
        db.session.execute(
            update(P)
            .where(_matched(sync), new.is_not(None), mine != new)
            .where(~P.provisioned.contains(f",{name},"))
            .values({name: None})
            .execution_options(**_QUICK)
        )


def _write_changed(sync: Sync) -> None:
    new = new_values(sync)
    key = {"name_key": in_order(new["name"])} if "name" in new else {}
    db.session.execute(
        update(P)
        .where(_matched(sync), is_other(sync))
        .values({**new, **key, **_manager(sync), "last_sync_id": sync.id})
        .execution_options(**_QUICK)
    )


def _manager(sync: Sync) -> dict[str, Any]:
    """Another manager in the list: the one known so far is forgotten."""
    if "manager_email" not in filled_fields(sync):
        return {}
    provisioned = P.provisioned.contains(",manager_email,")
    same = or_(P.manager_email == S.manager_email, provisioned)
    return {"manager_id": case((same, P.manager_id), else_=None)}


def _claim_unmarked(sync: Sync) -> None:
    """People known before by other ways belong to this source from now on."""
    db.session.execute(
        update(P)
        .where(_matched(sync), P.last_sync_id.is_(None))
        .values(last_sync_id=sync.id)
        .execution_options(**_QUICK)
    )


def _add_new(sync: Sync) -> None:
    copied = [
        *("email", "name", "employee_number", "department", "title", "standing", "status"),
        *("manager_email", "start_date", "end_date", "attributes"),
    ]
    rest = {
        "name_key": in_order(S.name),
        "first_sync_id": literal(sync.id),
        "last_sync_id": literal(sync.id),
        "created_at": literal(clock.now(), P.created_at.type),
    }
    rows: Select[Any] = (
        select(*(getattr(S, name) for name in copied), *rest.values())
        .where(people_in(sync), S.person_id.is_(None))
        .order_by(S.row)
    )
    db.session.execute(insert(P).from_select([*copied, *rest], rows))


def _find_managers() -> None:
    """By email, else employee number, else a name that only one person has."""
    boss = aliased(Person)
    unfound = and_(P.manager_id.is_(None), P.manager_email != "")
    by_email: Any = select(boss.email.label("key"), boss.id.label("person_id"))
    by_name = only_one(func.lower(boss.name), boss.name.is_not(None), boss.id)
    said = func.lower(P.manager_email)
    _manage(by_email, said, better=P.manager_id.is_distinct_from)
    for people, key in ((_by_number(boss), P.manager_email), (by_name, said)):
        if db.session.scalar(select(exists().where(unfound))):
            _manage(people, key, better=lambda _: unfound)


def _by_number(boss: Any) -> Select[Any]:
    return select(boss.employee_number.label("key"), boss.id.label("person_id"))


def _manage(people: Select[Any], said: Any, better: Callable[[Any], ColumnElement[bool]]) -> None:
    found = people.subquery()
    db.session.execute(
        update(P)
        .where(said == found.c.key, better(found.c.person_id))
        .values(manager_id=found.c.person_id)
        .execution_options(**_QUICK)
    )
