"""Finding personal links, and who is behind them."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Select, func, select

from policies.permissions import Actor
from portal import clock
from portal.config import current_config
from portal.db import db
from portal.models import Link, Member, Person
from portal.models.person import Standing
from portal.models.session import Reach
from portal.queries.actors import actor_for, is_present
from portal.queries.settings import setting
from portal.tokens import hash_of, token_for

METHODS = {
    "sign-in": "one-time sign-in link",
    "tasks": "personal link sent by email",
    "owner": "invitation sent by email",
    "invitation": "invitation sent by email",
    "password": "password chosen by a link",
}
REACHES = {
    "sign-in": Reach.FULL,
    "tasks": Reach.TASKS,
    "owner": Reach.OWNER,
    "invitation": Reach.FULL,
    "password": Reach.FULL,
}
ONCE = {"sign-in", "invitation", "password"}
BREAK_GLASS = "command line"  # how whoever writes a link there came in; see Link.written_by


def link_for_token(token: str) -> Link | None:
    """The link a token opens, used or expired as it may be; None for a token never written, or
    one that opens a shared report and lets nobody in."""
    mine = Link.token_hash == hash_of(token), Link.purpose != "share"
    return db.session.scalar(select(Link).where(*mine))


def url_of(link: Link) -> str:
    """The address that goes into the letter."""
    way = "shared" if link.purpose == "share" else "in"
    return f"{current_config().base_url}/{way}/{token_for(link.purpose, link.nonce)}"


def is_open(link: Link) -> bool:
    """Whether the link may still be followed."""
    spent = link.purpose in ONCE and link.used_at is not None
    return not spent and link.revoked_at is None and clock.now() < link.expires_at


def actor_behind(link: Link) -> Actor | None:
    """Whom this link signs in, with their rights as of now; None if it lets nobody in any more.

    It may have been followed by now: a link that works once is not closed for whom it let in.
    """
    if link.revoked_at or (link.purpose not in ONCE and not is_open(link)):
        return None
    if _ended(link):
        return None
    return actor_for(link.person, REACHES[link.purpose], METHODS[link.purpose])


def active_member_by_email(email: str) -> Member | None:
    """The member who may sign in with this address."""
    found = db.session.scalar(
        select(Member)
        .join(Member.person)
        .where(Person.email == email.strip().lower(), Person.standing != Standing.PAST)
    )
    return found if found is not None and is_present(found) else None


def closed_why(link: Link) -> str:
    """Why the link opens nothing; "" where it does. Where only single sign-on is taken, links
    that sign in are closed, but for those written on the command line."""
    if not is_open(link):
        return "This link has expired, was used already, or was withdrawn."
    signs_in = REACHES[link.purpose] is Reach.FULL
    if signs_in and setting("sign_in_only_by_sso") and link.written_by != BREAK_GLASS:
        return "Sign in with single sign-on: links by email are switched off."
    return ""


def open_links(person_id: int, purpose: str) -> Sequence[Link]:
    """The person's links of this purpose that can still be followed."""
    return [link for link in db.session.scalars(_unused(person_id, purpose)) if is_open(link)]


def unused_links(person_id: int, purpose: str = "sign-in") -> int:
    """How many links of this purpose the person could still follow."""
    return len(open_links(person_id, purpose))


def lately_written(person_id: int, purpose: str) -> int:
    """How many such links would still be good, had none of them been closed by a newer one."""
    query = _unused(person_id, purpose).with_only_columns(func.count())
    return db.session.scalar(query) or 0


def _unused(person_id: int, purpose: str) -> Select[Link]:
    mine = Link.person_id == person_id, Link.purpose == purpose
    return select(Link).where(*mine, Link.used_at.is_(None), Link.expires_at > clock.now())


def _ended(link: Link) -> bool:
    """A sign-in lasts SESSION_HOURS from its start, however busy one is."""
    life = timedelta(hours=current_config().session_hours)
    return link.used_at is not None and clock.now() > link.used_at + life
