"""API tokens: made, used, revoked. Only by Admins."""

import secrets
from datetime import timedelta

from sqlalchemy import select

from policies.errors import Invalid
from policies.permissions import ADMINISTER, Actor, require
from portal import clock
from portal.db import db
from portal.models import Token
from portal.models.token import Purpose
from portal.tokens import hash_of
from portal.usecases.trail import record
from portal.usecases.unit import bookkeeping, usecase

DAYS = (30, 90, 180, 365, 730)
DEFAULT_DAYS = 365
LONGEST_NAME = 60
USED_SECONDS = 60
_MARK = "cst_"  # so that scanners of secrets know one when they see it
_SHOWN = 10


@usecase
def make_token(
    name: str, purpose: Purpose = Purpose.PROVISIONING, *, days: int = DEFAULT_DAYS, by: Actor
) -> tuple[Token, str]:
    """A new token good for `days`, and its text, which is kept nowhere. Raises Invalid where the
    name is empty, too long or taken, or where such a life is not offered."""
    require(ADMINISTER, by, None)
    name = _free_name(name)
    if days not in DAYS:
        raise Invalid(f"A token lives for {', '.join(map(str, DAYS))} days, not for {days}.")
    text, now = _MARK + secrets.token_urlsafe(32), clock.now()
    token = Token(
        name=name,
        purpose=purpose,
        prefix=text[:_SHOWN],
        token_hash=hash_of(text),
        created_at=now,
        created_by_id=by.person_id,
        created_by_name=by.name,
        expires_at=now + timedelta(days=days),
    )
    db.session.add(token)
    record("API token created", token, by=by, purpose=purpose, until=token.expires_at)
    return token, text


@usecase
def revoke_token(token: Token, *, by: Actor) -> None:
    """The token opens nothing from now on; nothing happens where it was revoked before."""
    require(ADMINISTER, by, None)
    if token.revoked_at is None:
        token.revoked_at = clock.now()
        record("API token revoked", token, by=by, purpose=token.purpose)


@bookkeeping
def note_token_used(token_id: int) -> None:
    """Remember that the token was shown just now."""
    db.session.get_one(Token, token_id).last_used_at = clock.now()


def _free_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise Invalid(f"Give the token a name of 1 to {LONGEST_NAME} characters.")
    if db.session.scalar(select(Token.id).where(Token.name == name)):
        raise Invalid(f"There is a token “{name}” already, perhaps a revoked one.")
    return name
