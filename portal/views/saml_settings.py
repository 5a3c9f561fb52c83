"""Settings > Single sign-on, what only SAML has: metadata taken over, our own certificate."""

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.errors import Invalid
from policies.permissions import ADMINISTER, SEE_SETTINGS
from portal import clock
from portal.models import IdentityProvider
from portal.models.provider import ProviderKind
from portal.queries.providers import provider_by_key
from portal.queries.saml import certificates_of, ours_of
from portal.saml.metadata import introduction_in
from portal.saml.reading import MOST_BYTES
from portal.usecases.saml import make_own_keys, take_introduction
from portal.web.access import current_actor, requires

bp = Blueprint("saml_settings", __name__, url_prefix="/settings/sso/<key>/saml")

NOTHING = "Choose the file with the provider's metadata, or paste its text."


@bp.get("/certificate")
@requires(SEE_SETTINGS)
def certificate(key: str) -> Response:
    """Our certificate for this provider, as PEM."""
    provider = _provider(key)
    response = Response(ours_of(provider).certificate, mimetype="application/x-pem-file")
    response.headers.set("Content-Disposition", "attachment", filename=f"{provider.key}.pem")
    return response


@bp.post("/metadata")
@requires(ADMINISTER, fresh=True)
def introduce(key: str) -> ResponseReturnValue:
    provider = _provider(key)
    found = introduction_in(_given())
    is_new = take_introduction(provider, found.theirs, by=current_actor())
    said = "was taken over" if is_new else "says nothing new"
    flash(f"The metadata of {provider.name} {said}.", "success")
    return redirect(url_for("providers.show", key=key, _anchor="certificates"), 303)


@bp.post("/renew")
@requires(ADMINISTER, fresh=True)
def renew(key: str) -> ResponseReturnValue:
    provider = _provider(key)
    make_own_keys(provider, by=current_actor())
    flash("There is a new key. Give the provider our metadata again.", "success")
    return redirect(url_for("providers.show", key=key), 303)


@bp.app_context_processor
def _shown() -> dict[str, object]:
    return {"saml_certificates": certificates_of, "now": clock.now}


def _provider(key: str) -> IdentityProvider:
    provider = provider_by_key(key)
    return provider if provider and provider.kind is ProviderKind.SAML else abort(404)


def _given() -> bytes:
    """The file, or else the text; no more of it than any metadata needs."""
    file = request.files.get("file")
    given = file.stream.read(MOST_BYTES + 1) if file else b""
    given = given or request.form.get("xml", "").strip().encode()
    if not given:
        raise Invalid(NOTHING)
    return given
