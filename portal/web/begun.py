"""Sign-ins under way at a SAML provider: what was asked is kept in the browser that asked.

The answer comes as a form from another site, with which browsers send no cookie of ours but
one that is meant for it (SameSite=None). It is signed, lasts half an hour, and goes to the
provider's addresses only. Over plain http browsers take no such cookie; then only a provider
on the same site works, as on one machine.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from flask import Response, request, url_for
from flask_login import current_user
from itsdangerous import BadData, URLSafeTimedSerializer

from portal import clock
from portal.config import current_config
from portal.tokens import token_for

SECONDS = 30 * 60
PREFIX = "countersign_saml"
PROOF = 32  # characters; RelayState may be 80 bytes long (SAML bindings 3.4.3)


@dataclass(frozen=True)
class Begun:
    """One sign-in under way: what was asked of which provider, in which session, and why.

    `again`: for a fresh proof; `trial`: by an Admin who only wants to see what would come.
    """

    request_id: str
    key: str
    at: float
    session_id: int | None = None
    next: str = ""
    again: bool = False
    trial: bool = False

    @property
    def moment(self) -> datetime:
        return clock.now() - timedelta(seconds=clock.now().timestamp() - self.at)


def begin_sign_in(request_id: str, key: str, **kept: Any) -> Begun:
    """A sign-in that begins now, in the session of this request if there is one."""
    session_id = current_user.session_id if current_user.is_authenticated else None
    return Begun(request_id, key, clock.now().timestamp(), session_id, **kept)


def relay_of(begun: Begun) -> str:
    """What the provider hands back: which sign-in it is, and a proof that we said so."""
    return f"{begun.request_id}.{token_for('saml', begun.request_id)[:PROOF]}"


def remember(begun: Begun, response: Response) -> Response:
    """Keep it in the browser until the provider answers."""
    secure = current_config().base_url.startswith("https://")
    response.set_cookie(
        _name(begun.request_id),
        _signer().dumps(asdict(begun)),
        max_age=SECONDS,
        path=_path(begun.key),
        secure=secure,
        httponly=True,
        samesite="None" if secure else "Lax",
    )
    return response


def recall(relay: str, key: str) -> Begun | None:
    """The sign-in that `relay` names, if this very browser began it at this provider."""
    request_id, _, _ = relay.partition(".")
    try:
        kept: Mapping[str, Any] = _signer().loads(
            request.cookies.get(_name(request_id), ""), max_age=SECONDS
        )
    except BadData:
        return None
    begun = replace(Begun("", "", 0.0), **kept)
    return begun if begun.key == key and relay_of(begun) == relay else None


def forget(begun: Begun, response: Response) -> Response:
    """It has ended, well or not."""
    response.delete_cookie(_name(begun.request_id), path=_path(begun.key))
    return response


def _name(request_id: str) -> str:
    return PREFIX + request_id[:9]


def _path(key: str) -> str:
    return url_for("saml.acs", key=key)


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_config().secret_key, salt="saml sign-in")
