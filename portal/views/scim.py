"""The SCIM 2.0 server: identity providers tell here who there is. By API tokens alone.

The protocol and the packages below it take 18 MB: they are loaded when a provider first comes
with a good token (portal.web.scim_server). Whoever has none is turned away without them.
"""

import json
from collections.abc import Callable
from typing import Any

import structlog
from flask import Blueprint, Response, current_app
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from policies.errors import Denied
from policies.permissions import PROVISION
from portal.web.bearer import bears
from portal.web.limits import limiter

BROKEN = "Something went wrong here. Nothing was changed; try again."
# RFC 7644, 3.2; a test holds them equal to those of scim2_server.
ROUTES = (
    ("GET", "/ServiceProviderConfig", "service_provider_config"),
    ("GET", "/ResourceTypes", "resource_types"),
    ("GET", "/ResourceTypes/<resource_id>", "resource_type"),
    ("GET", "/Schemas", "schemas"),
    ("GET", "/Schemas/<resource_id>", "schema"),
    ("POST", "/Bulk", "bulk"),
    ("GET", "/Me", "me_query"),
    ("PUT", "/Me", "me_replace"),
    ("PATCH", "/Me", "me_patch"),
    ("DELETE", "/Me", "me_delete"),
    ("POST", "/Me", "me_create"),
    ("GET", "/", "search_root"),
    ("POST", "/.search", "search_root_with_body"),
    ("POST", "/<resource_endpoint>/.search", "search_with_body"),
    ("GET", "/<resource_endpoint>", "search"),
    ("POST", "/<resource_endpoint>", "create"),
    ("GET", "/<resource_endpoint>/<resource_id>", "query"),
    ("PUT", "/<resource_endpoint>/<resource_id>", "replace"),
    ("PATCH", "/<resource_endpoint>/<resource_id>", "patch"),
    ("DELETE", "/<resource_endpoint>/<resource_id>", "delete"),
)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

bp = Blueprint("scim", __name__, url_prefix="/scim/v2")
log = structlog.stdlib.get_logger("countersign.web")


def _door(name: str) -> Callable[..., ResponseReturnValue]:
    def answer(**_: str) -> Response:
        from portal.web.scim_server import server  # noqa: PLC0415  as said above

        return server.answer(name)

    return bears(PROVISION, answer)


def _add_doors() -> None:
    """One for each route; what is no route is answered in SCIM's words as well."""
    for method, rule, name in ROUTES:
        bp.add_url_rule(rule, name, _door(name), methods=[method])
    for method in METHODS:
        name, view = f"no_{method.lower()}", _door("")
        bp.add_url_rule("/<path:path>", name, view, methods=[method])
        if method != "GET":
            bp.add_url_rule("/", name, view, methods=[method], defaults={"path": ""})


@bp.record_once
def _without_form_token(state: BlueprintSetupState) -> None:
    state.app.extensions["csrf"].exempt(bp)
    limiter.exempt(bp)  # refusals are counted where they are made (portal.web.bearer)


@bp.errorhandler(401)  # the portal has an answer of its own to this one
@bp.errorhandler(HTTPException)
def _refused(error: HTTPException) -> Response:
    response = _error(error.code or 500, error.description or "")
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="SCIM"'
    for key, value in error.get_headers():
        if key.lower() != "content-type":
            response.headers[key] = value
    return response


@bp.errorhandler(Denied)
def _denied(refusal: Denied) -> Response:
    return _error(403, str(refusal))


@bp.errorhandler(Exception)
def _broken(error: Exception) -> Response:
    if current_app.config["PROPAGATE_EXCEPTIONS"] or current_app.testing:
        raise error
    log.error("unhandled", kind=type(error).__name__, exc_info=error)
    return _error(500, BROKEN)


def _error(code: int, sentence: str) -> Response:
    """An error in the form of RFC 7644, 3.12."""
    said: dict[str, Any] = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": str(code),
        "detail": sentence,
    }
    return Response(json.dumps(said), code, mimetype="application/scim+json")


_add_doors()
