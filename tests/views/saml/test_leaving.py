"""Ending sessions from either side, trials, and what is open to all."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from policies.permissions import SYSTEM
from portal import clock
from portal.db import db
from portal.saml.leaving import address_to_leave
from portal.saml.reading import decoded, inflated, read
from portal.usecases.providers import open_provider
from tests.saml.idp import answer, key
from tests.saml.judging import REQUEST
from tests.views.saml.browsing import HERE, begin, bring, last_reason, who_is_in


def test_the_provider_ends_alma_s_sessions(app, says, there):
    client = app.test_client()
    request_id, relay = begin(client)
    bring(client, answer(says, key("idp"), request_id=request_id), relay)
    wish = address_to_leave(there, "alma@example.com", "_session1", "theirs", clock.now())
    told = app.test_client().get(wish.removeprefix("http://portal.test"))
    assert told.status_code == 303
    assert told.headers["Location"].startswith("https://idp.example.com/slo?SAMLResponse=")
    assert "RelayState=theirs" in told.headers["Location"]
    assert not who_is_in(client)
    assert app.test_client().get(wish.removeprefix("http://portal.test")).status_code == 403
    assert last_reason() == "replayed"


def test_another_s_logout_and_a_forged_one_end_nothing(app, says, there):
    client = app.test_client()
    request_id, relay = begin(client)
    bring(client, answer(says, key("idp"), request_id=request_id), relay)
    forger = replace(there, ours=replace(there.ours, key=key("other").private))
    for side, name, index in (
        (forger, "alma@example.com", ""),
        (there, "carl@example.com", ""),
        (there, "alma@example.com", "_another"),
    ):
        wish = address_to_leave(side, name, index, "", clock.now())
        app.test_client().get(wish.removeprefix("http://portal.test"))
    assert who_is_in(client)


@pytest.mark.parametrize(("send", "why"), [("get", "not signed"), ("post", "not readable")])
def test_a_farewell_that_is_confirmed_in_no_way_we_know_leaves_one_signed_out(app, okta, send, why):
    client, said = app.test_client(), {"SAMLResponse": "bm90aGluZw=="}
    told = getattr(client, send)("/saml/okta/sls", **{"get": {"query_string": said},
                                                      "post": {"data": said}}[send])  # fmt: skip
    assert told.status_code == 303
    assert "You are signed out here. Whether Okta" in client.get(told.location).text
    assert last_reason() == why


def test_our_metadata_is_open_to_all_and_needs_no_switch(app, okta):
    open_provider(okta, False, by=SYSTEM)
    shown = app.test_client().get("/saml/okta/metadata")
    assert shown.mimetype == "application/samlmetadata+xml"
    assert f'entityID="{HERE}/metadata"' in shown.text
    assert app.test_client().post("/saml/okta/start").status_code == 404
    assert app.test_client().post("/saml/okta/acs").status_code == 404
    assert app.test_client().get("/saml/nobody/metadata").status_code == 404


def test_a_trial_shows_what_came_and_signs_nobody_in(app, sign_in, okta, says):
    admin = sign_in("alma")
    shown = admin.post("/saml/okta/try")
    address = shown.headers["Refresh"].partition("url=")[2]
    parts = parse_qs(urlsplit(address).query)
    request_id = read(inflated(decoded(parts["SAMLRequest"][0]))).get("ID")
    root = answer(says, key("idp"), request_id=request_id, name_id="carl@example.com",
                  attributes={"groups": ["Auditors"]})  # fmt: skip
    cookie = admin.get_cookie(f"countersign_saml{request_id[:9]}", path="/saml/okta/acs")
    browser = app.test_client()  # from another site, the session's own cookie does not come along
    browser.set_cookie(cookie.key, cookie.value, path="/saml/okta/acs")
    tried = bring(browser, root, parts["RelayState"][0])
    assert tried.status_code == 200
    assert "Auditors" in tried.text
    assert not who_is_in(browser)
    db.session.refresh(okta)
    assert okta.tested_at is not None
    assert REQUEST not in tried.text


def test_nobody_but_an_admin_begins_a_trial(sign_in, okta):
    assert sign_in("carl").post("/saml/okta/try").status_code in (403, 404)
