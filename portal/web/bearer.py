"""Doors for API tokens: what comes with one is let in by it, and by nothing else."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, cast

import structlog
from flask import g, request
from flask.typing import ResponseReturnValue
from flask_limiter import RateLimitExceeded
from werkzeug.exceptions import Forbidden, TooManyRequests, Unauthorized

from policies.permissions import Actor, Permission, can
from portal import clock
from portal.queries.api_tokens import Shown, token_ended, token_shown
from portal.usecases.api_tokens import USED_SECONDS, note_token_used
from portal.web.limits import limiter

View = Callable[..., ResponseReturnValue]

# Counted are refusals only: a provider with a good token is never held up.
_refusals = limiter.shared_limit("20/minute;200/hour", scope="refused API tokens")
_NO_TOKEN = "Send an API token of this portal: “Authorization: Bearer cst_...”."  # noqa: S105  no secret
_NOT_KNOWN = "This API token is not known, was revoked or has expired."
_TOO_OFTEN = "Refused too often from this address. Wait a minute, then try again."

log = structlog.stdlib.get_logger("countersign.web")


def bears(permission: Permission[Any], view: View) -> View:
    """`view`, for whoever shows an API token whose actor holds `permission`.

    401 for anything else; 429 for an address that was refused too often.
    """

    @wraps(view)
    def guarded(**url: Any) -> ResponseReturnValue:
        g.bearer = _bearer()
        if not can(permission, g.bearer, None):
            raise Forbidden(permission.refusal(g.bearer, None))
        return view(**url)

    guarded.__access__ = permission  # type: ignore[attr-defined]  # read by the house's tests
    return guarded


def bearer() -> Actor:
    """The actor of the token that came with this request."""
    return cast(Actor, g.bearer)


def actor_of(token: Shown) -> Actor:
    """Whoever acts by this token."""
    name = f"{token.name} (API token)"
    return Actor(None, name, method="API token", purpose=token.purpose.value)


def _bearer() -> Actor:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        return _refuse(_NO_TOKEN)
    token = token_shown(text.strip())
    if token is None:
        return _refuse(_NOT_KNOWN)
    if why := token_ended(token):
        log.warning("API token refused", token=token.name, why=why)
        return _refuse(_NOT_KNOWN)
    actor, used = actor_of(token), token.last_used_at
    if used is None or clock.now() - used >= timedelta(seconds=USED_SECONDS):
        note_token_used(token.id)
    return actor


def _refuse(sentence: str) -> Actor:
    try:
        with _refusals:
            raise Unauthorized(sentence)
    except RateLimitExceeded as often:
        raise TooManyRequests(_TOO_OFTEN) from often
