"""Signing in by SAML 2.0: off to the provider, back with an assertion, and out again.

Nothing here waits for the outside world: the browser carries every message.
"""

from flask import Blueprint, Response, abort, flash, make_response, redirect, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from policies.errors import Denied
from policies.permissions import ADMINISTER, SYSTEM, Actor, can
from portal import clock
from portal.db import db
from portal.models import IdentityProvider, Session
from portal.models.provider import ProviderKind
from portal.queries.arrivals import arrival_of
from portal.queries.providers import provider_by_key
from portal.queries.saml import ours_of, trust_of
from portal.queries.sessions import actor_in
from portal.saml.answers import Answer, answer_in
from portal.saml.asking import address_to_ask, new_id
from portal.saml.facts import Asked
from portal.saml.leaving import (
    LogoutWish,
    address_to_confirm,
    address_to_leave,
    check_goodbye,
    wish_in_address,
    wish_in_form,
)
from portal.saml.metadata import our_metadata
from portal.saml.redirects import relay_in
from portal.saml.refusal import NotAccepted
from portal.saml.trust import Trust
from portal.usecases.arrivals import receive_identity, refuse_arrival
from portal.usecases.providers import note_trial
from portal.usecases.replays import spend_assertion
from portal.usecases.saml import end_wished_sessions
from portal.usecases.sessions import Proof, end_session
from portal.web.access import public, requires
from portal.web.away import farewell, go_outside
from portal.web.begun import Begun, begin_sign_in, forget, recall, relay_of, remember
from portal.web.limits import often
from portal.web.pages import page
from portal.web.returning import target_of
from portal.web.signin import sign_in

bp = Blueprint("saml", __name__, url_prefix="/saml/<key>")

UNFINISHED = "This way to sign in is not set up completely. An Admin can do that in Settings."
NOTHING_HERE = "There is nothing here for you just now."


@bp.get("/metadata")
@public
def metadata(key: str) -> Response:
    """Who we are, for the provider's administrator; it holds nothing secret."""
    body = our_metadata(ours_of(_provider(key, enabled=False)))
    return Response(body, mimetype="application/samlmetadata+xml")


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
    return _depart(_provider(key, enabled=False), trial=True)


@bp.post("/acs")
@public
@often
def acs(key: str) -> ResponseReturnValue:
    """The provider's answer, in a form of its own: its signature is what forms have a token for."""
    provider = _provider(key, enabled=False)
    begun = recall(request.form.get("RelayState", ""), key)
    response = make_response(_judged(provider, request.form, begun))
    return forget(begun, response) if begun else response


@bp.get("/sls")
@public
@often
def sls(key: str) -> ResponseReturnValue:
    """The provider ends sessions, or confirms that it ended its own."""
    provider = _provider(key)
    trust, query = _trust(provider), _query()
    try:
        if "SAMLResponse" in request.args:
            check_goodbye(query, trust, clock.now())
            return _signed_out()
        return _followed(provider, trust, wish_in_address(query, trust, clock.now()))
    except NotAccepted as failure:
        return _unconfirmed(provider, failure)


@bp.post("/sls")
@public
@often
def sls_form(key: str) -> ResponseReturnValue:
    """The same wish as a form."""
    provider = _provider(key)
    trust = _trust(provider)
    try:
        wish = wish_in_form(request.form.get("SAMLRequest", ""), trust, clock.now())
        return _followed(provider, trust, wish)
    except NotAccepted as failure:
        return _unconfirmed(provider, failure)


@bp.record_once
def _without_form_token(state: BlueprintSetupState) -> None:
    for view in (acs, sls_form):
        state.app.extensions["csrf"].exempt(view)


@farewell(ProviderKind.SAML)
def _farewell(provider: IdentityProvider, session: Session) -> str:
    """Where to end the session at the provider, too; nowhere, where it has no such address."""
    trust = trust_of(provider)
    stays = provider.config.get("stays_signed_in") or not session.subject
    if trust is None or not trust.theirs.slo or stays:
        return ""
    return address_to_leave(trust, session.subject, session.index, "", clock.now())


def _provider(key: str, *, enabled: bool = True) -> IdentityProvider:
    provider = provider_by_key(key)
    if provider is None or provider.kind is not ProviderKind.SAML:
        abort(404)
    return provider if provider.is_enabled or not enabled else abort(404)


def _trust(provider: IdentityProvider) -> Trust:
    return trust_of(provider) or abort(404)


def _depart(provider: IdentityProvider, **kept: object) -> ResponseReturnValue:
    trust = trust_of(provider)
    if trust is None:
        return _failed(provider, NotAccepted("not set up", UNFINISHED))
    begun = begin_sign_in(new_id(), provider.key, **kept)
    anew = begun.again
    address = address_to_ask(trust, begun.request_id, relay_of(begun), clock.now(), anew=anew)
    return remember(begun, go_outside(address, provider.name))


def _judged(
    provider: IdentityProvider, form: MultiDict[str, str], begun: Begun | None
) -> ResponseReturnValue:
    if not provider.is_enabled and not (begun and begun.trial):
        abort(404)
    trust = _trust(provider)
    try:
        answer = answer_in(form.get("SAMLResponse", ""), trust, _asked(begun))
        spend_assertion(provider, answer.assertion_id, answer.until)
    except NotAccepted as failure:
        return _failed(provider, failure)
    if begun and begun.trial:
        return _tried(provider, answer, begun)
    return _arrived(provider, answer, begun)


def _asked(begun: Begun | None) -> Asked:
    if begun is None:
        return Asked(clock.now())
    return Asked(clock.now(), begun.request_id, begun.moment if begun.again else None)


def _arrived(
    provider: IdentityProvider, answer: Answer, begun: Begun | None
) -> ResponseReturnValue:
    identity, by = answer.identity, _by(provider)
    before = db.session.get(Session, begun.session_id) if begun and begun.session_id else None
    try:
        person = receive_identity(provider, identity, by=by)
        if begun and begun.again and before and before.person_id != person.id:
            name = before.person.name
            raise Denied(f"You proved to be somebody else than {name}, who is signed in here.")
    except Denied as refusal:
        return _shown(provider, str(refusal))
    if before is not None:
        end_session(before, "signed in anew", by=by)
    subject, index = identity.subject, identity.index
    if sign_in(person, Proof(by.method, provider=provider, subject=subject, index=index)) is None:
        return _shown(provider, NOTHING_HERE)
    return redirect(target_of(begun.next if begun else ""), 303)


def _tried(provider: IdentityProvider, answer: Answer, begun: Begun) -> ResponseReturnValue:
    """What came, and what it would give. The form came from elsewhere, without our session's
    cookie; so the session that began the trial is looked up, as it is now."""
    found = db.session.get(Session, begun.session_id) if begun.session_id else None
    actor = actor_in(found) if found and found.ended_at is None else None
    if actor is None or not can(ADMINISTER, actor, None):
        return _shown(provider, "Only the Admin who began this trial can see how it ended.")
    note_trial(provider, by=actor)
    arrival = arrival_of(provider, answer.identity)
    return page("saml/trial.html", provider=provider, arrival=arrival, left_out=[], alone=True)


def _followed(provider: IdentityProvider, trust: Trust, wish: LogoutWish) -> ResponseReturnValue:
    who, by = (wish.name_id, wish.indexes), _by(provider)
    end_wished_sessions(provider, wish.request_id, wish.until, who=who, by=by)
    if not trust.theirs.slo:
        return _signed_out()
    relay = request.form.get("RelayState", "")[:80] or relay_in(
        request.query_string.decode("latin-1")
    )
    return redirect(address_to_confirm(trust, wish, relay, clock.now()), 303)


def _query() -> str:
    """The query string as it came: it is what was signed."""
    return request.query_string.decode("latin-1")


def _signed_out() -> ResponseReturnValue:
    flash("You are signed out, at your identity provider as well.")
    return redirect(url_for("session.door"), 303)


def _unconfirmed(provider: IdentityProvider, failure: NotAccepted) -> ResponseReturnValue:
    """Whoever left here left, whatever their provider makes of it; some confirm it by a form,
    which we did not ask for. Anything else that was not understood is a failure."""
    shown = _failed(provider, failure)
    if "SAMLResponse" not in request.values or current_user.is_authenticated:
        return shown
    flash(f"You are signed out here. Whether {provider.name} signed you out as well is not sure.")
    return redirect(url_for("session.door"), 303)


def _by(provider: IdentityProvider) -> Actor:
    """Whoever acts before it is known who came: the provider, in the name of the system."""
    return Actor(None, SYSTEM.name, method=f"single sign-on (SAML, {provider.name})")


def _failed(provider: IdentityProvider, failure: NotAccepted) -> Response:
    """Write the failure down, and say it."""
    refuse_arrival(provider, str(failure), reason=failure.reason, by=_by(provider))
    return _shown(provider, str(failure))


def _shown(provider: IdentityProvider, sentence: str) -> Response:
    shown = page("saml/failed.html", provider=provider, sentence=sentence)
    shown.status_code = 403
    return shown
