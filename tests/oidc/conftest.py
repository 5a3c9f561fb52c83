"""A provider that is asked over the network, and somebody with a browser."""

import html
import re
from dataclasses import replace

import pytest
from sqlalchemy import select

from policies.permissions import SYSTEM
from portal.config import current_config
from portal.db import db
from portal.models import Role
from portal.models.provider import ProviderKind
from portal.usecases.providers import ProviderDraft, add_provider, open_provider
from portal.usecases.role_rules import add_rule
from tests.oidc.office import Provider


@pytest.fixture
def inside(app, socket_enabled):
    """Addresses on this machine may be asked, as for a provider that one runs oneself."""
    kept = current_config()
    app.extensions["config"] = replace(kept, allow_private_addresses=True)
    yield
    app.extensions["config"] = kept


@pytest.fixture
def idp(inside):
    """The provider in its thread."""
    provider = Provider()
    yield provider
    provider.close()


@pytest.fixture
def okta(idp, cast):
    """The same provider as it stands in Settings: enabled, group “audit” is Compliance."""
    config = {"issuer": idp.issuer, "client_id": "countersign"}
    draft = ProviderDraft("Okta", config, "s3cret-of-the-client", creates_members=True)
    provider = add_provider(ProviderKind.OIDC, "okta", draft, by=SYSTEM)
    role = db.session.scalars(select(Role).where(Role.name == "Compliance")).one()
    add_rule(provider, "groups", "audit", role, by=SYSTEM)
    open_provider(provider, True, by=SYSTEM)
    return provider


@pytest.fixture
def browser(app, idp):
    """A browser: `go()` presses the button, signs in there, and comes back with the answer."""
    return Browser(app.test_client(), idp)


class Browser:
    def __init__(self, client, idp):
        self.client, self.idp = client, idp

    def leave(self, door="/sso/okta/start", **form):
        """Where the page one gets leads to."""
        self.page = self.client.post(door, data=form)
        found = re.match(r"0; url=(.+)", self.page.headers.get("Refresh", ""))
        return found[1] if found else None

    def come_back(self, **answer):
        return self.client.get("/sso/okta/callback", query_string=answer)

    def go(self, **form):
        return self.come_back(**self.idp.authorize(self.leave(**form)))


def said(response):
    """The words of a page."""
    text = re.sub(r"<[^>]+>", " ", response.get_data(as_text=True))
    return " ".join(html.unescape(text).split())
