"""The SCIM 2.0 server: identity providers tell here who there is. By API tokens alone."""

from typing import Any

import structlog
from flask import Blueprint, Response, current_app
from scim2_flask import ScimServer
from scim2_flask.extension import METHODS, flask_rule
from scim2_models import ForbiddenException, SCIMException
from scim2_server.handler import ScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.routing import ROUTES, Route
from werkzeug.exceptions import HTTPException

from policies.errors import Denied
from policies.permissions import PROVISION
from portal.config import current_config
from portal.web.bearer import bearer, bears
from portal.web.scim import PROVIDER, Service
from portal.web.scim_storage import Storage

PREFIX = "/scim/v2"
_BROKEN = "Something went wrong here. Nothing was changed; try again."

log = structlog.stdlib.get_logger("countersign.web")


class Doors(ScimServer):
    """scim2-flask's routes, each behind our guard, and with nothing that both reads and writes."""

    def __init__(self) -> None:
        super().__init__(Storage(bearer), PROVIDER, service=Service(PROVIDER), url_prefix=PREFIX)
        self.service = Service(PROVIDER)
        self.handler = ScimHandler(self.service, self.storage)

    def create_blueprint(self) -> Blueprint:
        """One endpoint a route; what is no route is answered in SCIM's words as well."""
        made = Blueprint(self.name, __name__, url_prefix=self.url_prefix)
        made.register_error_handler(SCIMException, self._handle_scim_exception)
        made.register_error_handler(HTTPException, self._handle_http_exception)
        made.register_error_handler(Denied, self._denied)
        made.register_error_handler(Exception, self._broken)
        for route in ROUTES:
            view = bears(PROVISION, self._make_view(route))
            made.add_url_rule(flask_rule(route), route.name, view, methods=[route.method])
        for method in METHODS:
            name, view = f"no_{method.lower()}", bears(PROVISION, self._fallback_view)
            made.add_url_rule("/<path:path>", name, view, methods=[method])
            if method != "GET":
                made.add_url_rule("/", name, view, methods=[method], defaults={"path": ""})
        made.record_once(lambda state: state.app.extensions["csrf"].exempt(made))
        return made

    def read_request(self) -> ScimRequest:
        """The request, with the portal's own address whatever a proxy made of it."""
        found = super().read_request()
        found.base_url = current_config().base_url.rstrip("/") + self.url_prefix
        return found

    def _make_view(self, route: Route) -> Any:
        method = getattr(self.handler, route.operation.value)

        def answer(**_: str) -> Response:
            return self._to_response(method(self.read_request()))

        return answer

    def _denied(self, refusal: Denied) -> Response:
        return self._handle_scim_exception(ForbiddenException(detail=str(refusal)))

    def _broken(self, error: Exception) -> Response:
        if current_app.config["PROPAGATE_EXCEPTIONS"] or current_app.testing:
            raise error
        log.error("unhandled", kind=type(error).__name__, exc_info=error)
        broken = SCIMException(detail=_BROKEN)
        broken.status = 500
        return self._handle_scim_exception(broken)


server = Doors()
bp = server.create_blueprint()
