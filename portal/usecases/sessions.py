"""Sessions: opened by whoever proved who they are, kept alive, ended."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, or_, select, update

from policies.permissions import Actor
from policies.signing_in import FORGOTTEN_AFTER
from portal import clock
from portal.config import current_config
from portal.db import db
from portal.models import Attempts, HeldForm, IdentityProvider, Link, Person, Session
from portal.models.session import Reach
from portal.tokens import hash_of, new_nonce, seal
from portal.usecases.first_visits import member_came, owner_came
from portal.usecases.trail import record
from portal.usecases.unit import bookkeeping, usecase

LONGEST_AGENT = 200
SEEN_SECONDS = 60
KEPT = timedelta(days=90)


@dataclass(frozen=True)
class Proof:
    """How somebody proved who they are: in words for the evidence, and by what."""

    method: str
    reach: Reach = Reach.FULL
    link: Link | None = None
    provider: IdentityProvider | None = None
    subject: str = ""
    index: str = ""
    id_token: str = ""


@dataclass(frozen=True)
class Browser:
    """Where they sit, as far as a browser tells."""

    address: str = ""
    agent: str = ""


@usecase
def open_session(
    person: Person, proof: Proof, browser: Browser = Browser(), *, by: Actor
) -> tuple[Session, str]:
    """A new session of this person, and the token for its cookie; it is stored nowhere else."""
    token, now = new_nonce(), clock.now()
    session = Session(
        token_hash=hash_of(token),
        person_id=person.id,
        link_id=proof.link.id if proof.link else None,
        provider_id=proof.provider.id if proof.provider else None,
        reach=proof.reach,
        method=proof.method,
        created_at=now,
        seen_at=now,
        proved_at=now,
        address=browser.address,
        agent=browser.agent[:LONGEST_AGENT],
        subject=proof.subject,
        index=proof.index,
        id_token=seal(proof.id_token) if proof.id_token else "",
    )
    db.session.add(session)
    record("signed in", session, by=by, reach=proof.reach, address=browser.address)
    if proof.reach is Reach.FULL:
        member_came(person, by=by)
    if proof.reach is not Reach.TASKS:
        owner_came(person, by=by)
    return session, token


@bookkeeping
def note_seen(session: Session) -> None:
    """Remember that its person did something just now."""
    session.seen_at = clock.now()


@usecase
def renew_session(session: Session, method: str, *, by: Actor) -> str:
    """Its person proved again who they are, by `method`: a new token for the cookie, and the
    old one opens nothing any more."""
    token = new_nonce()
    session.token_hash, session.proved_at = hash_of(token), clock.now()
    record("identity proved again", session, by=by, how=method)
    return token


@usecase
def end_session(session: Session, why: str = "signed out", *, by: Actor) -> None:
    """End one session; nothing happens where it ended before."""
    if session.ended_at is None:
        session.ended_at, session.ended_why = clock.now(), why
        record("session ended", session, by=by, why=why, person=session.person_id)


@usecase
def end_sessions_of(person: Person, why: str, *, except_id: int | None = None, by: Actor) -> int:
    """End every session of the person, but the one of `except_id`; how many there were."""
    theirs = (Session.person_id == person.id, Session.ended_at.is_(None))
    ids = [i for i in db.session.scalars(select(Session.id).where(*theirs)) if i != except_id]
    if ids:
        ended = update(Session).where(Session.id.in_(ids))
        db.session.execute(ended.values(ended_at=clock.now(), ended_why=why))
        record("sessions ended", person, by=by, why=why, count=len(ids))
    return len(ids)


@bookkeeping
def tidy_sessions() -> int:
    """Delete what nobody asks for any more: sessions that ended, or could at the latest have
    ended, 90 days ago; counts of failures and kept forms of yesterday. How many sessions."""
    now = clock.now()
    latest = now - KEPT - timedelta(hours=current_config().session_hours)
    old = or_(Session.ended_at < now - KEPT, Session.created_at < latest)
    ids = list(db.session.scalars(select(Session.id).where(old)))
    db.session.execute(delete(Session).where(old))
    db.session.execute(delete(Attempts).where(Attempts.last_at < now - FORGOTTEN_AFTER))
    db.session.execute(delete(HeldForm).where(HeldForm.created_at < now - FORGOTTEN_AFTER))
    return len(ids)
