"""SCIM 2.0 spoken: the protocol of scim2-flask over our storage. Loaded by portal.views.scim."""

from typing import Any

from flask import Response
from scim2_flask import ScimServer
from scim2_models import ResourceType, SCIMException
from scim2_server.bulk import BulkPlan
from scim2_server.handler import ScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.routing import ROUTES, Operation

from portal.config import current_config
from portal.usecases.unit import all_in_one
from portal.web.bearer import bearer
from portal.web.scim import PROVIDER, Service
from portal.web.scim_answers import list_answer, made_answer, published, wants_all
from portal.web.scim_plain import plain_user
from portal.web.scim_storage import Storage, document_of, is_user

PREFIX = "/scim/v2"


class Handler(ScimHandler):
    """The operations of scim2_server; what directories do a hundred thousand times, without
    models on the way out."""

    storage: Storage

    def create(self, request: ScimRequest) -> ScimResponse:
        """Make somebody or some group (RFC 7644, 3.3)."""
        with self.service.provider:
            target = self.service.route(request, Operation.create)
            kind = self.service.resource_type_at(target.endpoint or "")
            document = self._said(kind, request.body, request.header("Content-Type"))
            return made_answer(request.base_url, kind, self.storage.make(kind, document))

    def _said(self, kind: ResourceType, body: bytes, sent: str | None) -> dict[str, Any]:
        self.service.ensure_json(sent)
        plain = plain_user(body) if is_user(kind) else None
        return plain or document_of(self.service.read_creation(kind, body, sent))

    def bulk(self, request: ScimRequest) -> ScimResponse:
        """Several operations, each by itself and all in one transaction (RFC 7644, 3.7)."""
        with self.service.provider:
            self.service.route(request, Operation.bulk)
            plan = self.service.read_bulk(request.body, request.header("Content-Type"))
            all_in_one(lambda: self._take(request, plan))
            return self.service.bulk_response(plan)

    def _take(self, request: ScimRequest, plan: BulkPlan) -> None:
        for step in plan:
            plan.record(step, *self.run_bulk_step(request, plan, step))

    def search(self, request: ScimRequest) -> ScimResponse:
        """A page of users or groups, or of both (RFC 7644, 3.4.2)."""
        with self.service.provider:
            target = self.service.route(request, Operation.search)
            kinds = self.service.searched_types(target.endpoint)
            asked, _ = self.service.read_search_query(kinds, request.query)
            if not wants_all(asked):
                return super().search(request)
            total, page = self.storage.page(kinds, asked)
            resources = [published(request.base_url, kind, each) for kind, each in page]
            return list_answer(total, asked.start_index, resources)


class Server(ScimServer):
    """scim2-flask without its routes, which are ours, each behind the guard."""

    def __init__(self) -> None:
        self.service = Service(PROVIDER)
        super().__init__(Storage(bearer), PROVIDER, service=self.service, url_prefix=PREFIX)
        self.handler = Handler(self.service, self.storage)
        self.operations = {
            route.name: getattr(self.handler, route.operation.value) for route in ROUTES
        }

    def answer(self, name: str) -> Response:
        """The answer of the route with this name; "" stands for what is no route."""
        act = self.operations.get(name, self.handler.handle)
        try:
            return self._to_response(act(self.read_request()))
        except SCIMException as refusal:
            return self._handle_scim_exception(refusal)

    def read_request(self) -> ScimRequest:
        """The request, with the portal's own address whatever a proxy made of it."""
        found = super().read_request()
        found.base_url = current_config().base_url.rstrip("/") + self.url_prefix
        return found


server = Server()
