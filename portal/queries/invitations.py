"""Judging an invitation before it goes out, and showing the letter it would be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from policies.invitations import LIFE, Invitee, is_outside
from policies.letter_kinds import Text
from policies.letters import written
from portal import clock
from portal.config import current_config
from portal.db import db
from portal.letterhead import without_foot
from portal.models import Link, Member, Person, Role
from portal.models.member import MemberState
from portal.models.person import Standing
from portal.queries.letters import HIDDEN
from portal.queries.links import is_open
from portal.queries.roles import overview_of
from portal.queries.settings import setting

_UNSAID = "What that opens, you see once you are in."


@dataclass(frozen=True)
class Invitation:
    """What is asked for: who, as what, until when. `is_external`: they are said to be external."""

    people: Sequence[Invitee]
    role: Role
    ends_at: datetime | None = None
    is_external: bool = False

    @property
    def problems(self) -> list[Invitee]:
        return [each for each in self.people if each.problem]


def judged(asked: Invitation) -> Invitation:
    """The same, with the sentence for everybody who cannot be invited like this."""
    addresses = [each.address for each in asked.people]
    people = db.session.scalars(select(Person).where(Person.email.in_(addresses)))
    known = {str(person.email): person for person in people}
    ids = [person.id for person in known.values()]
    found = db.session.scalars(select(Member).where(Member.person_id.in_(ids)))
    members = {member.person_id: member for member in found}
    said = [_judged(each, asked, known.get(each.address), members) for each in asked.people]
    return replace(asked, people=said)


def invitation_letter(asked: Invitation, invitee: Invitee, sender: str) -> Text:
    """The letter that this person would get, its link left out."""
    name = db.session.scalar(select(Person.name).where(Person.email == invitee.address))
    facts = {
        "name": name or invitee.name or invitee.address,
        "organisation": setting("organisation"),
        "sender": sender,
        **invitation_facts(asked.role, asked.ends_at),
    }
    text = written("member-invitation", facts)
    link = current_config().base_url if setting("sign_in_only_by_sso") else HIDDEN
    body, _ = without_foot(text.body)
    return Text(text.subject, body.replace("{link}", link), text.button)


def invitation_facts(role: Role, ends_at: datetime | None) -> Mapping[str, Any]:
    """What an invitation says of the role, its end, and how one comes in."""
    how = f"Follow this link to come in. It works once, until {clock.now() + LIFE:%-d %B %Y}:"
    if setting("sign_in_only_by_sso"):
        how = "Sign in here, with single sign-on:"
    return {
        "how": how,
        "role": role.name,
        "role_means": overview_of(role).description or _UNSAID,
        "ends": f"Your access ends at the end of {ends_at:%-d %B %Y} (UTC)." if ends_at else "",
    }


def open_invitations(person_id: int) -> Sequence[Link]:
    """The invitation links of this person that can still be followed."""
    theirs = Link.person_id == person_id, Link.purpose == "invitation", Link.used_at.is_(None)
    links = db.session.scalars(select(Link).where(*theirs).order_by(Link.id))
    return [link for link in links if is_open(link)]


def _judged(
    invitee: Invitee, asked: Invitation, person: Person | None, members: Mapping[int, Member]
) -> Invitee:
    if invitee.problem:
        return invitee
    member = members.get(person.id) if person else None
    said = _membership_problem(member) if member else _standing_problem(invitee, asked, person)
    return replace(invitee, problem=said)


def _membership_problem(member: Member) -> str:
    if member.state is MemberState.PENDING:
        return "Was invited already. Send the invitation again from their page."
    return f"Is a member already, as {member.role.name}. Change that on their page."


def _standing_problem(invitee: Invitee, asked: Invitation, person: Person | None) -> str:
    if person is not None and person.standing is Standing.PAST:
        return f"{person.name} has left the organisation."
    if asked.is_external:
        return ""
    if person is not None and person.standing is Standing.EXTERNAL:
        return f"{person.name} is external. Tick “External people” and give their last day."
    domains = setting("member_domains")
    if is_outside(invitee.address, domains):
        return (
            f"Is outside {', '.join(domains)}. If this person is external, tick “External "
            "people” and give their last day."
        )
    return ""
