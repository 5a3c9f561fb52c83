"""Assertions are good once: each is remembered for as long as it could be shown again."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from portal import clock
from portal.db import db
from portal.models import IdentityProvider, SeenAssertion
from portal.saml.refusal import NotAccepted
from portal.tokens import hash_of
from portal.usecases.unit import bookkeeping

MARGIN = timedelta(minutes=10)  # past its end; far more than clocks of our machines differ

REPLAYED = (
    "This answer of the identity provider was used before; each is good once. "
    "Begin again at the sign-in page."
)


@bookkeeping
def spend_assertion(provider: IdentityProvider, assertion_id: str, until: datetime) -> None:
    """Take an assertion, or NotAccepted where it was taken before. Of two requests that bring
    it at the same moment the table's key lets one through."""
    hashed = hash_of(f"assertion:{assertion_id}")
    db.session.add(
        SeenAssertion(provider_id=provider.id, id_hash=hashed, expires_at=until + MARGIN)
    )
    try:
        db.session.flush()
    except IntegrityError:
        raise NotAccepted("replayed", REPLAYED) from None


@bookkeeping
def forget_assertions() -> None:
    """Drop what is too old to be believed anyway."""
    db.session.execute(delete(SeenAssertion).where(SeenAssertion.expires_at < clock.now()))
