"""Who holds access to an application: people, each with the accounts they have in it."""

import functools
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, func, null, or_, select
from sqlalchemy.orm import aliased, contains_eager

from policies.filters import Field, Filter, Kind
from portal.db import db
from portal.models import Account, Application, Instance, Person
from portal.models.person import Standing
from portal.queries.accounts import privileged_grants
from portal.queries.filters import Columns, Expression, Several, contains, where
from portal.queries.order import in_order
from portal.queries.paging import Order, count_of

MANY = 1_000  # from so many holders on, whoever walks through people meets some soon
SHOWN = 3  # accounts of one person on a page; the others are on the page of accounts
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)

_manager = aliased(Person)
_MANAGER = (
    select(_manager.name)
    .where(_manager.id == Person.manager_id)
    .correlate(Person)
    .scalar_subquery()
)
HOLDER_FIELDS: Mapping[str, Field] = {
    field.key: field
    for field in (
        Field("name", "Name"),
        Field("email", "Email"),
        Field("department", "Department"),
        Field("title", "Title"),
        Field("manager", "Manager"),
        Field("standing", "Standing", Kind.CHOICE, tuple(each.value for each in Standing)),
        Field("privileged", "Holds privileged access", Kind.YES_NO),
        Field("roles", "Roles"),
        Field("status", "Status of an account"),
        Field("instance", "Instance"),
        Field("accounts", "Number of accounts", Kind.NUMBER),
        Field("used", "Last used", Kind.DATE),
    )
}
SORTS = ("name", "department", "title", "standing", "accounts", "used")
_COUNTED = {"accounts", "used"}
_PLAIN = {"department": Person.department, "title": Person.title}


@dataclass(frozen=True)
class Held:
    """What one person holds in an application; `accounts` are the first few of `count`."""

    accounts: Sequence[Account]
    count: int
    used_at: datetime | None
    is_privileged: bool

    @property
    def more(self) -> int:
        return self.count - len(self.accounts)

    @property
    def roles(self) -> list[str]:
        """The different roles of the accounts that are shown, in order."""
        lines = [role for account in self.accounts for role in account.roles.split(", ")]
        return [role for role in dict.fromkeys(lines) if role]


def holders_of(
    application: Application,
    filter: Filter,  # noqa: A002  the word of the grammar
    text: str = "",
    *,
    by: str = "name",
    of: int = 0,
) -> Select[Person]:
    """Select the people who have an account in the application now, to be put in order `by`
    one of SORTS. `of`: how many they are, where that is known."""
    asked = {by, *filter.fields} & _COUNTED
    query = _base(application, asked, walk=of >= MANY)
    if filter:
        query = query.where(where(filter, HOLDER_FIELDS, _columns(application, asked)))
    return (
        query.where(or_(contains(Person.name, text), contains(Person.email, text)))
        if text
        else query
    )


def holders_count(application: Application, filter: Filter, text: str = "") -> int:  # noqa: A002  as above
    """How many people that is. Everybody is counted without looking at anybody."""
    if filter or text:
        return count_of(holders_of(application, filter, text))
    people = select(func.count(Account.person_id.distinct()))
    return db.session.scalar(people.where(*_present(application), Account.person_id > 0)) or 0


def holders_order(
    application: Application,
    key: str,
    filter: Filter,  # noqa: A002  as above
    *,
    descending: bool,
) -> Order:
    """The order `by` which `holders_of` selected under the same filter."""
    held = _held(application.id, used="used" in {key, *filter.fields})
    columns: dict[str, Expression] = {
        "name": Person.name_key,
        "department": in_order(Person.department),
        "title": in_order(Person.title),
        "standing": Person.standing,
        "accounts": held.c.accounts,
        "used": func.coalesce(held.c.used_at, _NEVER),
    }
    of = held.c.person_id if key in _COUNTED else Person.id
    return Order(columns[key], of, descending, plain=_PLAIN.get(key))


def held_by(application: Application, people: Sequence[Person]) -> dict[int, Held]:
    """What each of these people holds in the application, by the person's id."""
    ids = [person.id for person in people]
    counted = (
        select(Account.person_id, func.count(), func.max(Account.last_used_at))
        .where(*_present(application), Account.person_id.in_(ids))
        .group_by(Account.person_id)
    )
    shown, privileged = _first_accounts(application, ids), _privileged(application, ids)
    return {
        key: Held(shown.get(key, []), count, used_at, key in privileged)
        for key, count, used_at in db.session.execute(counted)
        if key is not None
    }


def with_holdings(
    application: Application, query: Select[Person]
) -> Iterator[tuple[Person, Held, str | None]]:
    """Each holder with what they hold and the name of their manager, as a stream."""
    rows = query.add_columns(_MANAGER).execution_options(yield_per=500)
    for some in db.session.execute(rows).partitions():
        held = held_by(application, [row[0] for row in some])
        yield from ((person, held[person.id], manager) for person, manager in some)


def nobodys_accounts(application: Application) -> int:
    """How many present accounts of the application are of nobody known."""
    of_nobody = (*_present(application), Account.person_id.is_(None))
    return db.session.scalar(select(func.count()).where(*of_nobody)) or 0


def _present(application: Application) -> tuple[Any, ...]:
    return Account.application_id == application.id, Account.gone_at.is_(None)


def _base(application: Application, asked: Set[str], *, walk: bool) -> Select[Person]:
    """The same people three ways, each the quickest to count, to walk through, to look up."""
    if asked:
        held = _held(application.id, used="used" in asked)
        return select(Person).select_from(held).outerjoin(Person, Person.id == held.c.person_id)
    if walk:
        return select(Person).where(_theirs(application).exists())
    holding = select(Account.person_id).where(*_present(application), Account.person_id > 0)
    return select(Person).where(Person.id.in_(holding))


@functools.lru_cache(maxsize=100)  # a query and its order are of the same table
def _held(application_id: int, *, used: bool) -> Any:
    """How many accounts each has in the application, which an index tells, and, where it is asked
    for, when one was last used."""
    used_at = func.max(Account.last_used_at) if used else null()
    return (
        select(Account.person_id, func.count().label("accounts"), used_at.label("used_at"))
        .where(Account.application_id == application_id, Account.gone_at.is_(None))
        .where(Account.person_id > 0)
        .group_by(Account.person_id)
        .subquery("held")
    )


def _theirs(application: Application) -> Select[Any]:
    mine = select(Account.id).where(Account.person_id == Person.id, *_present(application))
    return mine.correlate(Person)


def _columns(application: Application, asked: Set[str]) -> Columns:
    theirs, held = _theirs(application), _held(application.id, used="used" in asked)
    privileged = privileged_grants().where(Account.application_id == application.id)
    holders = privileged.with_only_columns(Account.person_id, maintain_column_froms=True)
    return {
        "name": Person.name,
        "email": Person.email,
        "department": Person.department,
        "title": Person.title,
        "manager": _MANAGER,
        "standing": Person.standing,
        "privileged": Person.id.in_(holders.where(Account.person_id.is_not(None))),
        "roles": Several(theirs, (Account.roles,)),
        "status": Several(theirs, (Account.status,)),
        "instance": Several(
            theirs.join(Instance, Instance.id == Account.instance_id), (Instance.name,)
        ),
        "accounts": held.c.accounts,
        "used": held.c.used_at,
    }


def _first_accounts(application: Application, ids: Sequence[int]) -> dict[int, list[Account]]:
    nth = func.row_number().over(partition_by=Account.person_id, order_by=Account.login_key)
    numbered = (
        select(Account.id, nth.label("nth"))
        .where(*_present(application), Account.person_id.in_(ids))
        .subquery()
    )
    query = (
        select(Account)
        .join(numbered, numbered.c.id == Account.id)
        .join(Account.instance)
        .options(contains_eager(Account.instance))
        .where(numbered.c.nth <= SHOWN)
        .order_by(Account.login_key)
    )
    found: dict[int, list[Account]] = {}
    for account in db.session.scalars(query):
        found.setdefault(account.person_id or 0, []).append(account)
    return found


def _privileged(application: Application, ids: Sequence[int]) -> set[int]:
    query = privileged_grants().with_only_columns(Account.person_id, maintain_column_froms=True)
    theirs = Account.application_id == application.id, Account.person_id.in_(ids)
    return set(db.session.scalars(query.where(*theirs).distinct()))
