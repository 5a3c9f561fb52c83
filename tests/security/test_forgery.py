"""Forms sent from elsewhere, with the protection switched on as it is outside tests."""

import re

import pytest


@pytest.fixture
def guarded(app):
    app.config["WTF_CSRF_ENABLED"] = True
    yield app
    app.config["WTF_CSRF_ENABLED"] = False


def token_on(page):
    return re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]


# Said by other servers, not by browsers with somebody's session; each proves itself otherwise.
PROVED_OTHERWISE = {"oidc.logged_out", "saml.acs", "saml.sls", "saml.sls_form"}
PROVED_OTHERWISE |= {"letter_wishes.stop"}  # a mail program posts there; its address is sealed


def every_post(app):
    for rule in app.url_map.iter_rules():
        said = rule.endpoint in PROVED_OTHERWISE or rule.endpoint.startswith("scim.")
        if "POST" in rule.methods and not said:
            values = dict.fromkeys(rule.arguments, "1")
            yield rule.endpoint, app.url_map.bind("portal.test").build(rule.endpoint, values)


def test_no_form_is_taken_without_its_token(app, sign_in):
    client = sign_in("alma")
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        taken = [name for name, url in every_post(app) if client.post(url).status_code != 400]
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    assert taken == []


def test_a_form_works_over_https_though_our_pages_send_no_referrer(guarded):
    client, https = guarded.test_client(), {"base_url": "https://portal.test"}
    page = client.get("/sign-in", **https)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    sent = {"csrf_token": token_on(page), "email": "max@example.com"}
    assert client.post("/sign-in", data=sent, **https).status_code == 200


@pytest.mark.parametrize(
    ("site", "code"), [("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)]
)
def test_a_form_on_another_site_is_refused_even_with_a_token(guarded, site, code):
    client = guarded.test_client()
    sent = {"csrf_token": token_on(client.get("/sign-in")), "email": "max@example.com"}
    answer = client.post("/sign-in", data=sent, headers={"Sec-Fetch-Site": site})
    assert answer.status_code == code
