"""Reading people: lists of them, one by name or address, and what they hold."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from policies.filters import Field, Filter, Kind
from portal.db import db
from portal.models import (
    Account,
    Application,
    ApplicationOwner,
    Campaign,
    Decision,
    Instance,
    Item,
    Person,
    Review,
)
from portal.models.person import Standing
from portal.queries.filters import Columns, Expression, contains, where
from portal.queries.order import in_order
from portal.queries.paging import Order, Page, page_of

_manager = aliased(Person)
_MANAGER = (
    select(_manager.name)
    .where(_manager.id == Person.manager_id)
    .correlate(Person)
    .scalar_subquery()
)
_COLUMNS: Columns = {
    "name": Person.name,
    "email": Person.email,
    "department": Person.department,
    "title": Person.title,
    "standing": Person.standing,
    "manager": _MANAGER,
    "number": Person.employee_number,
    "start": Person.start_date,
    "end": Person.end_date,
}
SORTS: Mapping[str, Expression] = {
    "name": in_order(Person.name),
    "department": in_order(Person.department),
    "title": in_order(Person.title),
    "standing": Person.standing,
    "start": func.coalesce(Person.start_date, date.min),
}
PEOPLE_FIELDS: Mapping[str, Field] = {
    field.key: field
    for field in (
        Field("name", "Name"),
        Field("email", "Email"),
        Field("department", "Department"),
        Field("title", "Title"),
        Field("standing", "Standing", Kind.CHOICE, tuple(standing.value for standing in Standing)),
        Field("manager", "Manager"),
        Field("number", "Employee number"),
        Field("start", "Start date", Kind.DATE),
        Field("end", "End date", Kind.DATE),
    )
}
_ADDRESS = re.compile(r"<([^<>]+)>\s*$")


@dataclass(frozen=True)
class Holding:
    """One account of a person, and where it is."""

    account: Account
    application: Application
    is_owned: bool  # a service account they answer for, not one they use


@dataclass(frozen=True)
class Place:
    """What a decision was about, in words."""

    review_id: int
    application: str
    campaign: str
    login: str
    roles: str


def people_matching(filter: Filter, text: str = "") -> Select[Person]:  # noqa: A002  the word of the grammar
    """Select people under `filter` whose name, email or employee number contains `text`."""
    query = select(Person).where(where(filter, PEOPLE_FIELDS, _COLUMNS))
    if text:
        places = (Person.name, Person.email, Person.employee_number)
        query = query.where(or_(*(contains(place, text) for place in places)))
    return query


def with_managers(query: Select[Person]) -> Iterator[tuple[Person, str | None]]:
    """Each person with the name of their manager, as a stream."""
    rows = query.add_columns(_MANAGER).execution_options(yield_per=1000)
    return iter(db.session.execute(rows))


def people_order(key: str, *, descending: bool) -> Order:
    return Order(SORTS[key], Person.id, descending)


def people_named(text: str, limit: int = 20) -> Sequence[Person]:
    """People whose name or address contains `text`; who is still here comes first."""
    found = or_(contains(Person.name, text), contains(Person.email, text))
    left = case((Person.standing == Standing.PAST, 1), else_=0)
    query = select(Person).where(found).order_by(left, in_order(Person.name), Person.id)
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
        .order_by(in_order(Person.name), Person.id)
    )
    rows = db.session.execute(query.limit(limit + 1)).all()
    return None if len(rows) > limit else [f"{name} <{email}>" for name, email in rows]


def address_of(person: Person) -> str:
    """Somebody as `person_by_address` finds them again; by name alone where they have no email."""
    return f"{person.name} <{person.email}>" if person.email else person.name


def reports_to(person: Person) -> int:
    """How many people have `person` as their manager and have not left."""
    query = select(func.count()).where(
        Person.manager_id == person.id, Person.standing != Standing.PAST
    )
    return db.session.scalar(query) or 0


def holdings_of(person: Person) -> list[Holding]:
    """Every account they use or answer for, in every application; what is gone comes last."""
    query = (
        select(Account, Application)
        .join(Application, Application.id == Account.application_id)
        .join(Instance, Instance.id == Account.instance_id)
        .options(contains_eager(Account.instance))
        .where(or_(Account.person_id == person.id, Account.owner_id == person.id))
        .order_by(
            Account.gone_at.is_not(None),
            in_order(Application.name),
            Account.login_key,
            Account.id,
        )
    )
    return [
        Holding(account, application, account.person_id != person.id)
        for account, application in db.session.execute(query)
    ]


def applications_owned_by(person: Person) -> Sequence[Application]:
    query = (
        select(Application)
        .join(ApplicationOwner, ApplicationOwner.application_id == Application.id)
        .where(ApplicationOwner.person_id == person.id)
        .order_by(in_order(Application.name))
    )
    return db.session.scalars(query).all()


def decisions_about(person: Person, cursor: str = "", size: int = 20) -> Page[Decision]:
    """What was decided on the access of `person`, the latest first."""
    query = (
        select(Decision)
        .join(Item, Item.id == Decision.item_id)
        .where(Item.person_id == person.id)
        .options(joinedload(Decision.by_person))
    )
    return page_of(query, Order(Decision.id, Decision.id, descending=True), cursor, size)


def places_of(decisions: Sequence[Decision]) -> dict[int, Place]:
    """What each decision was about, by its id."""
    query = (
        select(Decision.id, Review.id, Application.name, Campaign.name, Item.login, Item.roles)
        .join(Item, Item.id == Decision.item_id)
        .join(Review, Review.id == Decision.review_id)
        .join(Application, Application.id == Review.application_id)
        .join(Campaign, Campaign.id == Review.campaign_id)
        .where(Decision.id.in_([decision.id for decision in decisions]))
    )
    return {row[0]: Place(*row[1:]) for row in db.session.execute(query)}
