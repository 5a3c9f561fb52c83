"""Finding sessions, and who is in them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select

from policies.permissions import Actor
from policies.preview import as_seen_by
from portal import clock
from portal.config import current_config
from portal.db import db
from portal.models import Session
from portal.models.session import Reach
from portal.queries.actors import actor_for, scopes_of
from portal.tokens import hash_of


def session_for_token(token: str) -> Session | None:
    """The session whose cookie holds `token`, however it stands with it."""
    return db.session.scalar(select(Session).where(Session.token_hash == hash_of(token)))


def is_running(session: Session) -> bool:
    """Whether it was neither ended, nor left alone too long, nor is past its longest life."""
    withdrawn = session.link is not None and session.link.revoked_at is not None
    return session.ended_at is None and not withdrawn and clock.now() < ends_at(session)


def ends_at(session: Session) -> datetime:
    """When it ends by itself, if nothing more is done in it."""
    config = current_config()
    ends = [
        session.created_at + timedelta(hours=config.session_hours),
        session.seen_at + timedelta(minutes=config.session_idle_minutes),
    ]
    if session.link is not None and session.reach is not Reach.FULL:
        ends.append(session.link.expires_at)
    return min(ends)


def actor_in(session: Session) -> Actor | None:
    """Who is signed in by `session`, with their rights as of now; None if that ended."""
    if not is_running(session):
        return None
    actor = actor_for(session.person, session.reach, session.method)
    if actor is None:
        return None
    actor = replace(actor, session_id=session.id, proved_at=session.proved_at)
    role = session.preview_role if actor.is_admin else None
    return as_seen_by(actor, role.name, scopes_of(role)) if role else actor


def running_sessions(person_id: int) -> Sequence[Session]:
    """The person's sessions that still open something, the last seen first."""
    found = db.session.scalars(
        select(Session)
        .where(Session.person_id == person_id, Session.ended_at.is_(None))
        .order_by(Session.seen_at.desc(), Session.id.desc())
    )
    return [session for session in found if is_running(session)]


def sessions_seen_from(session: Session) -> Sequence[Session]:
    """The sessions that its person sees from within `session`: all of their own. Whoever came
    by a link sees those that came by one; the link may be in other hands."""
    mine = running_sessions(session.person_id)
    return [each for each in mine if session.reach is Reach.FULL or each.reach is session.reach]
