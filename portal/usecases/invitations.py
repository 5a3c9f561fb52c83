"""Invitations: sent, sent again, withdrawn. They are accepted by coming in (first_visits)."""

from collections.abc import Sequence

from policies.errors import IllegalMove, Invalid
from policies.permissions import ADMINISTER, Actor, require
from portal import clock
from portal.db import db
from portal.models import Member
from portal.models.member import GrantedBy, MemberState
from portal.queries.actors import is_present
from portal.queries.admins import lasting_admins
from portal.queries.invitations import Invitation, invitation_facts, judged, open_invitations
from portal.queries.settings import setting
from portal.usecases.letters import write_letter
from portal.usecases.links import revoke_link, write_link
from portal.usecases.members import known_person
from portal.usecases.trail import record
from portal.usecases.unit import usecase

FIRST_PAGE = "/you/password"  # where the link leads: to choosing a password


@usecase
def invite_members(asked: Invitation, *, by: Actor) -> Sequence[Member]:
    """Invite everybody, in the name of `by`; each gets a letter with a link of their own.

    Invalid, and nobody is invited, where anybody cannot be.
    """
    require(ADMINISTER, by, None)
    if asked.is_external and asked.ends_at is None:
        raise Invalid("External people come for a time: give their last day.")
    lasting_admins()  # two who invite take turns: the second sees whom the first invited
    wrong = judged(asked).problems
    if wrong:
        raise Invalid(" ".join(f"{each.typed}: {each.problem}" for each in wrong))
    return [_invite(asked, each.address, each.name, by) for each in asked.people]


@usecase
def invite_again(member: Member, *, by: Actor) -> None:
    """Write a new invitation; the links of the ones before are closed."""
    _take_pending(member, by)
    if not is_present(member):
        raise IllegalMove("The last day is over. Set a later one first.")
    _close_links(member, by)
    member.invited_at, member.invited_by_id = clock.now(), by.person_id
    record("member invited again", member, by=by, person=member.person.name, role=member.role.name)
    _write_invitation(member, by)


@usecase
def revoke_invitation(member: Member, *, by: Actor) -> None:
    """Withdraw an invitation nobody has followed: its link is closed, the member is gone."""
    _take_pending(member, by)
    _close_links(member, by)
    record(*("invitation revoked", member), by=by, person=member.person.name, role=member.role.name)
    db.session.delete(member)


def _invite(asked: Invitation, address: str, name: str, by: Actor) -> Member:
    person = known_person(address, name, is_external=asked.is_external, by=by)
    member = Member(
        person=person,
        role=asked.role,
        state=MemberState.PENDING,
        created_at=clock.now(),
        granted_by=GrantedBy.HAND,
        ends_at=asked.ends_at,
        invited_at=clock.now(),
        invited_by_id=by.person_id,
    )
    db.session.add(member)
    db.session.flush()
    record(
        *("member invited", member),
        by=by,
        person=person.name,
        role=asked.role.name,
        ends=asked.ends_at,
        external=asked.is_external,
    )
    _write_invitation(member, by)
    return member


def _write_invitation(member: Member, by: Actor) -> None:
    link = None
    if not setting("sign_in_only_by_sso"):
        link = write_link(member.person, "invitation", target=FIRST_PAGE, by=by)
    write_letter(
        *("member-invitation", member.person),
        key=f"member-invitation:{member.id}:{member.invited_at:%Y%m%dT%H%M%S%f}",
        link=link,
        by=by,
        **invitation_facts(member.role, member.ends_at),
    )


def _take_pending(member: Member, by: Actor) -> None:
    require(ADMINISTER, by, None)
    db.session.refresh(member, with_for_update={"of": Member})
    if member.state is not MemberState.PENDING:
        raise IllegalMove(f"{member.person.name} has come in already.")


def _close_links(member: Member, by: Actor) -> None:
    for link in open_invitations(member.person_id):
        revoke_link(link, by=by)
