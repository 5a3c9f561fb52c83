"""The two sides of a SAML provider: our key made, its description taken over, its logouts done."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from policies.errors import IllegalMove
from policies.permissions import ADMINISTER, Actor, require
from portal import clock
from portal.db import db
from portal.models import IdentityProvider, Session
from portal.saml.keys import facts_of_certificate, new_key_pair
from portal.saml.metadata import described
from portal.saml.trust import Theirs
from portal.tokens import seal
from portal.usecases.replays import spend_assertion
from portal.usecases.trail import record
from portal.usecases.unit import usecase

OTHER = (
    "This is the metadata of another provider ({}). Nothing was changed. To change over, enter "
    "the new provider's entity ID first."
)


@usecase
def make_own_keys(provider: IdentityProvider, *, by: Actor) -> None:
    """A key pair of our own for this provider; it must be told the new certificate."""
    require(ADMINISTER, by, None)
    secret, certificate = new_key_pair(f"Countersign {provider.key}", clock.now())
    provider.secret = seal(secret)
    provider.config = {**(provider.config or {}), "our_certificate": certificate}
    fingerprint = facts_of_certificate(certificate).fingerprint
    record("own key renewed", provider, by=by, fingerprint=fingerprint)


@usecase
def take_introduction(provider: IdentityProvider, theirs: Theirs, *, by: Actor) -> bool:
    """Take over what the provider's metadata says of it; whether anything was new.

    IllegalMove where it is another provider's than the one that was set up.
    """
    known = str((provider.config or {}).get("issuer") or theirs.issuer)
    if known != theirs.issuer:
        raise IllegalMove(OTHER.format(theirs.issuer))
    told = described(theirs)
    new = {name: value for name, value in told.items() if provider.config.get(name) != value}
    if new:
        provider.config = {**provider.config, **new}
        prints = [facts_of_certificate(pem).fingerprint for pem in theirs.certificates]
        record("metadata taken over", provider, by=by, changed=sorted(new), certificates=prints)
    return bool(new)


@usecase
def end_wished_sessions(
    provider: IdentityProvider,
    request_id: str,
    until: datetime,
    *,
    who: tuple[str, Sequence[str]],
    by: Actor,
) -> int:
    """End the running sessions of `who` (name, and indexes: none means all) at its wish.

    How many there were. NotAccepted where the same wish came before.
    """
    spend_assertion(provider, request_id, until)
    name, indexes = who
    theirs = (Session.provider_id == provider.id, Session.subject == name)
    query = select(Session).where(*theirs, Session.ended_at.is_(None))
    ended = db.session.scalars(query.where(Session.index.in_(indexes)) if indexes else query).all()
    for session in ended:
        session.ended_at, session.ended_why = clock.now(), f"signed out at {provider.name}"
    people = sorted({session.person_id for session in ended})
    record("sessions ended elsewhere", provider, by=by, count=len(ended), people=people)
    return len(ended)
