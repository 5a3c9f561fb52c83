"""Who would review what: the circle of people of each application, and the accounts that are alike.

The rules are policies.reviewers; here is only what they ask. Accounts are counted in classes, so
that a hundred thousand of them take one statement, before the launch as at the freeze.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, case, func, literal, or_, select
from sqlalchemy.orm import aliased

from policies.assignment import By, Reviewing, with_added
from policies.reviewers import NOBODYS, SOMEBODYS, Alike, Circle, Somebody
from portal import clock
from portal.db import db
from portal.models import Account, Application, Campaign, Instance, Item, Person, Review
from portal.models.person import Standing
from portal.queries.entitlement_owners import (
    beside_owners,
    entitlement_owners,
    owners_of_items,
)
from portal.queries.items import items_of
from portal.queries.scope import lines_in_scope
from portal.queries.second_managers import is_second, second, second_managers
from portal.queries.settings import setting

BY_MANAGER = frozenset({By.MANAGER, By.MANAGERS_MANAGER, By.REVIEWERS_MANAGER})
KEY = ("instance", "whose", "manager_id", "owners", "by_column")

Classes = dict[int, dict[Alike, int]]  # how many accounts are alike, by application


@dataclass(frozen=True)
class Circles:
    """The circle of each application of a campaign, by its id.

    `apart` are the ids of all in it who need not be anybody's manager. `column` names managers
    whom people data does not; `seconds` selects the ids of those whom it does.
    """

    said: Reviewing
    of: Mapping[int, Circle]
    apart: frozenset[int]
    column: str = ""
    seconds: Select[Any] | None = None

    @property
    def ask_managers(self) -> bool:
        return any(basis.by in BY_MANAGER for basis in self.said.bases)

    @property
    def ask_owners(self) -> bool:
        return any(basis.by is By.ENTITLEMENT_OWNER for basis in self.said.bases)

    @property
    def ask_instances(self) -> bool:
        return any(basis.instance for basis in self.said.bases)

    def _may_come_to_their_own(self) -> Select[Any]:
        """Who might be asked about their own accounts by way of managers: whoever is their own
        manager or their manager's. Where managers of managers are gone up to, any manager."""
        climbs = any(basis.by is By.REVIEWERS_MANAGER for basis in self.said.bases)
        if climbs or any(
            who.is_denied for each in self.of.values() for who in each.people.values()
        ):
            return _managers()
        above = aliased(Person)
        own = or_(above.id == Person.id, above.manager_id == Person.id)
        found: Select[Any] = select(Person.id)
        return found.join(above, above.id == Person.manager_id).where(own)

    def key(self, instance: Any, person_id: Any, owners: Any) -> tuple[Any, ...]:
        """What makes the class of a line (Alike), labelled as KEY, no finer than need be.

        `owners`: of what it holds, as text; None where nobody is asked.
        """
        apart = person_id.in_(sorted(self.apart))
        manager_id: Any = literal(0)
        by_column: Any = literal(0)
        if self.ask_managers:
            has_say = [apart, person_id.in_(self._may_come_to_their_own())]
            manager_id = func.coalesce(Person.manager_id, 0)
            if self.seconds is not None:
                has_say.append(person_id.in_(self.seconds))
                manager_id = func.coalesce(Person.manager_id, second.id, 0)
                named = and_(Person.manager_id.is_(None), second.id.is_not(None))
                by_column = case((named, 1), else_=0)
            whose = case(
                (person_id.is_(None), NOBODYS), (or_(*has_say), person_id), else_=SOMEBODYS
            )
        else:
            whose = case((apart, person_id), else_=SOMEBODYS)
        owners = literal("") if owners is None else func.coalesce(owners, "")
        where = instance if self.ask_instances else literal("")
        parts = (where, whose, manager_id, owners, by_column)
        return tuple(part.label(name) for part, name in zip(parts, KEY, strict=True))


def circles_in(review: Review) -> Circles:
    """Everybody who may come to review in one review, with what was changed since its launch."""
    return circles_of(review.campaign, [review.application], review)


def circles_of(
    campaign: Campaign, applications: Sequence[Application], review: Review | None = None
) -> Circles:
    """Everybody who may come to review in these applications of a campaign."""
    changes = review.changes if review else {}
    said = with_added(campaign.who, changes.get("added", {}))
    instead = {int(key): to for key, to in changes.get("instead", {}).items()}
    fields = {b.key for b in (*said.bases, *said.remediation) if b.by is By.FIELD}
    held = {each.id: _held_in(each, fields) for each in applications}
    owners = {each.id: [owner.person_id for owner in each.owners] for each in applications}
    ids = set(said.named) | {campaign.owner_id or 0, *instead.values()}
    ids.update(person for found in owners.values() for person in found)
    ids.update(person for found in held.values() for person in found.values() if person)
    if any(basis.by is By.ENTITLEMENT_OWNER for basis in said.bases):
        ids |= entitlement_owners(list(held))
    by_manager = any(basis.by in BY_MANAGER for basis in said.bases)
    column = setting("manager_column") if by_manager else ""
    seconds = second_managers(column, list(held), review) if column else None
    people = _people(ids, seconds, with_managers=by_manager)
    of = {
        each.id: Circle(said, people, owners[each.id], held[each.id], campaign.owner_id, instead)
        for each in applications
    }
    apart = frozenset(ids if by_manager else ids | people.keys())
    return Circles(said, of, apart, column, seconds)


def live_classes(campaign: Campaign, circles: Circles) -> Classes:
    """The accounts that `campaign` would review now, counted by application and class."""
    query, owners = lines_in_scope(campaign, list(circles.of)), None
    if circles.ask_owners:
        query, owners = beside_owners(query, campaign.users.by, list(circles.of))
    if circles.seconds is not None:
        named = is_second(circles.column, Account.attributes, Person.attributes)
        query = query.outerjoin(second, named)
    key = circles.key(Instance.name, Account.person_id, owners)
    return _counted(
        query.with_only_columns(
            Account.application_id.label("application_id"), *key, maintain_column_froms=True
        )
    )


def launch_classes(campaign: Campaign, circles: Circles) -> Classes:
    """As `live_classes`, but without a look at the accounts where they change nothing.

    What is known of them before the freeze is only for the letters.
    """
    if circles.ask_managers or circles.ask_owners:
        return live_classes(campaign, circles)
    if not circles.ask_instances:
        return {key: {Alike(): 0} for key in circles.of}
    rows = db.session.execute(
        select(Instance.application_id, Instance.name).where(
            Instance.application_id.in_(list(circles.of))
        )
    )
    found: Classes = defaultdict(dict)
    for application_id, name in rows:
        found[application_id][Alike(name)] = 0
    return found


def frozen_classes(review: Review, circles: Circles, *only: Any) -> dict[Alike, int]:
    """The items of a review, or `only` some of them, counted by class."""
    lines = item_classes(review, circles, *only)
    found = _counted(lines.add_columns(literal(0).label("application_id")))
    return found.get(0, {})


def item_classes(review: Review, circles: Circles, *only: Any) -> Select[Any]:
    """The items of a review, or `only` some of them, each with its class: id and KEY."""
    of = owners_of_items(review) if circles.ask_owners else None
    key = circles.key(Item.instance, Item.person_id, None if of is None else of.c.owners)
    query = select(Item.id, *key)
    if of is not None:
        query = query.outerjoin(of, of.c.line == Item.id)
    if circles.ask_managers:
        query = query.outerjoin(Person, Person.id == Item.person_id)
    if circles.seconds is not None:
        named = is_second(circles.column, Item.attributes, Item.person_attributes)
        query = query.outerjoin(second, named)
    return query.where(items_of(review), *only)


def somebody(person: Person) -> Somebody:
    """What the rules need to know of one person."""
    return _facts(Person.id == person.id, setting("never_assigned"))[person.id]


def names_of(ids: Iterable[int]) -> dict[int, str]:
    """The names of these people by id."""
    rows = db.session.execute(select(Person.id, Person.name).where(Person.id.in_(list(ids))))
    return dict(rows.all())


def addresses_of(ids: Iterable[int]) -> dict[int, str]:
    """The email addresses of these people by id; the name of whoever has none."""
    rows = db.session.execute(
        select(Person.id, func.coalesce(Person.email, Person.name)).where(Person.id.in_(list(ids)))
    )
    return dict(rows.all())


def _counted(lines: Select[Any]) -> Classes:
    each = lines.subquery()
    key = (each.c.application_id, *(each.c[name] for name in KEY))
    found: Classes = defaultdict(dict)
    for application_id, *alike, count in db.session.execute(
        select(*key, func.count()).group_by(*key)
    ):
        found[application_id][Alike(*alike)] = count
    return found


def _held_in(application: Application, keys: Iterable[str]) -> dict[str, int | None]:
    """The people that its custom fields name, by their ids."""
    held = {key: str(application.fields.get(key, "")) for key in keys}
    return {key: int(value) if value.isdecimal() else None for key, value in held.items()}


def _people(
    ids: set[int], seconds: Select[Any] | None, *, with_managers: bool
) -> dict[int, Somebody]:
    denied = setting("never_assigned")
    found = _facts(Person.id.in_(ids), denied)
    if seconds is not None:
        found |= _facts(Person.id.in_(seconds), denied)
    if with_managers:
        found |= _facts(Person.id.in_(_managers()), denied)
    while missing := _missing(found):
        found |= _facts(Person.id.in_(missing), denied)
    return found


def _missing(people: Mapping[int, Somebody]) -> set[int]:
    """The managers of those never assigned, who are yet to be looked up."""
    wanted = {p.manager_id for p in people.values() if p.is_denied and p.manager_id}
    return wanted - people.keys()


def _facts(condition: Any, denied: list[str]) -> dict[int, Somebody]:
    today = clock.today()
    rows = db.session.execute(
        select(Person.id, Person.manager_id, Person.standing, Person.end_date, Person.email).where(
            condition
        )
    )
    return {
        key: Somebody(
            key,
            manager_id,
            is_past=standing is Standing.PAST or bool(end and end < today),
            is_external=standing is Standing.EXTERNAL,
            is_denied=email in denied,
        )
        for key, manager_id, standing, end, email in rows
    }


def _managers() -> Select[Any]:
    return select(Person.manager_id).where(Person.manager_id.is_not(None))
