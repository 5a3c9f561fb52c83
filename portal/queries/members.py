"""Reading members: lists of them, how each stands, and whose time is nearly over."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Select, String, case, func, literal, or_, select, type_coerce
from sqlalchemy.orm import joinedload

from policies.filters import Field, Filter, Kind
from policies.scopes import BUILT_IN_ROLES
from portal import clock
from portal.db import db
from portal.models import Member, Person, Role, Session, TrailLine
from portal.models.member import GrantedBy, MemberState
from portal.models.person import Standing
from portal.models.session import Reach
from portal.queries.filters import Columns, Expression, contains, where
from portal.queries.paging import Order

ENDED = "ended"
STATES = (*(state.value for state in MemberState), ENDED)
SSO, PASSWORD, LINK, NOT_YET = "single sign-on", "password", "link", "not yet"
TOLD_BEFORE = timedelta(days=3)  # of an end
_NEVER, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True)
class Presence:
    """How a member stands now; by which way they last came in, and when they last were."""

    state: str
    way: str
    seen_at: datetime | None


def _of_person(column: Any) -> Any:
    mine = select(column).where(Person.id == Member.person_id)
    return mine.correlate(Member).scalar_subquery()


def _of_role(column: Any) -> Any:
    mine = select(column).where(Role.id == Member.role_id)
    return mine.correlate(Member).scalar_subquery()


def _last_of_sessions(column: Any) -> Any:
    mine = Session.person_id == Member.person_id, Session.reach == Reach.FULL
    last = select(column).where(*mine).order_by(Session.seen_at.desc(), Session.id.desc()).limit(1)
    return last.correlate(Member).scalar_subquery()


_NAME, _EMAIL, _ROLE = _of_person(Person.name), _of_person(Person.email), _of_role(Role.name)
_STANDING = _of_person(type_coerce(Person.standing, String()))
_SEEN = func.coalesce(_last_of_sessions(Session.seen_at), Member.last_seen_at)
_KIND_OF_WAY = case(
    (Session.provider_id.is_not(None), SSO),
    (Session.method.startswith(PASSWORD), PASSWORD),
    else_=LINK,
)
_WAY = func.coalesce(_last_of_sessions(_KIND_OF_WAY), NOT_YET)

SORTS: Mapping[str, Expression] = {
    "name": _NAME,
    "role": _ROLE,
    "seen": func.coalesce(_SEEN, literal(_NEVER)),
    "since": Member.created_at,
    "ends": func.coalesce(Member.ends_at, literal(_LATEST)),
}
MEMBER_FIELDS: Mapping[str, Field] = {
    field.key: field
    for field in (
        Field("state", "State", Kind.CHOICE, STATES),
        Field("role", "Role", Kind.CHOICE, tuple(BUILT_IN_ROLES)),
        Field("name", "Name"),
        Field("email", "Email"),
        Field("standing", "Standing", Kind.CHOICE, tuple(each.value for each in Standing)),
        Field("way", "Way in", Kind.CHOICE, (SSO, PASSWORD, LINK, NOT_YET)),
        Field("given", "Role given by", Kind.CHOICE, tuple(each.value for each in GrantedBy)),
        Field("seen", "Last seen", Kind.DATE),
        Field("ends", "Ends", Kind.DATE),
        Field("since", "Member since", Kind.DATE),
    )
}


def roles() -> Sequence[Role]:
    """Every role, in the order they were made; the built-in ones first."""
    return db.session.scalars(select(Role).order_by(Role.is_built_in.desc(), Role.id)).all()


def member_by_address(email: str) -> Member | None:
    """The member with this address, however they stand."""
    address = email.strip().lower()
    return db.session.scalar(select(Member).join(Member.person).where(Person.email == address))


def members_matching(filter: Filter, text: str = "") -> Select[Member]:  # noqa: A002  the word of the grammar
    """Select members under `filter` whose name or address contains `text`."""
    query = select(Member).where(where(filter, MEMBER_FIELDS, _columns()))
    if text:
        query = query.where(or_(contains(_NAME, text), contains(_EMAIL, text)))
    return query.options(joinedload(Member.invited_by))


def members_order(key: str, *, descending: bool) -> Order:
    return Order(SORTS[key], Member.id, descending)


def presences(members: Sequence[Member]) -> dict[int, Presence]:
    """How each of these members stands, by id."""
    ids = [member.id for member in members]
    query = select(Member.id, _state(), _WAY, _SEEN).where(Member.id.in_(ids))
    return {row[0]: Presence(*row[1:]) for row in db.session.execute(query)}


def with_presence(query: Select[Member]) -> Iterator[tuple[Member, Presence]]:
    """Each member of `query` with how they stand, as a stream."""
    rows = query.add_columns(_state(), _WAY, _SEEN).execution_options(yield_per=1000)
    for member, *facts in db.session.execute(rows):
        yield member, Presence(*facts)


def members_by_state() -> dict[str, int]:
    """How many members there are in every state."""
    states = select(_state().label("state")).subquery()
    counted = select(states.c.state, func.count()).group_by(states.c.state)
    found = {row[0]: row[1] for row in db.session.execute(counted)}
    return {state: found.get(state, 0) for state in STATES}


def latest_lines_by(member: Member, count: int = 10) -> Sequence[TrailLine]:
    """What the member did last, the latest first."""
    theirs = select(TrailLine).where(TrailLine.actor_id == member.person_id)
    return db.session.scalars(theirs.order_by(TrailLine.id.desc()).limit(count)).all()


def untold_endings() -> Sequence[Member]:
    """Who was invited by somebody and has at most three days left."""
    now = clock.now()
    return db.session.scalars(
        select(Member).where(
            Member.invited_by_id.is_not(None),
            Member.ends_at > now,
            Member.ends_at <= now + TOLD_BEFORE,
            Member.state == MemberState.ACTIVE,
        )
    ).all()


def _state() -> Any:
    """As portal.queries.actors lets them in: whose time is over, or who left, has ended."""
    over = or_(Member.ends_at <= clock.now(), Standing.PAST.value == _STANDING)
    return case((over, ENDED), else_=type_coerce(Member.state, String()))


def _columns() -> Columns:
    return {
        "state": _state(),
        "role": _ROLE,
        "name": _NAME,
        "email": _EMAIL,
        "standing": _STANDING,
        "way": _WAY,
        "given": Member.granted_by,
        "seen": _SEEN,
        "ends": Member.ends_at,
        "since": Member.created_at,
    }
