"""Who somebody is once they are in: their rights, as of now."""

from sqlalchemy import select

from policies.permissions import Actor
from policies.scopes import ADMIN, Access, Scope
from portal import clock
from portal.db import db
from portal.models import ApplicationOwner, Member, Person, Role
from portal.models.member import MemberState
from portal.models.person import Standing
from portal.models.session import Reach
from portal.queries.settings import setting

_KNOWN = {scope.value for scope in Scope}


def actor_for(person: Person, reach: Reach, method: str) -> Actor | None:
    """The person with what they may do in a session of this `reach`; None if nothing any more.

    A session that reaches only tasks gives nobody more than their own tasks, whatever role
    they hold. A full one gives a member their role. A suspended member, or one whose time is
    over, is let in neither by that nor as an owner.
    """
    if person.standing is Standing.PAST:
        return None
    if reach is Reach.TASKS:
        return Actor(person.id, person.name, method=method)
    member = member_of(person.id)
    if member is not None and not is_present(member):
        return None
    owns = _owned(person, is_member=member is not None)
    if member is None or reach is Reach.OWNER:
        return Actor(person.id, person.name, method=method, owns=owns)
    role = member.role
    is_admin = role.is_built_in and role.name == ADMIN
    return Actor(person.id, person.name, scopes_of(role), is_admin, method, role.name, owns)


def scopes_of(role: Role) -> dict[Scope, Access]:
    """What the role gives, scope by scope; what it does not name it does not give."""
    return {Scope(s.scope): Access(s.access) for s in role.scopes if s.scope in _KNOWN}


def is_present(member: Member) -> bool:
    """Whether the membership is neither suspended nor at its end."""
    over = member.ends_at is not None and member.ends_at <= clock.now()
    return member.state is not MemberState.SUSPENDED and not over


def member_of(person_id: int) -> Member | None:
    return db.session.scalar(select(Member).where(Member.person_id == person_id))


def _owned(person: Person, *, is_member: bool) -> frozenset[int]:
    """Ids of the applications that open for their owner: a member's always, an employee's
    where the organisation lets owners in, an external person's never."""
    let_in = person.standing is Standing.CURRENT and setting("owners_can_access")
    if not (is_member or let_in):
        return frozenset()
    mine = ApplicationOwner.person_id == person.id
    return frozenset(db.session.scalars(select(ApplicationOwner.application_id).where(mine)))
