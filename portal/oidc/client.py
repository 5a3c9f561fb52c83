"""The sign-in itself: the browser is sent to the provider, and what it brings back is verified.

Discovery, the authorization code flow with PKCE (S256), state and nonce are Authlib's; what
Authlib leaves open is closed here: the audience, the algorithms, the issuer of the discovery
document, which of its fields are used, and where connections may go (portal.outgoing).
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authlib.integrations.flask_client import FlaskOAuth2App, OAuth
from authlib.integrations.requests_client import OAuth2Session
from flask import request, session

from portal.oidc import ALGORITHMS, Client, SignInFailed
from portal.oidc.failures import OTHER_BROWSER, understood
from portal.outgoing import make_outgoing

FIELDS = (
    *("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"),
    *("end_session_endpoint", "token_endpoint_auth_methods_supported", "scopes_supported"),
    *("id_token_signing_alg_values_supported", "code_challenge_methods_supported"),
    *("backchannel_logout_supported", "backchannel_logout_session_supported"),
)
NEEDED = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
BEGUN_AT_ONCE = 3  # sign-ins one browser may have under way; each lies in its cookie
REPROVED_SECONDS = 600
REMEMBERED_SECONDS = 300
WELL_KNOWN = "/.well-known/openid-configuration"


@dataclass(frozen=True)
class Answer:
    """Who came, by verified claims, and what was kept since the sign-in began."""

    claims: Mapping[str, Any]
    id_token: str
    kept: Mapping[str, Any]


class _Session(OAuth2Session):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        make_outgoing(self)


class _App(FlaskOAuth2App):
    client_cls = _Session
    expected_issuer = ""
    server_metadata: dict[str, Any]

    def load_server_metadata(self) -> dict[str, Any]:
        """The provider's own description, of which only known fields are taken."""
        if "_loaded_at" in self.server_metadata:
            return self.server_metadata
        until, known = _descriptions.get(self.expected_issuer, (0.0, {}))
        if until < time.monotonic():
            super().load_server_metadata()
            known = _judged(self.server_metadata, self.expected_issuer)
            _descriptions[self.expected_issuer] = time.monotonic() + REMEMBERED_SECONDS, known
        self.server_metadata = dict(known)
        return self.server_metadata

    def _get_oauth_client(self, **metadata: Any) -> Any:
        offered = metadata.get("token_endpoint_auth_methods_supported")
        posted = offered and "client_secret_basic" not in offered
        method = "client_secret_post" if posted else "client_secret_basic"
        metadata["token_endpoint_auth_method"] = method if self.client_secret else "none"
        return super()._get_oauth_client(**metadata)


# What providers say of themselves, by issuer, and until when it is taken as still true. Their
# keys are no part of it: those are asked for each time, so that a changed key holds at once.
_descriptions: dict[str, tuple[float, dict[str, Any]]] = {}


def discovered(client: Client) -> Mapping[str, Any]:
    """The provider's description of itself, asked for anew; SignInFailed where it has none."""
    _descriptions.pop(client.issuer, None)
    with understood(client.name):
        described: Mapping[str, Any] = _app(client).load_server_metadata()
        return described


def begin(client: Client, callback: str, *, again: bool = False, **kept: Any) -> str:
    """Begin a sign-in in this browser: the address at the provider to send it to.

    `again` asks for a fresh proof, even of somebody who is signed in there. `kept` comes
    back with the answer.
    """
    app = _app(client)
    asked = {"prompt": "login", "max_age": "0"} if again else {}
    with understood(client.name):
        begun = app.create_authorization_url(callback, **asked)
    address = begun.pop("url")
    if not address.startswith(("https://", "http://")):
        raise SignInFailed(f"{client.name} names no address to sign in at.")
    _forget_oldest(client)
    kept |= {"again": again, "redirect_uri": callback}
    app.framework.set_state_data(session, begun["state"], {**begun, **kept})
    return str(address)


def finish(client: Client) -> Answer:
    """Verify what this request brings back from the provider; SignInFailed if it is nothing."""
    app = _app(client)
    state = request.args.get("state", "")
    kept = app.framework.get_state_data(session, state)
    if kept is None:
        raise SignInFailed(OTHER_BROWSER)
    with understood(client.name):
        try:
            if request.args.get("iss", client.issuer).rstrip("/") != client.issuer.rstrip("/"):
                raise SignInFailed(f"This answer is not from {client.name}.")
            token = app.authorize_access_token(claims_options=_expected(app, client))
            claims = _all_claims(app, client, token)
        finally:
            app.framework.clear_state_data(session, state)
    if kept["again"] and _is_stale(claims):
        raise SignInFailed(f"{client.name} did not ask you again who you are. Sign out there.")
    return Answer(claims, str(token["id_token"]), kept)


def farewell_address(client: Client, id_token: str, back: str) -> str:
    """Where to sign out at the provider as well (RP-initiated logout); "" if nowhere."""
    with understood(client.name):
        app = _app(client)
        address = app.load_server_metadata().get("end_session_endpoint", "")
        if not str(address).startswith(("https://", "http://")):
            return ""
        hint = {"id_token_hint": id_token} if id_token else {}
        return str(
            app.create_logout_url(
                post_logout_redirect_uri=back, client_id=client.client_id, **hint
            )["url"]
        )


def signing_keys(client: Client) -> Mapping[str, Any]:
    """The provider's keys as of now, as a JWK set; SignInFailed where it does not say."""
    with understood(client.name):
        keys: Mapping[str, Any] = _app(client).fetch_jwk_set(force=True)
        return keys


def _app(client: Client) -> Any:
    # One for each request, from the row: what is changed in Settings holds at once.
    app = _App(
        OAuth.framework_integration_cls(client.key),
        client.key,
        client_id=client.client_id,
        client_secret=client.secret or None,
        server_metadata_url=client.issuer.rstrip("/") + WELL_KNOWN,
        client_kwargs={"scope": client.scopes, "code_challenge_method": "S256"},
        user_agent="Countersign",
    )
    app.expected_issuer = client.issuer
    return app


def _judged(said: Mapping[str, Any], issuer: str) -> dict[str, Any]:
    missing = [name for name in NEEDED if not isinstance(said.get(name), str)]
    if missing:
        raise SignInFailed(f"The description at {issuer} lacks: {', '.join(missing)}.")
    if said["issuer"].rstrip("/") != issuer.rstrip("/"):
        raise SignInFailed(f"The description at {issuer} is that of another issuer.")
    kept = {name: said[name] for name in FIELDS if name in said}
    offered = set(said.get("id_token_signing_alg_values_supported") or ["RS256"])
    kept["id_token_signing_alg_values_supported"] = [a for a in ALGORITHMS if a in offered]
    return {**kept, "_loaded_at": time.time()}


def _expected(app: Any, client: Client) -> dict[str, Any]:
    """What Authlib checks besides times and nonce. It leaves the audience to us."""
    issuer = app.load_server_metadata()["issuer"]
    return {
        "iss": {"essential": True, "value": issuer},
        "aud": {"essential": True, "value": client.client_id},
    }


def _all_claims(app: Any, client: Client, token: Mapping[str, Any]) -> dict[str, Any]:
    """The claims of the ID token, and those that the provider says only when asked for them."""
    said = token.get("userinfo")
    if not said or "id_token" not in token:
        raise SignInFailed(f"{client.name} sent no ID token. Is “openid” among the scopes?")
    if "userinfo_endpoint" not in app.load_server_metadata():
        return dict(said)
    more = app.userinfo(token=token)
    if more.get("sub") != said["sub"]:  # OpenID Connect Core 5.3.2
        raise SignInFailed(f"{client.name} speaks of two different people.")
    return {**more, **said}


def _is_stale(claims: Mapping[str, Any]) -> bool:
    """Whether they were asked long ago. Not every provider says when; then it was asked to."""
    asked = claims.get("auth_time")
    return isinstance(asked, int | float) and time.time() - asked > REPROVED_SECONDS


def _forget_oldest(client: Client) -> None:
    begun = [name for name in session if name.startswith("_state_")]
    begun.sort(key=lambda name: float(session[name].get("exp", 0)))
    for name in begun[: max(0, len(begun) - BEGUN_AT_ONCE + 1)]:
        session.pop(name)
