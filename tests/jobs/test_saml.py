"""New certificates of a provider arrive by themselves; nothing else does."""

import threading
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from jobs.providers import check_providers
from jobs.saml import tend_saml
from policies.permissions import SYSTEM
from portal import clock
from portal.config import current_config
from portal.db import db
from portal.models import SeenAssertion
from portal.models.provider import ProviderKind
from portal.queries.saml import trust_of
from portal.saml.keys import certificates_in
from portal.usecases.providers import ProviderDraft, add_provider
from portal.usecases.replays import spend_assertion
from tests.saml.idp import key
from tests.saml.test_metadata import theirs


class Shelf:
    """A web server that has one document: `body`."""

    def __init__(self) -> None:
        shelf, self.body, self.asked = self, theirs("idp"), 0

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                shelf.asked += 1
                self.send_response(200)
                self.end_headers()
                self.wfile.write(shelf.body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/metadata"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def shelf(app, socket_enabled):
    kept = current_config()
    app.extensions["config"] = replace(kept, allow_private_addresses=True)
    shelf = Shelf()
    yield shelf
    shelf.close()
    app.extensions["config"] = kept


@pytest.fixture
def okta(cast, shelf):
    draft = ProviderDraft("Okta", {"metadata_url": shelf.url})
    return add_provider(ProviderKind.SAML, "okta", draft, by=SYSTEM)


def known(provider) -> tuple[str, ...]:
    db.session.refresh(provider)
    return certificates_in(str(provider.config.get("certificates", "")))


def a_day_later() -> None:
    clock.shift(timedelta(hours=25))
    tend_saml()
    check_providers()


def test_metadata_is_read_once_a_day_and_brings_the_next_certificate(okta, shelf):
    tend_saml()
    check_providers()
    assert known(okta) == (key("idp").certificate,)
    assert trust_of(okta).theirs.issuer == "https://idp.example.com/saml"
    shelf.body = theirs("idp", "idp next")
    tend_saml()
    check_providers()
    assert (shelf.asked, len(known(okta))) == (1, 1)
    a_day_later()
    assert (shelf.asked, len(known(okta))) == (2, 2)


def test_the_metadata_of_somebody_else_changes_nothing_and_says_so(okta, shelf):
    tend_saml()
    check_providers()
    shelf.body = theirs("other").replace(b"https://idp.example.com/saml", b"https://evil.example")
    a_day_later()
    assert known(okta) == (key("idp").certificate,)
    assert "another provider" in okta.check["problem"]


@pytest.mark.parametrize("body", [b"", b"<html/>", b"<!DOCTYPE r><r/>", b"x" * 2_000_000])
def test_what_is_no_metadata_changes_nothing_and_says_so(okta, shelf, body):
    tend_saml()
    check_providers()
    shelf.body = body
    a_day_later()
    assert known(okta) == (key("idp").certificate,)
    assert okta.check["problem"]


def test_spent_assertions_are_forgotten_in_time(okta):
    spend_assertion(okta, "_a", clock.now() + timedelta(minutes=5))
    tend_saml()
    assert db.session.query(SeenAssertion).count() == 1
    clock.shift(timedelta(minutes=20))
    tend_saml()
    assert db.session.query(SeenAssertion).count() == 0
