"""Members and the built-in roles."""

from sqlalchemy import delete, insert, select

from policies.errors import Invalid
from policies.permissions import ADMINISTER, Actor, require
from policies.scopes import BUILT_IN_ROLES
from portal import clock
from portal.db import db
from portal.models import Link, Member, Person, Role, RoleScope
from portal.queries.actors import member_of
from portal.queries.links import active_member_by_email, unused_links
from portal.queries.settings import setting
from portal.usecases.letters import write_letter
from portal.usecases.links import write_link
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
def add_member(email: str, role_name: str, *, name: str = "", by: Actor) -> Member:
    """Make the person with this email a member with this role; Invalid if there is no such role.

    A person not yet known is added by `name` (or the email itself).
    """
    require(ADMINISTER, by, None)
    role = db.session.scalar(select(Role).where(Role.name == role_name))
    if role is None:
        raise Invalid(f"There is no role “{role_name}”. Roles: {', '.join(BUILT_IN_ROLES)}.")
    person = _person(email, name, by)
    member = member_of(person.id)
    if member is None:
        member = Member(person_id=person.id, role_id=role.id, created_at=clock.now())
        db.session.add(member)
    was, member.role_id = member.role_id, role.id
    record("member added", member, by=by, person=person.name, role=role.name, was_role=was)
    return member


@usecase
def sign_in_link(member: Member, *, by: Actor) -> Link:
    """A link that signs the member in, once."""
    return write_link(member.person, "sign-in", by=by)


@usecase
def send_sign_in_link(email: str, *, target: str = "", by: Actor) -> None:
    """Write a sign-in letter to an active member. For any other address nothing happens,
    nor where so many unused ones lie there that somebody else must be asking, nor where only
    single sign-on is taken. `target`: the path it leads to."""
    member = active_member_by_email(email)
    if member is None or setting("sign_in_only_by_sso"):
        return
    if unused_links(member.person_id) < MOST_SIGN_INS:
        link = write_link(member.person, "sign-in", target=target, by=by)
        write_letter("sign-in", member.person, key=f"sign-in:{link.id}", link=link, by=by)


def _new_role(name: str) -> Role:
    role = Role(name=name, is_built_in=True)
    db.session.add(role)
    return role


def _person(email: str, name: str, by: Actor) -> Person:
    address = email.strip().lower()
    if "@" not in address:
        raise Invalid(f"“{email}” is not an email address.")
    person = db.session.scalar(select(Person).where(Person.email == address))
    if person is None:
        person = Person(email=address, name=name or address, created_at=clock.now())
        db.session.add(person)
        record("person added", person, by=by, email=address)
    return person
