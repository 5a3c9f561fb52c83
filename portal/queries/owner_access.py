"""Reading app owners: what they own, how they stand, and who is to be invited."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, case, exists, func, literal, or_, select

from policies.filters import Field, Filter, Kind
from policies.lifecycle import LetterState
from portal import clock
from portal.db import db
from portal.models import (
    Application,
    ApplicationOwner,
    Letter,
    Member,
    OwnerVisit,
    Person,
    Session,
)
from portal.models.member import MemberState
from portal.models.person import Standing
from portal.models.session import Reach
from portal.queries.filters import Columns, Expression, Several, contains, where
from portal.queries.order import in_order
from portal.queries.paging import Order
from portal.queries.settings import setting

KEY = "owners_can_access"
INVITATION = "owner-invitation"
ACTIVE, PENDING, NOT_INVITED = "active", "pending", "not invited"
MEMBER, NO_ACCESS = "member", "no access"
STATES = (ACTIVE, PENDING, NOT_INVITED, MEMBER, NO_ACCESS)
VISITS = timedelta(days=30)
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Owned(NamedTuple):
    """One application of an owner."""

    person_id: int
    application_id: int
    name: str
    is_primary: bool


@dataclass(frozen=True)
class Owner:
    """How an owner stands. `why`: why they cannot come in, or not be written to."""

    state: str
    visits: int
    seen_at: datetime | None
    owned: Sequence[Owned]
    why: str = ""

    @property
    def applications(self) -> str:
        return "; ".join(each.name for each in self.owned)

    @property
    def primary_of(self) -> str:
        return "; ".join(each.name for each in self.owned if each.is_primary)


def _theirs(model: Any, column: Any, *conditions: Any) -> Any:
    """`column` over the rows of `model` about the person, as a column of people."""
    query = select(column).where(model.person_id == Person.id, *conditions)
    return query.correlate(Person).scalar_subquery()


_REACHED = Session.reach != Reach.TASKS
_CAME = exists().where(OwnerVisit.person_id == Person.id)
_INVITED = exists().where(
    Letter.person_id == Person.id,
    Letter.kind == INVITATION,
    Letter.state != LetterState.WITHDRAWN,
)
_IS_MEMBER = exists().where(Member.person_id == Person.id)
_SEEN = func.coalesce(
    _theirs(Session, func.max(Session.seen_at), _REACHED),
    _theirs(OwnerVisit, func.max(OwnerVisit.seen_at)),
)
_APPLICATIONS = _theirs(ApplicationOwner, func.count())
_NAMES = Several(
    select(ApplicationOwner.application_id)
    .join(Application, Application.id == ApplicationOwner.application_id)
    .where(ApplicationOwner.person_id == Person.id)
    .correlate(Person),
    (Application.name,),
)
SORTS: Mapping[str, Expression] = {
    "name": Person.name_key,
    "applications": _APPLICATIONS,
    "seen": func.coalesce(_SEEN, literal(_NEVER)),
}
OWNER_FIELDS: Mapping[str, Field] = {
    field.key: field
    for field in (
        Field("state", "State", Kind.CHOICE, STATES),
        Field("name", "Name"),
        Field("email", "Email"),
        Field("application", "Application"),
        Field("applications", "Number of applications", Kind.NUMBER),
        Field("visits", "Visits in 30 days", Kind.NUMBER),
        Field("seen", "Last seen", Kind.DATE),
    )
}


def owners_matching(filter: Filter, text: str = "") -> Select[Person]:  # noqa: A002  the word of the grammar
    """Select whoever owns an application, under `filter`; name or address contains `text`."""
    owns = exists().where(ApplicationOwner.person_id == Person.id)
    query = select(Person).where(owns, where(filter, OWNER_FIELDS, _columns()))
    if text:
        query = query.where(or_(contains(Person.name, text), contains(Person.email, text)))
    return query


def owners_order(key: str, *, descending: bool) -> Order:
    return Order(SORTS[key], Person.id, descending)


def owners_by_state() -> dict[str, int]:
    """How many owners there are in every state."""
    states = owners_matching(Filter()).with_only_columns(_state().label("state")).subquery()
    counted = select(states.c.state, func.count()).group_by(states.c.state)
    found = {row[0]: row[1] for row in db.session.execute(counted)}
    return {state: found.get(state, 0) for state in STATES}


def owners_standing(people: Sequence[Person]) -> dict[int, Owner]:
    """How each of these people stands as an owner, by id."""
    ids = [person.id for person in people]
    owned = owned_by(ids)
    query = select(Person, _state(), _visits(), _SEEN, _IS_MEMBER).where(Person.id.in_(ids))
    return {
        person.id: Owner(state, visits, seen, owned.get(person.id, ()), _why(person, state, member))
        for person, state, visits, seen, member in db.session.execute(query)
    }


def with_standing(query: Select[Person]) -> Iterator[tuple[Person, Owner]]:
    """Each owner of `query` with how they stand, as a stream."""
    for people in db.session.scalars(query.execution_options(yield_per=200)).partitions():
        standing = owners_standing(people)
        yield from ((person, standing[person.id]) for person in people)


def owned_by(ids: Sequence[int]) -> dict[int, list[Owned]]:
    """The applications of these people, by the person's id; those they are primary of first."""
    query = (
        select(
            ApplicationOwner.person_id,
            Application.id,
            Application.name,
            ApplicationOwner.is_primary,
        )
        .join(Application, Application.id == ApplicationOwner.application_id)
        .where(ApplicationOwner.person_id.in_(ids))
        .order_by(ApplicationOwner.is_primary.desc(), in_order(Application.name), Application.id)
    )
    found: dict[int, list[Owned]] = {}
    for row in db.session.execute(query):
        found.setdefault(row[0], []).append(Owned(*row))
    return found


def owners_to_invite(among: Sequence[int] | None = None) -> Sequence[Person]:
    """Who was never invited, could come in, and has an address; `among` these ids, or anybody."""
    query = owners_matching(Filter()).where(_state() == NOT_INVITED, Person.email.is_not(None))
    if among is not None:
        query = query.where(Person.id.in_(among))
    return db.session.scalars(query.order_by(Person.id)).all()


def owners_to_invite_again(among: Sequence[int] | None = None) -> Sequence[Person]:
    """Who was invited, never came, and whose letter is not waiting to be sent."""
    waiting = exists().where(
        Letter.person_id == Person.id,
        Letter.kind == INVITATION,
        Letter.state == LetterState.QUEUED,
    )
    query = owners_matching(Filter()).where(_state() == PENDING, ~waiting)
    if among is not None:
        query = query.where(Person.id.in_(among))
    return db.session.scalars(query.order_by(Person.name_key, Person.id)).all()


def held_invitations() -> Sequence[Letter]:
    """The invitations that can still be withdrawn: no carrier has touched them."""
    now = clock.now()
    held = Letter.held_until > now, Letter.try_at == Letter.held_until
    query = select(Letter).where(
        Letter.kind == INVITATION, Letter.state == LetterState.QUEUED, *held
    )
    return db.session.scalars(query.order_by(Letter.id)).all()


def let_in_by_address(email: str) -> Person | None:
    """The owner who may come in with this address, and is no member."""
    address = email.strip().lower()
    query = owners_matching(Filter()).where(
        Person.email == address, Person.standing == Standing.CURRENT, ~_IS_MEMBER
    )
    return db.session.scalar(query) if setting(KEY) else None


def shows_guide(person_id: int) -> bool:
    """Whether the person has not put the guide for owners away yet."""
    visit = db.session.get(OwnerVisit, person_id)
    return visit is None or visit.guide_closed_at is None


def _present_member() -> Any:
    lasts = or_(Member.ends_at.is_(None), Member.ends_at > clock.now())
    return exists().where(
        Member.person_id == Person.id, Member.state != MemberState.SUSPENDED, lasts
    )


def _state() -> Any:
    """As portal.queries.actors lets them in."""
    outside = and_(Person.standing == Standing.EXTERNAL, ~_present_member())
    return case(
        (Person.standing == Standing.PAST, literal(NO_ACCESS)),
        (_present_member(), literal(MEMBER)),
        (or_(outside, _IS_MEMBER), literal(NO_ACCESS)),
        (_CAME, literal(ACTIVE)),
        (_INVITED, literal(PENDING)),
        else_=literal(NOT_INVITED),
    )


def _visits() -> Any:
    return _theirs(Session, func.count(), _REACHED, Session.created_at >= clock.now() - VISITS)


def _why(person: Person, state: str, is_member: bool) -> str:
    if state == NO_ACCESS:
        if person.standing is Standing.PAST:
            return "has left"
        return "membership suspended or over" if is_member else "external"
    return "no email address" if state == NOT_INVITED and not person.email else ""


def _columns() -> Columns:
    return {
        "state": _state(),
        "name": Person.name,
        "email": Person.email,
        "application": _NAMES,
        "applications": _APPLICATIONS,
        "visits": _visits(),
        "seen": _SEEN,
    }
