"""Our storage keeps every rule that the SCIM server has for one."""

import pytest
from scim2_flask.extension import flask_rule
from scim2_server import routing
from scim2_server.testing import ScimStorageContract

from policies.permissions import Actor
from portal.views.scim import ROUTES
from portal.web.scim import PROVIDER
from portal.web.scim_storage import Storage

TOKEN = Actor(None, "Okta (API token)", method="API token", purpose="provisioning")


class TestOurStorage(ScimStorageContract):
    @pytest.fixture
    def storage(self, app):
        return Storage(lambda: TOKEN)

    @pytest.fixture
    def provider(self):
        return PROVIDER

    @pytest.fixture(autouse=True)
    def _as_the_server_reads(self, provider):
        with provider:
            yield


def test_the_doors_are_those_of_the_protocol():
    theirs = {(r.method, flask_rule(r), r.name) for r in routing.ROUTES}
    assert set(ROUTES) == theirs
