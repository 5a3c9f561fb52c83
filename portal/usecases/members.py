"""Members and the built-in roles."""

from datetime import datetime

from sqlalchemy import delete, insert, select

from policies.errors import IllegalMove, Invalid
from policies.permissions import ADMINISTER, Actor, require
from policies.scopes import BUILT_IN_ROLES
from portal import clock
from portal.db import db
from portal.models import Link, Member, Person, Role, RoleScope
from portal.models.member import GrantedBy, MemberState
from portal.models.person import Standing
from portal.queries.actors import member_of
from portal.queries.admins import keeps_an_admin, lasting_admins
from portal.queries.links import active_member_by_email, unused_links
from portal.queries.owner_access import let_in_by_address
from portal.queries.roles import role_named, role_overviews
from portal.queries.settings import setting
from portal.usecases.letters import write_letter
from portal.usecases.links import write_link
from portal.usecases.sessions import end_sessions_of
from portal.usecases.trail import record
from portal.usecases.unit import usecase

MOST_SIGN_INS = 5  # unused ones in the last hour


@usecase
def install_roles(*, by: Actor) -> None:
    """Make the built-in roles what policies.scopes says. Safe to run at every start."""
    for name, wanted in BUILT_IN_ROLES.items():
        role = db.session.scalar(select(Role).where(Role.name == name)) or _new_role(name)
        db.session.flush()
        if {s.scope: s.access for s in role.scopes} == {
            k.value: v.value for k, v in wanted.items()
        }:
            continue
        db.session.execute(delete(RoleScope).where(RoleScope.role_id == role.id))
        rows = [
            {"role_id": role.id, "scope": k.value, "access": v.value} for k, v in wanted.items()
        ]
        db.session.execute(insert(RoleScope), rows)
        db.session.expire(role)
        record("role installed", role, by=by, scopes={k.value: v.label for k, v in wanted.items()})


@usecase
def add_member(
    email: str, role_name: str, *, name: str = "", until: datetime | None = None, by: Actor
) -> Member:
    """Make the person with this email a member with this role, present from now on, whatever
    they were before. `until` is the moment it ends; external people need one.

    A person not yet known is added by `name` (or the email itself). Invalid where that cannot be.
    """
    require(ADMINISTER, by, None)
    lasting_admins()  # whoever adds members waits for their turn
    role = role_named(role_name)
    if role is None:
        names = (each.role.name for each in role_overviews())
        raise Invalid(f"There is no role “{role_name}”. Roles: {', '.join(names)}.")
    person = known_person(email, name, by=by)
    _require_end(person, until)
    member = member_of(person.id) or _new_member(person, role)
    was = {"role": member.role.name, "state": member.state, "ends": member.ends_at}
    if until is not None or role.id != member.role_id:
        keeps_an_admin(member, role if until is None else None)
    member.role, member.ends_at, member.state = role, until, MemberState.ACTIVE
    member.granted_by = GrantedBy.HAND
    record("member added", member, by=by, person=person.name, role=role.name, ends=until, was=was)
    return member


@usecase
def change_member_role(member: Member, role: Role, *, by: Actor) -> None:
    """Give the member another role, from their next request on. It is then given by hand:
    rules of single sign-on or provisioning leave it alone."""
    _take(member, by)
    if member.role_id == role.id and member.granted_by is GrantedBy.HAND:
        return
    keeps_an_admin(member, role)
    was, by_whom = member.role.name, member.granted_by
    member.role, member.granted_by = role, GrantedBy.HAND
    record(
        *("role changed", member),
        by=by,
        person=member.person.name,
        was=was,
        now=role.name,
        was_given_by=by_whom,
    )


@usecase
def set_member_end(member: Member, ends_at: datetime | None, *, by: Actor) -> None:
    """Set the moment from which the member is let in no more; None takes it away.

    Invalid for an external person without one; IllegalMove for the last lasting Admin.
    """
    _take(member, by)
    _require_end(member.person, ends_at)
    if ends_at == member.ends_at:
        return
    if ends_at is not None:
        keeps_an_admin(member)
    was, member.ends_at = member.ends_at, ends_at
    record("member end set", member, by=by, person=member.person.name, was=was, now=ends_at)


@usecase
def suspend_member(member: Member, *, by: Actor) -> int:
    """Let the member in no more, and end their sessions at once; how many there were."""
    _take(member, by)
    if member.state is not MemberState.ACTIVE:
        raise IllegalMove(f"{member.person.name} is {member.state.value} and has nothing to lose.")
    if member.person_id == by.person_id:
        raise IllegalMove("You cannot suspend yourself. Another Admin can.")
    keeps_an_admin(member)
    member.state = MemberState.SUSPENDED
    record("member suspended", member, by=by, person=member.person.name, role=member.role.name)
    return end_sessions_of(member.person, "suspended", by=by)


@usecase
def reinstate_member(member: Member, *, by: Actor) -> None:
    """Let a suspended member in again, with the role they had."""
    _take(member, by)
    if member.state is not MemberState.SUSPENDED:
        raise IllegalMove(f"{member.person.name} is not suspended.")
    member.state = MemberState.ACTIVE
    record("member reinstated", member, by=by, person=member.person.name, role=member.role.name)


@usecase
def tell_inviter(member: Member, *, by: Actor) -> None:
    """Write to whoever invited the member that their time ends soon, once for each end."""
    inviter, ends = member.invited_by, member.ends_at
    if inviter is None or ends is None:
        return
    write_letter(
        *("member-ends", inviter),
        key=f"member-ends:{member.id}:{ends:%Y%m%dT%H%M%S}",
        by=by,
        member=member.person.name,
        role=member.role.name,
        ends=f"{ends:%-d %B %Y}",
    )


@usecase
def known_person(email: str, name: str = "", *, is_external: bool = False, by: Actor) -> Person:
    """The person with this address; one nobody knew so far is added. Invalid without an "@"."""
    address = email.strip().lower()
    if "@" not in address:
        raise Invalid(f"“{email}” is not an email address.")
    person = db.session.scalar(select(Person).where(Person.email == address))
    if person is None:
        standing = Standing.EXTERNAL if is_external else Standing.CURRENT
        person = Person(
            email=address, name=name or address, standing=standing, created_at=clock.now()
        )
        db.session.add(person)
        record("person added", person, by=by, email=address, standing=standing)
    return person


@usecase
def sign_in_link(member: Member, *, by: Actor) -> Link:
    """A link that signs the member in, once."""
    return write_link(member.person, "sign-in", by=by)


@usecase
def send_sign_in_link(email: str, *, target: str = "", by: Actor) -> None:
    """Write a sign-in letter to an active member, or to an app owner who may come in.

    For any other address nothing happens, nor where so many unused ones lie there that somebody
    else must be asking, nor where only single sign-on is taken. `target`: the path it leads to.
    """
    member = active_member_by_email(email)
    person = member.person if member else let_in_by_address(email)
    if person is None or setting("sign_in_only_by_sso"):
        return
    if unused_links(person.id) < MOST_SIGN_INS:
        link = write_link(person, "sign-in", target=target, by=by)
        write_letter("sign-in", person, key=f"sign-in:{link.id}", link=link, by=by)


def _new_role(name: str) -> Role:
    role = Role(name=name, is_built_in=True)
    db.session.add(role)
    return role


def _new_member(person: Person, role: Role) -> Member:
    member = Member(person=person, role=role, created_at=clock.now(), state=MemberState.ACTIVE)
    db.session.add(member)
    db.session.flush()
    return member


def _take(member: Member, by: Actor) -> None:
    """Lock the row before a rule looks at it; the Admins' first, as `keeps_an_admin` does, so
    that two Admins who demote each other wait for one another instead of crosswise."""
    require(ADMINISTER, by, None)
    lasting_admins()
    db.session.refresh(member, with_for_update={"of": Member})


def _require_end(person: Person, ends_at: datetime | None) -> None:
    if person.standing is Standing.EXTERNAL and ends_at is None:
        raise Invalid(f"{person.name} is external, and comes for a time: give the last day.")
