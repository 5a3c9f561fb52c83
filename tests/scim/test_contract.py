"""Our storage keeps every rule that the SCIM server has for one."""

import pytest
from scim2_server.testing import ScimStorageContract

from policies.permissions import Actor
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
