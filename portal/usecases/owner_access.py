"""Letting app owners in, and out again; inviting them; what they remember of us."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select, update

from policies.errors import IllegalMove
from policies.lifecycle import LetterState
from policies.permissions import ADMINISTER, ENTER_PORTAL, Actor, require
from portal import clock
from portal.db import db
from portal.models import Letter, Link, Member, OwnerVisit, Person, Session, Setting
from portal.models.session import Reach
from portal.queries.owner_access import (
    INVITATION,
    KEY,
    Owned,
    held_invitations,
    owned_by,
    owners_to_invite,
    owners_to_invite_again,
)
from portal.queries.settings import setting
from portal.usecases.letters import write_letter
from portal.usecases.links import write_link
from portal.usecases.trail import record
from portal.usecases.unit import usecase

GRACE = timedelta(seconds=30)  # in which the invitations can be withdrawn
CLOSED = "access of app owners switched off"


@usecase
def let_owners_in(*, by: Actor) -> int:
    """Let app owners in from now on; those never invited get a letter once the grace is over.

    Returns how many letters were written.
    """
    row = _take_switch(by)
    if row.value:
        raise IllegalMove("App owners can come in already.")
    row.value = True
    people = owners_to_invite()
    record("app owners admitted", row, by=by, was=False, now=True, invited=len(people))
    held_until = clock.now() + GRACE
    _invite_all(people, by, held_until=held_until)
    return len(people)


@usecase
def withdraw_invitations(*, by: Actor) -> int:
    """Take back what let_owners_in began, as long as its letters wait; how many there were."""
    row = _take_switch(by)
    letters = held_invitations()
    if not letters:
        raise IllegalMove(
            "The 30 seconds are over, and the letters are on their way. Switch the access off "
            "instead; it ends at once."
        )
    row.value = False
    _withdraw(letters)
    ended = _close()
    record("owner invitations withdrawn", row, by=by, count=len(letters), sessions_ended=ended)
    return len(letters)


@usecase
def shut_owners_out(*, by: Actor) -> int:
    """End the access of app owners who are no members, at once; how many sessions ended.

    Nobody is written to, and who owns what stays.
    """
    row = _take_switch(by)
    if not row.value:
        raise IllegalMove("App owners cannot come in anyway.")
    row.value = False
    waiting = Letter.kind == INVITATION, Letter.state == LetterState.QUEUED
    letters = db.session.scalars(select(Letter).where(*waiting)).all()
    _withdraw(letters)
    ended = _close()
    withdrawn = len(letters)
    record(
        *("app owners shut out", row),
        by=by,
        was=True,
        now=False,
        sessions_ended=ended,
        letters_withdrawn=withdrawn,
    )
    return ended


@usecase
def invite_new_owners(ids: Sequence[int], *, by: Actor) -> None:
    """Write to those of these people who own something for the first time, where owners may
    come in. Members, external people and whoever was invited before get nothing."""
    if ids and setting(KEY):
        _invite_all(owners_to_invite(ids), by)


@usecase
def invite_owners_again(ids: Sequence[int] | None, *, by: Actor) -> int:
    """Write a new letter to those of these people, or of all, who were invited and never came.

    Links of theirs before are closed. Returns how many letters were written.
    """
    if not _take_switch(by).value:
        raise IllegalMove("App owners cannot come in. Switch their access on first.")
    people = owners_to_invite_again(ids)
    _revoke_links([person.id for person in people])
    for person in people:
        record("owner invited again", person, by=by, email=person.email)
    _invite_all(people, by, again=f":{clock.now():%Y%m%dT%H%M%S%f}")
    return len(people)


@usecase
def close_guide(*, by: Actor) -> None:
    """Remember that this person has read the guide for owners."""
    require(ENTER_PORTAL, by, None)
    if not by.owns:
        return
    person = db.session.get_one(Person, by.person_id)
    visit = db.session.get(OwnerVisit, person.id) or _first_visit(person)
    if visit.guide_closed_at is None:
        visit.guide_closed_at = clock.now()
        record("guide closed", person, by=by)


def _first_visit(person: Person) -> OwnerVisit:
    visit = OwnerVisit(person_id=person.id, came_at=clock.now(), seen_at=clock.now())
    db.session.add(visit)
    return visit


def _take_switch(by: Actor) -> Setting:
    """The row of the setting, locked: whoever switches waits for whoever was first."""
    require(ADMINISTER, by, None)
    row = db.session.get(Setting, KEY, with_for_update=True, populate_existing=True)
    if row is None:
        row = Setting(key=KEY, value=False)
        db.session.add(row)
        db.session.flush()
    return row


def _invite_all(
    people: Sequence[Person], by: Actor, *, again: str = "", held_until: datetime | None = None
) -> None:
    owned = owned_by([person.id for person in people])
    for person in people:
        _invite(person, owned[person.id], again, held_until, by)


def _invite(
    person: Person, owned: Sequence[Owned], again: str, held_until: datetime | None, by: Actor
) -> None:
    only_sso = setting("sign_in_only_by_sso")
    link = None if only_sso else write_link(person, "owner", by=by)
    write_letter(
        *(INVITATION, person),
        key=f"{INVITATION}:{person.id}{again}",
        by=by,
        link=link,
        held_until=held_until,
        applications="\n".join(f"- {each.name}" for each in owned),
        application_ids=[each.application_id for each in owned],
        how=_how(link),
    )


def _how(link: Link | None) -> str:
    if link is None:
        return "Sign in here, with single sign-on:"
    return (
        "Follow this link to come in; you need no password. It is personal: whoever holds it "
        f"acts in your name. It works until {link.expires_at:%-d %B %Y}:"
    )


def _withdraw(letters: Sequence[Letter]) -> None:
    """They are not sent. Their keys are given free, so that they can be written another time."""
    for letter in letters:
        letter.state = LetterState.WITHDRAWN
        letter.key = f"{letter.key}:withdrawn:{letter.id}"


def _close() -> int:
    """Revoke every link of owners, and end every session that only an owner has."""
    _revoke_links(None)
    by_letter = and_(
        Session.reach == Reach.FULL,
        Session.provider_id.is_(None),
        Session.person_id.not_in(select(Member.person_id)),
    )
    theirs = Session.ended_at.is_(None), or_(Session.reach == Reach.OWNER, by_letter)
    ids = list(db.session.scalars(select(Session.id).where(*theirs)))
    ended = update(Session).where(Session.id.in_(ids))
    db.session.execute(ended.values(ended_at=clock.now(), ended_why=CLOSED))
    return len(ids)


def _revoke_links(ids: Sequence[int] | None) -> None:
    open_ = Link.purpose == "owner", Link.revoked_at.is_(None)
    links = update(Link).where(*open_)
    if ids is not None:
        links = links.where(Link.person_id.in_(ids))
    db.session.execute(links.values(revoked_at=clock.now()))
