"""Finding API tokens, and whether they still open anything."""

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from portal import clock
from portal.db import db
from portal.models import Token
from portal.tokens import hash_of

_SHOWN = select(Token).where(Token.token_hash == bindparam("hash"))  # at every request


def token_shown(text: str) -> Token | None:
    """The token whose text this is, however it stands with it."""
    return db.session.scalar(_SHOWN, {"hash": hash_of(text)})


def token_ended(token: Token) -> str:
    """Why the token opens nothing any more; an empty text while it does."""
    if token.revoked_at is not None:
        return "revoked"
    return "expired" if token.expires_at <= clock.now() else ""


def all_tokens() -> Sequence[Token]:
    """Every token there ever was, the newest first."""
    return db.session.scalars(select(Token).order_by(Token.id.desc())).all()
