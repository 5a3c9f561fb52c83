"""Signing out: here and at the provider, and here because of the provider."""

import time
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import RSAKey
from sqlalchemy import select

from portal.db import db
from portal.models import Session, TrailLine
from tests.oidc.office import LOGOUT_EVENT


@pytest.fixture
def signed_in(okta, browser):
    """Max, signed in by Okta."""
    assert browser.go().status_code == 303
    return browser


def running():
    return db.session.scalars(select(Session).where(Session.ended_at.is_(None))).all()


def tell(browser, token):
    """The provider's own machine, which has no cookie of ours."""
    machine = browser.client.application.test_client()
    return machine.post("/sso/okta/logged-out", data={"logout_token": token})


def test_signing_out_ends_the_session_at_the_provider_as_well(signed_in, idp):
    address = signed_in.leave("/sign-out")
    asked = parse_qs(urlsplit(address).query)
    assert address.startswith(f"{idp.issuer}/leave?")
    assert asked["post_logout_redirect_uri"] == ["http://portal.test/sign-in"]
    assert asked["id_token_hint"][0].count(".") == 2
    assert running() == []


def test_where_people_stay_signed_in_there_signing_out_leads_to_the_front_door(signed_in, okta):
    okta.config = {**okta.config, "stays_signed_in": True}
    db.session.commit()
    assert signed_in.leave("/sign-out") is None
    assert signed_in.page.location == "/sign-in"


def test_signing_out_works_while_the_provider_is_gone(signed_in, idp):
    idp.broken = {"/.well-known/openid-configuration": (500, {})}
    signed_in.leave("/sign-out")
    assert running() == []


def test_a_sign_out_at_the_provider_ends_the_session_here(signed_in, idp):
    assert tell(signed_in, idp.logout_token()).status_code == 200
    assert running() == []
    assert signed_in.client.get("/tasks").status_code == 302
    lines = db.session.scalars(select(TrailLine).order_by(TrailLine.id.desc())).all()
    assert (lines[0].verb, lines[0].details["count"]) == ("sessions ended elsewhere", 1)


@pytest.mark.parametrize("named", [{"sid": None}, {"sub": None}])
def test_a_notice_may_name_the_person_or_the_session_alone(signed_in, idp, named):
    assert tell(signed_in, idp.logout_token(**named)).status_code == 200
    assert running() == []


def test_a_notice_about_somebody_else_ends_nothing(signed_in, idp):
    assert tell(signed_in, idp.logout_token(sub="u-alma", sid=None)).status_code == 200
    assert tell(signed_in, idp.logout_token(sid="s-2", sub=None)).status_code == 200
    assert len(running()) == 1


def test_a_notice_that_came_before_ends_nothing_more(signed_in, idp):
    token = idp.logout_token()
    assert tell(signed_in, token).status_code == 200
    signed_in.go()
    assert tell(signed_in, token).status_code == 400
    assert len(running()) == 1


NOW = int(time.time())
DISHONEST = {
    "wrong issuer": {"iss": "https://evil.example"},
    "wrong audience": {"aud": ["another-app"]},
    "too old": {"iat": NOW - 3600, "exp": NOW + 60},
    "from the future": {"iat": NOW + 3600},
    "expired": {"exp": NOW - 600},
    "no time": {"iat": None},
    "no jti": {"jti": None},
    "a nonce": {"nonce": "n"},
    "no event": {"events": {}},
    "another event": {"events": {LOGOUT_EVENT + "x": {}}},
    "an event that is no object": {"events": {LOGOUT_EVENT: True}},
    "nobody named": {"sub": None, "sid": None},
    "a number for a name": {"sub": 7, "sid": None},
}


@pytest.mark.parametrize("how", DISHONEST)
def test_a_dishonest_notice_ends_nothing_and_is_in_the_trail(signed_in, idp, how):
    answer = tell(signed_in, idp.logout_token(**DISHONEST[how]))
    assert answer.status_code == 400
    assert len(running()) == 1
    last = db.session.scalars(select(TrailLine).order_by(TrailLine.id.desc())).first()
    assert last.verb == "sign-in refused"
    assert "logout notice" in last.details["why"]


def test_a_notice_by_another_key_or_without_a_signature_ends_nothing(signed_in, idp):
    forged = idp.logout_token(RSAKey.generate_key(2048, {"kid": "one"}))
    claims = {"iss": idp.issuer, "aud": "countersign", "iat": NOW, "jti": "x", "sub": "u-max",
              "events": {LOGOUT_EVENT: {}}}  # fmt: skip
    for token in (forged, idp.unsigned(claims), idp.signed_by_public_key(claims), "", "a.b.c"):
        assert tell(signed_in, token).status_code == 400
    assert len(running()) == 1


def test_an_id_token_is_no_notice(signed_in, idp):
    claims = {"iss": idp.issuer, "aud": "countersign", "iat": NOW, "exp": NOW + 60, "jti": "x",
              "sub": "u-max"}  # fmt: skip
    assert tell(signed_in, idp.signed(claims)).status_code == 400
    assert len(running()) == 1


def test_the_notice_needs_no_form_token(signed_in, idp):
    app = signed_in.client.application
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        assert tell(signed_in, idp.logout_token()).status_code == 200
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
