"""Reading people: lists of them, and one by name or address.

What they hold is in portal/queries/holdings.py, what was decided on it in
portal/queries/past_decisions.py.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import aliased

from policies.columns import ATTRIBUTE, PEOPLE
from policies.filters import Field, Filter, Kind
from portal.db import db
from portal.models import Account, ApplicationOwner, Holding, Person, Source
from portal.models.person import Standing
from portal.queries.accounts import privileged_grants
from portal.queries.filters import Columns, Expression, contains, where
from portal.queries.order import in_order
from portal.queries.paging import Order

ATTRIBUTES = "a."  # before the name of a list's own column
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)

EVERYBODY = select(Person)
_manager = aliased(Person)
_boss, _held = aliased(Person), aliased(Holding)  # the same, for the order of a list
SORTS: Mapping[str, Expression] = {
    "name": Person.name_key,
    "department": in_order(Person.department),
    "title": in_order(Person.title),
    "standing": Person.standing,
    "start": func.coalesce(Person.start_date, date.min),
    "manager": func.coalesce(_boss.name_key, in_order(Person.manager_email)),
    "accounts": func.coalesce(_held.accounts, 0),
    "used": func.coalesce(_held.used_at, _NEVER),
}
_PLAIN = {"department": Person.department, "title": Person.title}
_BESIDE = {
    "manager": ((_boss, _boss.id == Person.manager_id),),
    "accounts": ((_held, _held.person_id == Person.id),),
    "used": ((_held, _held.person_id == Person.id),),
}
_OWN_FIELDS = (
    Field("name", "Name"),
    Field("email", "Email"),
    Field("department", "Department"),
    Field("title", "Title"),
    Field("standing", "Standing", Kind.CHOICE, tuple(standing.value for standing in Standing)),
    Field("status", "Status on the list"),
    Field("manager", "Manager"),
    Field("manager_left", "Manager has left", Kind.YES_NO),
    Field("manages", "Manages somebody", Kind.YES_NO),
    Field("accounts", "Number of accounts", Kind.NUMBER),
    Field("privileged", "Holds privileged access", Kind.YES_NO),
    Field("used", "Last used", Kind.DATE),
    Field("owns", "Owns an application", Kind.YES_NO),
    Field("answers", "Answers for a service account", Kind.YES_NO),
    Field("number", "Employee number"),
    Field("start", "Start date", Kind.DATE),
    Field("end", "End date", Kind.DATE),
)
_ADDRESS = re.compile(r"<([^<>]+)>\s*$")


@dataclass(frozen=True)
class Beside:
    """What the list shows beside the person themselves."""

    accounts: int = 0
    is_privileged: bool = False
    manager: str = ""
    manager_left: bool = False


def people_fields() -> Mapping[str, Field]:
    """What people can be filtered by; the key of a list's own column is "a.<name>"."""
    added = (Field(ATTRIBUTES + name, name) for name in attribute_names())
    return {field.key: field for field in (*_OWN_FIELDS, *added)}


def attribute_names() -> list[str]:
    """The columns that lists of people brought along and that are kept as they are."""
    mappings = db.session.scalars(select(Source.mapping).where(Source.noun == PEOPLE))
    kept = (name for each in mappings for name, field in each.items() if field == ATTRIBUTE)
    return sorted(set(kept), key=str.lower)


def people_matching(filter: Filter, text: str = "") -> Select[Person]:  # noqa: A002  the word of the grammar
    """Select people under `filter` whose name, email or employee number contains `text`."""
    query = select(Person)
    if filter.fields & {"manager", "manager_left"}:
        query = query.outerjoin(_manager, _manager.id == Person.manager_id)
    if filter.fields & {"accounts", "used"}:
        query = query.outerjoin(Holding, Holding.person_id == Person.id)
    if filter:
        fields = people_fields()
        query = query.where(where(filter, fields, _columns(fields)))
    if text:
        places = (Person.name, Person.email, Person.employee_number)
        query = query.where(or_(*(contains(place, text) for place in places)))
    return query


def beside_people(people: Sequence[Person]) -> dict[int, Beside]:
    """What the list shows beside these people, by id."""
    ids = [person.id for person in people]
    mine = Account.person_id.in_(ids)
    counted = select(Account.person_id, func.count()).where(mine, Account.gone_at.is_(None))
    rows = db.session.execute(counted.group_by(Account.person_id))
    counts = {key or 0: count for key, count in rows}
    privileged = set(db.session.scalars(_privileged().where(mine).distinct()))
    managers = _managers_of(people)
    return {p.id: _beside(p, counts.get(p.id, 0), p.id in privileged, managers) for p in people}


def with_beside(query: Select[Person]) -> Iterator[tuple[Person, Beside]]:
    """Each person with what the list shows beside, as a stream."""
    for some in db.session.scalars(query.execution_options(yield_per=500)).partitions():
        beside = beside_people(some)
        yield from ((person, beside[person.id]) for person in some)


def people_order(key: str, *, descending: bool) -> Order:
    return Order(SORTS[key], Person.id, descending, _BESIDE.get(key, ()), _PLAIN.get(key))


def people_named(text: str, limit: int = 20) -> Sequence[Person]:
    """People whose name or address contains `text`; who is still here comes first."""
    found = or_(contains(Person.name, text), contains(Person.email, text))
    left = case((Person.standing == Standing.PAST, 1), else_=0)
    query = select(Person).where(found).order_by(left, Person.name_key, Person.id)
    return db.session.scalars(query.limit(limit)).all()


def person_by_address(text: str) -> Person | None:
    """The person meant by "Name <email>" or by an email alone."""
    found = _ADDRESS.search(text)
    address = (found[1] if found else text).strip().lower()
    return db.session.scalar(select(Person).where(Person.email == address))


def addresses(limit: int = 500) -> list[str] | None:
    """Everyone as "Name <email>", to choose from; None where they are too many for one list."""
    query = (
        select(Person.name, Person.email)
        .where(Person.standing != Standing.PAST, Person.email.is_not(None))
        .order_by(Person.name_key, Person.id)
    )
    rows = db.session.execute(query.limit(limit + 1)).all()
    return None if len(rows) > limit else [f"{name} <{email}>" for name, email in rows]


def address_of(person: Person) -> str:
    """Somebody as `person_by_address` finds them again; by name alone where they have no email."""
    return f"{person.name} <{person.email}>" if person.email else person.name


def reports_of_person(person: Person, filter: Filter, text: str = "") -> Select[Person]:  # noqa: A002  as above
    """Select the people who have `person` as their manager."""
    return people_matching(filter, text).where(Person.manager_id == person.id)


def _privileged() -> Select[Any]:
    """The ids of people who hold a privileged entitlement; one row for each grant of it."""
    held = privileged_grants().with_only_columns(Account.person_id, maintain_column_froms=True)
    return held.where(Account.person_id.is_not(None))


def _managers_of(people: Sequence[Person]) -> dict[int, tuple[str, Standing]]:
    ids = {person.manager_id for person in people} - {None}
    query = select(Person.id, Person.name, Person.standing).where(Person.id.in_(ids))
    return {key: (name, standing) for key, name, standing in db.session.execute(query)}


def _beside(
    person: Person, accounts: int, privileged: bool, managers: Mapping[int, tuple[str, Standing]]
) -> Beside:
    name, standing = managers.get(person.manager_id or 0, (person.manager_email, None))
    return Beside(accounts, privileged, name, standing is Standing.PAST)


def _columns(fields: Mapping[str, Field]) -> Columns:
    added = (key for key in fields if key.startswith(ATTRIBUTES))
    report = aliased(Person)
    return {
        "name": Person.name,
        "email": Person.email,
        "department": Person.department,
        "title": Person.title,
        "standing": Person.standing,
        "status": Person.status,
        "manager": func.coalesce(_manager.name, Person.manager_email),
        "manager_left": func.coalesce(_manager.standing == Standing.PAST, False),
        "manages": Person.id.in_(select(report.manager_id).where(report.manager_id.is_not(None))),
        "accounts": func.coalesce(Holding.accounts, 0),
        "privileged": Person.id.in_(_privileged()),
        "used": Holding.used_at,
        "owns": Person.id.in_(select(ApplicationOwner.person_id)),
        "answers": Person.id.in_(_answered_for()),
        "number": Person.employee_number,
        "start": Person.start_date,
        "end": Person.end_date,
        **{key: Person.attributes[key.removeprefix(ATTRIBUTES)] for key in added},
    }


def _answered_for() -> Select[Any]:
    return select(Account.owner_id).where(Account.owner_id.is_not(None), Account.gone_at.is_(None))
