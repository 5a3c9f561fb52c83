"""Signing in by OpenID Connect: off to the provider, back with an answer, and out again.

The one place where a page waits for the outside world: who somebody is cannot be known later.
"""

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, abort, redirect, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_login import current_user

from policies.claims import identity_of, left_out
from policies.errors import Denied, Refusal
from policies.permissions import ADMINISTER, SYSTEM, Actor, can
from portal import clock
from portal.config import current_config
from portal.models import IdentityProvider, Session
from portal.models.provider import ProviderKind
from portal.oidc import SignInFailed
from portal.oidc.logout import NotALogout, read_logout
from portal.queries.arrivals import arrival_of
from portal.queries.providers import client_of, provider_by_key
from portal.tokens import unseal
from portal.usecases.arrivals import receive_identity, refuse_arrival
from portal.usecases.logouts import follow_logout
from portal.usecases.providers import note_trial
from portal.usecases.sessions import Proof
from portal.web.access import current_actor, public, requires
from portal.web.away import farewell, go_outside
from portal.web.limits import often
from portal.web.pages import page
from portal.web.returning import target_of
from portal.web.signin import sign_in

if TYPE_CHECKING:
    from portal.oidc.client import Answer

bp = Blueprint("oidc", __name__, url_prefix="/sso/<key>")


@bp.post("/start")
@public
@often
def start(key: str) -> ResponseReturnValue:
    """Off to the provider; with `again`, for a fresh proof of who is signed in already."""
    again = request.form.get("again") == "1"
    return _depart(_provider(key), again=again, next=request.form.get("next", ""))


@bp.post("/try")
@requires(ADMINISTER)
def try_out(key: str) -> ResponseReturnValue:
    """The same way, but at its end stands a page that says who would have come in."""
    return _depart(_provider(key, enabled=False), trial=current_actor().person_id)


@bp.get("/callback")
@public
@often
def callback(key: str) -> ResponseReturnValue:
    provider = _provider(key, enabled=False)
    try:
        answer = _protocol().finish(client_of(provider))
    except SignInFailed as failure:
        return _failed(provider, str(failure))
    if "trial" in answer.kept:
        return _tried(provider, answer)
    return _arrived(provider, answer) if provider.is_enabled else abort(404)


@bp.post("/logged-out")
@public
@often
def logged_out(key: str) -> ResponseReturnValue:
    """The provider itself says that somebody signed out there (back-channel logout)."""
    provider = _provider(key)
    client = client_of(provider)
    try:
        text = request.form.get("logout_token", "")
        keys = _protocol().signing_keys(client)
        notice = read_logout(text, keys, client, now=clock.now().timestamp())
        who = {"subject": notice.subject, "index": notice.index}
        follow_logout(provider, jti=notice.jti, until=notice.expires_at, **who, by=_by(provider))
    except (NotALogout, SignInFailed, Refusal) as problem:
        refuse_arrival(provider, f"logout notice: {problem}", by=_by(provider))
        return {"error": "invalid_request", "error_description": str(problem)}, 400
    return Response(status=200)


@bp.record_once
def _without_form_token(state: BlueprintSetupState) -> None:
    # The notice comes from a machine; its signature is what forms have a token for.
    state.app.extensions["csrf"].exempt(logged_out)


@farewell(ProviderKind.OIDC)
def _farewell(provider: IdentityProvider, session: Session) -> str:
    """Where to end the session at the provider, too; nowhere, where it does not answer."""
    if provider.config.get("stays_signed_in"):
        return ""
    back = current_config().base_url + url_for("session.door")
    try:
        id_token = unseal(session.id_token) if session.id_token else ""
        address: str = _protocol().farewell_address(client_of(provider), id_token, back)
        return address
    except (SignInFailed, ValueError):
        return ""


def _protocol() -> Any:
    """Authlib and what it stands on take 10 MB: they are loaded when somebody comes this way.

    It asks the provider while somebody waits, as a sign-in must.
    """
    from portal.oidc import client  # noqa: PLC0415  as said above

    return client


def _provider(key: str, *, enabled: bool = True) -> IdentityProvider:
    provider = provider_by_key(key)
    if provider is None or provider.kind is not ProviderKind.OIDC:
        abort(404)
    return provider if provider.is_enabled or not enabled else abort(404)


def _depart(provider: IdentityProvider, **kept: Any) -> ResponseReturnValue:
    here = current_config().base_url + url_for(".callback", key=provider.key)
    try:
        return go_outside(_protocol().begin(client_of(provider), here, **kept), provider.name)
    except SignInFailed as failure:
        return _failed(provider, str(failure))


def _arrived(provider: IdentityProvider, answer: "Answer") -> ResponseReturnValue:
    identity = _identity(provider, answer)
    by = _by(provider)
    try:
        person = receive_identity(provider, identity, by=by)
        if answer.kept["again"]:
            _require_same(person.id)
    except Denied as refusal:
        return _failed(provider, str(refusal), noted=True, code=403)
    known = {"subject": identity.subject, "index": identity.index, "id_token": identity.id_token}
    if sign_in(person, Proof(by.method, provider=provider, **known)) is None:
        return _failed(provider, "There is nothing here for you just now.", code=403)
    return redirect(target_of(str(answer.kept.get("next", ""))), 303)


def _require_same(person_id: int) -> None:
    """A fresh proof is of whoever is signed in, not of somebody else."""
    if current_user.is_authenticated and current_user.actor.person_id != person_id:
        name = current_user.actor.name
        raise Denied(f"You proved to be somebody else than {name}, who is signed in here.")


def _tried(provider: IdentityProvider, answer: "Answer") -> ResponseReturnValue:
    """The claims as they came, and what they would give; only for the Admin who asked."""
    asked = current_user.is_authenticated and current_user.actor.person_id == answer.kept["trial"]
    if not asked or not can(ADMINISTER, current_user.actor, None):
        return _failed(provider, "Only the Admin who began this trial can see how it ended.")
    note_trial(provider, by=current_user.actor)
    arrival = arrival_of(provider, _identity(provider, answer))
    missing = left_out(answer.claims)
    return page("oidc/trial.html", provider=provider, arrival=arrival, left_out=missing)


def _identity(provider: IdentityProvider, answer: "Answer") -> Any:
    claim = str(provider.config.get("email_claim") or "email")
    return identity_of(answer.claims, email_claim=claim, id_token=answer.id_token)


def _by(provider: IdentityProvider) -> Actor:
    """Whoever acts before it is known who came: the provider, in the name of the system."""
    return Actor(None, SYSTEM.name, method=f"single sign-on (OIDC, {provider.name})")


def _failed(
    provider: IdentityProvider, sentence: str, *, noted: bool = False, code: int = 400
) -> ResponseReturnValue:
    if not noted:
        refuse_arrival(provider, sentence, by=_by(provider))
    shown = page("oidc/failed.html", provider=provider, sentence=sentence)
    shown.status_code = code
    return shown
