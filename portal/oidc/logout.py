"""Reading a logout token: a provider says that somebody signed out there.

OpenID Connect Back-Channel Logout 1.0, section 2.6. Whether it was seen before is for the
caller to know, by its `jti`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from portal.oidc import ALGORITHMS, Client

EVENT = "http://schemas.openid.net/event/backchannel-logout"
LEEWAY = 120  # seconds that two clocks may differ
LONGEST_LIFE = 600  # seconds; a token is used the moment it is made
LONGEST_TOKEN = 20_000


class NotALogout(ValueError):
    """The token does not say, in a way that can be believed, that somebody signed out."""


@dataclass(frozen=True)
class LogoutNotice:
    """Who signed out: by `subject`, by the provider's session `index`, or both."""

    subject: str
    index: str
    jti: str
    expires_at: datetime


def read_logout(text: str, keys: Mapping[str, Any], client: Client, *, now: float) -> LogoutNotice:
    """The notice in a logout token signed by one of `keys`; NotALogout with the reason."""
    if not text or len(text) > LONGEST_TOKEN:
        raise NotALogout("no logout token")
    try:
        token = jwt.decode(text, KeySet.import_key_set(keys), algorithms=list(ALGORITHMS))  # type: ignore[arg-type]  # a JWK set as it was sent
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise NotALogout(f"not signed by the provider ({type(error).__name__})") from error
    if str(token.header.get("typ", "logout+jwt")).lower() not in ("logout+jwt", "jwt"):
        raise NotALogout("another kind of token")
    return _judged(token.claims, client, now)


def _judged(claims: Mapping[str, Any], client: Client, now: float) -> LogoutNotice:
    _check_parties(claims, client)
    events = claims.get("events")
    if not isinstance(events, Mapping) or not isinstance(events.get(EVENT), Mapping):
        raise NotALogout("no logout event")
    if "nonce" in claims:
        raise NotALogout("a nonce, which is forbidden")
    subject, index, jti = (_text(claims, name) for name in ("sub", "sid", "jti"))
    if not jti or not (subject or index):
        raise NotALogout("nobody named")
    return LogoutNotice(subject, index, jti, _end(claims, now))


def _check_parties(claims: Mapping[str, Any], client: Client) -> None:
    meant = claims.get("aud")
    if str(claims.get("iss", "")).rstrip("/") != client.issuer.rstrip("/"):
        raise NotALogout("another issuer")
    if client.client_id not in (meant if isinstance(meant, list) else [meant]):
        raise NotALogout("another audience")


def _end(claims: Mapping[str, Any], now: float) -> datetime:
    """When it can no longer be replayed; NotALogout where that is already so."""
    made, ends = claims.get("iat"), claims.get("exp", now + LEEWAY)
    if not isinstance(made, int | float) or not isinstance(ends, int | float):
        raise NotALogout("no time")
    if made > now + LEEWAY or made < now - LONGEST_LIFE or ends < now - LEEWAY:
        raise NotALogout("expired, or not made yet")
    return datetime.fromtimestamp(made + LONGEST_LIFE + LEEWAY, UTC)


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name, "")
    return value if isinstance(value, str) else ""
