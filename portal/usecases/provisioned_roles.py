"""The role that comes with a provisioned person: userType names it, its absence means none."""

from policies.errors import Invalid
from policies.permissions import Actor
from portal import clock
from portal.db import db
from portal.models import Member, Person, Role
from portal.models.member import GrantedBy
from portal.queries.actors import member_of
from portal.queries.admins import keeps_an_admin
from portal.queries.provisioning import role_names
from portal.queries.roles import role_named
from portal.usecases.trail import record


def give_role(person: Person, user_type: str, *, before: str, by: Actor) -> None:
    """Give the role that `user_type` names, or take away the one that provisioning gave by what
    it said `before`. A step of the use-cases of provisioning.

    A role granted by hand is kept, and the trail says so. Raises Invalid where no role has the
    name, IllegalMove where the last Admin would lose theirs.
    """
    if not user_type and not before:
        return
    role = _role(user_type) if user_type else None
    member = member_of(person.id)
    if member is None:
        _make_member(person, role, by)
    elif member.granted_by is GrantedBy.HAND:
        _note_kept(member, role, by)
    elif role is None:
        _remove(member, by)
    else:
        _change(member, role, by)


def _role(name: str) -> Role:
    role = role_named(name)
    if role is None:
        known = ", ".join(role_names())
        raise Invalid(f"There is no role “{name}” for userType. Roles: {known}.")
    return role


def _make_member(person: Person, role: Role | None, by: Actor) -> None:
    if role is None:
        return
    member = Member(
        person_id=person.id, role_id=role.id, granted_by=GrantedBy.SCIM, created_at=clock.now()
    )
    db.session.add(member)
    record("member added", member, by=by, person=person.name, role=role.name, was_role=None)


def _note_kept(member: Member, role: Role | None, by: Actor) -> None:
    if role is not None and role.id != member.role_id:
        why = "a role given by hand is changed by hand only"
        record("role kept", member, by=by, why=why, role=member.role.name, said=role.name)


def _remove(member: Member, by: Actor) -> None:
    keeps_an_admin(member)
    record("member removed", member, by=by, person=member.person.name, was_role=member.role.name)
    db.session.delete(member)


def _change(member: Member, role: Role, by: Actor) -> None:
    if role.id != member.role_id:
        keeps_an_admin(member, role)
        was, member.role = member.role.name, role
        record("role changed", member, by=by, person=member.person.name, role=[was, role.name])
    member.granted_by = GrantedBy.SCIM
