"""Somebody arrives from an identity provider: let in by its terms and rules, or turned away.

Which of it happens is decided in policies.arrivals; here it is done, and written down.
"""

from typing import Any

from sqlalchemy import select

from policies.arrivals import Identity, address_of
from policies.errors import Denied
from policies.permissions import Actor
from policies.scopes import ADMIN
from portal import clock
from portal.db import db
from portal.models import IdentityProvider, Member, Person, Role
from portal.models.member import GrantedBy
from portal.queries.arrivals import Arrival, arrival_of
from portal.usecases.sessions import end_sessions_of
from portal.usecases.trail import record
from portal.usecases.unit import usecase


def receive_identity(provider: IdentityProvider, identity: Identity, *, by: Actor) -> Person:
    """The person whom a verified `identity` means, with the role its rules give them now.

    A person unknown so far is added where the provider makes members. Denied, with the
    sentence for them, where they are turned away; that is in the trail as well.
    """
    person, refusal = judge_arrival(provider, identity, by=by)
    if person is None or refusal:
        raise Denied(refusal)
    return person


@usecase
def judge_arrival(
    provider: IdentityProvider, identity: Identity, *, by: Actor
) -> tuple[Person | None, str]:
    """Do what becomes of an arrival: the person who is let in, or the sentence why not.

    A role that the rules no longer give is taken away even where they refuse its holder.
    """
    _take_turns(provider)
    arrival = arrival_of(provider, identity)
    judgement, person = arrival.judgement, arrival.person
    if judgement.refusal:
        _turn_away(provider, arrival, by)
        return None, judgement.refusal
    person = person or _add_person(provider, identity, by)
    role = _apply_role(provider, arrival, person, by)
    if role == ADMIN and provider.is_enabled:
        provider.admin_came_at = clock.now()
    record("identity accepted", provider, by=_actor(person, by), **_told(arrival), role=role)
    return person, ""


@usecase
def refuse_arrival(provider: IdentityProvider, why: str, *, by: Actor, **details: Any) -> None:
    """Write down that a sign-in by `provider` failed before it said who came."""
    record("sign-in refused", provider, by=by, why=why, **details)


def _take_turns(provider: IdentityProvider) -> None:
    """One arrival at a time: two that come at once make one person, and one last Admin."""
    mine = select(IdentityProvider).where(IdentityProvider.id == provider.id)
    db.session.scalars(mine.with_for_update()).one()


def _add_person(provider: IdentityProvider, identity: Identity, by: Actor) -> Person:
    address = address_of(identity)
    name = " ".join(identity.name.split())[:200] or address
    person = Person(email=address, name=name, created_at=clock.now())
    db.session.add(person)
    record("person added", person, by=by, email=address, provider=provider.name)
    return person


def _apply_role(
    provider: IdentityProvider, arrival: Arrival, person: Person | None, by: Actor
) -> str:
    """Give, change or take the role as judged; its name as it is now."""
    member, role = arrival.member, arrival.judgement.role
    if person is None or (member.role.name if member else "") == role:
        return role
    if member is None:
        _give_role(provider, person, role, by)
    elif role:
        was, member.role = member.role.name, _role(role)
        record("role changed", member, by=by, person=person.name, was=was, now=role)
    else:
        record("member removed", member, by=by, person=person.name, role=member.role.name,
               why=f"the rules of {provider.name} no longer give a role")  # fmt: skip
        db.session.delete(member)
    return role


def _give_role(provider: IdentityProvider, person: Person, role: str, by: Actor) -> None:
    db.session.flush()
    member = Member(
        person_id=person.id,
        role_id=_role(role).id,
        created_at=clock.now(),
        granted_by=GrantedBy.SSO,
    )
    db.session.add(member)
    record("member added", member, by=by, person=person.name, role=role, provider=provider.name)


def _role(name: str) -> Role:
    return db.session.scalars(select(Role).where(Role.name == name)).one()


def _turn_away(provider: IdentityProvider, arrival: Arrival, by: Actor) -> None:
    """Nobody is proved to be `person` here, so nothing is done to them but what rules took."""
    person, address = arrival.person, address_of(arrival.identity)
    if person is not None and arrival.member is not None and not arrival.judgement.role:
        _apply_role(provider, arrival, person, by)
        end_sessions_of(person, f"turned away by {provider.name}", by=by)
    why, domain = arrival.judgement.refusal, address.rpartition("@")[2]
    told = _told(arrival)
    if person is None:  # an address that is nobody's here stays out of the trail
        why = why.replace(address or "\0", f"somebody at {domain}")
    else:
        told["person"] = person.id
    record("identity refused", provider, by=by, why=why, domain=domain, **told)


def _told(arrival: Arrival) -> dict[str, Any]:
    """What the trail keeps of an identity: the names of its claims, and the value that matched."""
    rule = arrival.rule
    told: dict[str, Any] = {"claims": sorted(arrival.identity.claims)}
    if rule is not None:
        told["rule"] = {"claim": rule.claim, "value": rule.value, "position": rule.position}
        told["rules_give"] = rule.role.name if rule.role else "employee"
    if arrival.judgement.remark:
        told["remark"] = arrival.judgement.remark
    return told


def _actor(person: Person, by: Actor) -> Actor:
    if person.id is None:
        db.session.flush()
    return Actor(person.id, person.name, method=by.method)
