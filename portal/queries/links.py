"""Finding personal links, and who is behind them."""

from datetime import timedelta

from sqlalchemy import select

from policies.permissions import Actor
from policies.scopes import ADMIN, Access, Scope
from portal import clock
from portal.config import current_config
from portal.db import db
from portal.models import Link, Member, Person
from portal.models.member import MemberState
from portal.models.person import Standing
from portal.tokens import hash_of, token_for

METHODS = {"sign-in": "one-time sign-in link", "tasks": "personal link sent by email"}


def link_for_token(token: str) -> Link | None:
    """The link a token opens, used or expired as it may be; None for a token never written."""
    return db.session.scalar(select(Link).where(Link.token_hash == hash_of(token)))


def url_of(link: Link) -> str:
    """The address that goes into the letter."""
    return f"{current_config().base_url}/in/{token_for(link.purpose, link.nonce)}"


def is_open(link: Link) -> bool:
    """Whether the link may still be followed."""
    spent = link.purpose == "sign-in" and link.used_at is not None
    return not spent and link.revoked_at is None and clock.now() < link.expires_at


def actor_behind(link: Link) -> Actor | None:
    """Who is signed in by `link`, with their rights as of now; None if that ended.

    A sign-in link gives a member their role. A link to tasks gives nobody more than
    their own tasks, whatever role they hold.
    """
    person = link.person
    if link.revoked_at or person.standing is Standing.PAST:
        return None
    method = METHODS[link.purpose]
    if link.purpose == "tasks":
        return Actor(person.id, person.name, method=method) if is_open(link) else None
    member = member_of(person.id)
    if _ended(link) or member is None or member.state is not MemberState.ACTIVE:
        return None
    scopes = {Scope(s.scope): Access(s.access) for s in member.role.scopes if s.scope in _KNOWN}
    return Actor(person.id, person.name, scopes, member.role.name == ADMIN, method)


def member_of(person_id: int) -> Member | None:
    return db.session.scalar(select(Member).where(Member.person_id == person_id))


def active_member_by_email(email: str) -> Member | None:
    """The member who may sign in with this address."""
    return db.session.scalar(
        select(Member)
        .join(Member.person)
        .where(
            Person.email == email.strip().lower(),
            Person.standing != Standing.PAST,
            Member.state == MemberState.ACTIVE,
        )
    )


def unused_sign_ins(person_id: int) -> int:
    """How many sign-in links of this person can still be followed."""
    links = db.session.scalars(
        select(Link).where(
            Link.person_id == person_id,
            Link.purpose == "sign-in",
            Link.used_at.is_(None),
            Link.expires_at > clock.now(),
        )
    )
    return sum(map(is_open, links))


def _ended(link: Link) -> bool:
    """A sign-in lasts SESSION_HOURS from its start, however busy one is."""
    life = timedelta(hours=current_config().session_hours)
    return link.used_at is not None and clock.now() > link.used_at + life


_KNOWN = {scope.value for scope in Scope}
