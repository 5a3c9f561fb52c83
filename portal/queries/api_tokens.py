"""Finding API tokens, and whether they still open anything."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.exc import DBAPIError

from portal import clock
from portal.db import db
from portal.models import Token
from portal.models.token import Purpose
from portal.tokens import hash_of


class Shown(NamedTuple):
    """What a door needs to know of a token."""

    id: int
    name: str
    purpose: Purpose
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


_COLUMNS = [getattr(Token, name) for name in Shown._fields]
_SHOWN = select(*_COLUMNS).where(Token.token_hash == bindparam("hash"))


def token_shown(text: str) -> Shown | None:
    """The token whose text this is, however it stands with it."""
    # At every request: without the session, which the change to come begins anew anyway.
    with db.engine.connect() as connection:
        row = connection.execute(_SHOWN, {"hash": hash_of(text)}).first()
    return Shown(*row) if row else None


def token_ended(token: Token | Shown) -> str:
    """Why the token opens nothing any more; an empty text while it does."""
    if token.revoked_at is not None:
        return "revoked"
    return "expired" if token.expires_at <= clock.now() else ""


def some_token_opens() -> bool:
    """Whether any token still opens anything; False where there is no table of them yet."""
    try:
        tokens = all_tokens()
    except DBAPIError:
        return False
    return any(not token_ended(token) for token in tokens)


def all_tokens() -> Sequence[Token]:
    """Every token there ever was, the newest first."""
    return db.session.scalars(select(Token).order_by(Token.id.desc())).all()
