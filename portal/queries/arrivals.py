"""What is known of somebody who arrives from an identity provider, and what they would get."""

from dataclasses import dataclass

from sqlalchemy import select

from policies.arrivals import Identity, Judgement, Known, Terms, address_of, first_match, judge
from portal.db import db
from portal.models import IdentityProvider, Member, Person, RoleRule
from portal.models.member import GrantedBy, MemberState
from portal.models.person import Standing
from portal.models.provider import Unmatched
from portal.queries.actors import is_present, member_of
from portal.queries.admins import lasting_admins


@dataclass(frozen=True)
class Arrival:
    """An identity, whom it means here, the rule that holds, and what becomes of it."""

    identity: Identity
    person: Person | None
    member: Member | None
    rule: RoleRule | None
    judgement: Judgement


def arrival_of(provider: IdentityProvider, identity: Identity) -> Arrival:
    """What would become of `identity` if it came by `provider` now. Nothing is changed."""
    address = address_of(identity)
    person = person_by_email(address) if address else None
    member = member_of(person.id) if person else None
    rule = first_match(provider.rules, identity.claims)
    ruled = None if rule is None else rule.role.name if rule.role else ""
    judgement = judge(identity, terms_of(provider), _known(person, member), ruled)
    return Arrival(identity, person, member, rule, judgement)


def person_by_email(address: str) -> Person | None:
    """The person with this address, which must be in lower case."""
    return db.session.scalar(select(Person).where(Person.email == address))


def terms_of(provider: IdentityProvider) -> Terms:
    """The terms of the provider, as policies.arrivals reads them."""
    return Terms(
        provider.name,
        tuple(provider.domains),
        provider.creates_members,
        provider.unmatched is Unmatched.REFUSE,
    )


def _known(person: Person | None, member: Member | None) -> Known:
    if person is None:
        return Known()
    return Known(
        is_known=True,
        is_past=person.standing is Standing.PAST,
        is_external=person.standing is Standing.EXTERNAL,
        role=member.role.name if member else "",
        by_rule=member is not None and member.granted_by is GrantedBy.SSO,
        closed=_closed(member) if member else "",
        is_last_admin=list(lasting_admins()) == [member],
    )


def _closed(member: Member) -> str:
    if is_present(member):
        return ""
    suspended = member.state is MemberState.SUSPENDED
    return "Your membership is suspended." if suspended else "Your membership has ended."
