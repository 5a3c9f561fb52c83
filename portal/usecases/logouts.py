"""Somebody signed out at their identity provider: their sessions here end as well."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from policies.errors import Stale
from policies.permissions import Actor
from portal import clock
from portal.db import db
from portal.models import IdentityProvider, SeenAssertion, Session
from portal.tokens import hash_of
from portal.usecases.trail import record
from portal.usecases.unit import usecase


@usecase
def follow_logout(
    provider: IdentityProvider,
    *,
    jti: str,
    until: datetime,
    subject: str = "",
    index: str = "",
    by: Actor,
) -> int:
    """End the sessions that `provider` knows by `subject`, by its session `index`, or by both.

    How many there were. Stale where a notice with this `jti` came before; it is remembered
    `until` it could no longer be believed anyway.
    """
    _remember(provider, jti, until)
    ended = _running(provider, subject, index)
    for session in ended:
        session.ended_at, session.ended_why = clock.now(), f"signed out at {provider.name}"
    people = sorted({session.person_id for session in ended})
    record("sessions ended elsewhere", provider, by=by, count=len(ended), people=people)
    return len(ended)


def _remember(provider: IdentityProvider, jti: str, until: datetime) -> None:
    mine = select(IdentityProvider).where(IdentityProvider.id == provider.id)
    db.session.scalars(mine.with_for_update()).one()  # two copies of one notice take turns
    key = (provider.id, hash_of(f"logout:{jti}"))
    if db.session.get(SeenAssertion, key) is not None:
        raise Stale("This notice came before.")
    db.session.add(SeenAssertion(provider_id=key[0], id_hash=key[1], expires_at=until))


def _running(provider: IdentityProvider, subject: str, index: str) -> Sequence[Session]:
    query = select(Session).where(Session.provider_id == provider.id, Session.ended_at.is_(None))
    if subject:
        query = query.where(Session.subject == subject)
    if index:
        query = query.where(Session.index == index)
    return db.session.scalars(query).all() if subject or index else ()
