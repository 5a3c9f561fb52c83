"""Signing in by OpenID Connect, over HTTP, with honest and dishonest providers."""

import time

import pytest
from joserfc.jwk import RSAKey
from sqlalchemy import select

from policies.permissions import SYSTEM
from portal.db import db
from portal.models import Session, TrailLine
from portal.queries.actors import member_of
from portal.usecases.sessions import end_sessions_of
from tests.oidc.conftest import Browser, said


def sessions():
    return db.session.scalars(select(Session).where(Session.ended_at.is_(None))).all()


def last_line():
    return db.session.scalars(select(TrailLine).order_by(TrailLine.id.desc())).first()


def test_max_signs_in_and_lands_on_his_own_tasks(okta, browser, cast):
    answer = browser.go()
    assert (answer.status_code, answer.location) == (303, "/")
    (session,) = sessions()
    assert session.person_id == cast.max.id
    assert (session.method, session.subject, session.index) == (
        "single sign-on (OIDC, Okta)", "u-max", "s-1")  # fmt: skip
    assert browser.client.get("/tasks").status_code == 200


def test_the_provider_is_asked_with_pkce_nonce_and_state_and_never_by_a_redirect(browser, okta):
    address = browser.leave()
    assert browser.page.status_code == 200
    asked = browser.idp.authorize(address) and browser.idp.asked[0]
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["nonce"]) >= 20
    assert len(asked["state"]) >= 20
    assert asked["redirect_uri"] == "http://portal.test/sso/okta/callback"
    assert "code_verifier" not in asked


def test_a_group_makes_nina_a_member_and_the_id_token_is_sealed(okta, browser):
    browser.idp.claims |= {"email": "nina@example.com", "name": "Nina", "groups": ["audit"]}
    assert browser.go().status_code == 303
    (session,) = sessions()
    assert member_of(session.person_id).role.name == "Compliance"
    assert session.id_token.startswith("gAAAA")


def test_what_the_provider_says_only_when_asked_counts_as_well(okta, browser):
    browser.idp.claims = {"sub": "u-max"}
    browser.idp.userinfo = {"sub": "u-max", "email": "max@example.com", "groups": ["audit"]}
    assert browser.go().status_code == 303
    assert member_of(sessions()[0].person_id)


def test_two_different_people_in_one_answer_are_nobody(okta, browser):
    browser.idp.userinfo = {"sub": "u-alma", "email": "alma@example.com"}
    answer = browser.go()
    assert "two different people" in said(answer)
    assert sessions() == []


def other_key(idp):
    idp.sign = lambda claims: idp.signed(claims, RSAKey.generate_key(2048, {"kid": "one"}))


def tampered(idp):
    def tamper(claims):
        head, _, mark = idp.signed(claims).split(".")
        return f"{head}.{idp.signed({**claims, 'email': 'alma@example.com'}).split('.')[1]}.{mark}"

    idp.sign = tamper


def altered(**changes):
    def alter(idp):
        def change(claims):
            new = {**claims, **changes}
            return {name: value for name, value in new.items() if value is not None}

        idp.alter = change

    return alter


DISHONEST = {
    "wrong nonce": (altered(nonce="another"), "answers another sign-in"),
    "no nonce": (altered(nonce=None), "nonce is missing"),
    "wrong audience": (altered(aud="another-app"), "meant for another application"),
    "wrong audience, right azp": (
        altered(aud="another-app", azp="countersign"), "meant for another application"),
    "no audience": (altered(aud=None), "aud is missing"),
    "wrong azp": (altered(azp="another-app"), "meant for another application"),
    "wrong issuer": (altered(iss="https://evil.example"), "comes from another issuer"),
    "expired": (altered(exp=int(time.time()) - 3600), "has expired"),
    "no end": (altered(exp=None), "exp is missing"),
    "no subject": (altered(sub=None), "sub is missing"),
    "tampered": (tampered, "not signed by one of the keys"),
    "another key": (other_key, "not signed by one of the keys"),
    "not signed": (lambda idp: setattr(idp, "sign", idp.unsigned), "cannot be believed"),
    "signed by the public key": (
        lambda idp: setattr(idp, "sign", idp.signed_by_public_key), "cannot be believed"),
    "no token": (lambda idp: setattr(idp, "sign", lambda _: None), "no ID token"),
    "rubbish for a token": (lambda idp: setattr(idp, "sign", lambda _: "x.y"), "be believed"),
}  # fmt: skip


@pytest.mark.parametrize("how", DISHONEST)
def test_a_dishonest_answer_brings_nobody_in_and_is_in_the_trail(okta, browser, how):
    spoil, sentence = DISHONEST[how]
    spoil(browser.idp)
    answer = browser.go()
    assert answer.status_code == 400
    assert sentence in said(answer)
    assert sessions() == []
    assert last_line().verb == "sign-in refused"
    assert sentence in last_line().details["why"]


def test_an_answer_to_a_sign_in_of_another_browser_is_refused(app, okta, browser, idp):
    answer = idp.authorize(browser.leave())
    other = type(browser)(app.test_client(), idp)
    refused = other.come_back(**answer)
    assert refused.status_code == 400
    assert "begun in this browser" in said(refused)
    assert sessions() == []


def test_an_answer_is_taken_once(okta, browser, idp):
    answer = idp.authorize(browser.leave())
    assert browser.come_back(**answer).status_code == 303
    assert browser.come_back(**answer).status_code == 400


def test_a_new_key_is_asked_for_at_once_and_an_old_one_counts_no_longer(okta, browser, idp):
    assert browser.go().status_code == 303
    old, idp.key = idp.key, RSAKey.generate_key(2048, {"kid": "two"})
    idp.published = [idp.key]
    assert browser.go().status_code == 303
    idp.key = old
    assert browser.go().status_code == 400


BROKEN = {
    "a description that is no JSON": {"/.well-known/openid-configuration": (200, b"<html>")},
    "a description that is a list": {"/.well-known/openid-configuration": (200, [1])},
    "a description of somebody else": {
        "/.well-known/openid-configuration": (200, {
            **dict.fromkeys(("authorization_endpoint", "token_endpoint", "jwks_uri"), "https://e"),
            "issuer": "https://evil.example"})},
    "no description": {"/.well-known/openid-configuration": (404, {})},
    "an error for a description": {"/.well-known/openid-configuration": (500, {})},
    "a redirect": {"/.well-known/openid-configuration": (302, {})},
    "far too much": {"/.well-known/openid-configuration": (200, b" " * 1_100_000)},
    "a token endpoint that fails": {"/token": (500, b"oops")},
    "a token endpoint that redirects": {"/token": (307, {})},
    "a token endpoint that refuses": {"/token": (400, {"error": "invalid_client"})},
    "a token endpoint that talks rubbish": {"/token": (200, [1, 2])},
    "a token endpoint with a number": {"/token": (200, b"7")},
    "keys that are none": {"/keys": (200, {"keys": [{"kty": "RSA"}]})},
    "keys that are a text": {"/keys": (200, b'"none"')},
    "no keys": {"/keys": (404, {})},
    "a userinfo that fails": {"/me": (403, {})},
    "a userinfo that is a list": {"/me": (200, [])},
}  # fmt: skip


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_provider_gives_a_page_that_says_so_and_not_an_error(okta, browser, idp, how):
    idp.broken = BROKEN[how]
    idp.userinfo = {"sub": "u-max"} if "/me" in idp.broken else None
    address = browser.leave()
    answer = browser.come_back(**idp.authorize(address)) if address else browser.page
    assert answer.status_code == 400
    assert "did not bring you in" in said(answer)
    assert sessions() == []


def test_a_provider_that_is_gone_gives_a_page_too(okta, browser, idp):
    idp.server.shutdown()
    idp.server.server_close()
    assert browser.leave() is None
    assert "cannot be connected to" in said(browser.page)


@pytest.mark.parametrize(("code", "words"), [("access_denied", "cancelled there"), ("x<b>", "xb")])
def test_what_the_provider_refuses_is_said_in_words(okta, browser, idp, code, words):
    state = idp.authorize(browser.leave())["state"]
    answer = browser.come_back(error=code, error_description="<script>", state=state)
    assert answer.status_code == 400
    assert words in said(answer)
    assert "&lt;script" not in answer.get_data(as_text=True)


def test_whoever_the_rules_refuse_reads_why(okta, browser, idp):
    idp.claims |= {"email_verified": False}
    answer = browser.go()
    assert answer.status_code == 403
    assert "has not verified that max@example.com is yours" in said(answer)


def test_a_disabled_provider_does_not_exist(okta, browser, idp):
    address = browser.leave()
    okta.is_enabled = False
    db.session.commit()
    assert browser.come_back(**idp.authorize(address)).status_code == 404
    assert browser.client.post("/sso/okta/start").status_code == 404
    assert browser.client.post("/sso/nobody/start").status_code == 404


def test_a_fresh_proof_is_asked_for_and_an_old_one_is_not_taken(okta, browser, idp):
    browser.leave(again="1")
    browser.idp.authorize(browser.leave(again="1"))
    assert (idp.asked[0]["prompt"], idp.asked[0]["max_age"]) == ("login", "0")
    idp.claims |= {"auth_time": int(time.time()) - 4000}
    assert "did not ask you again" in said(browser.go(again="1"))
    idp.claims |= {"auth_time": int(time.time())}
    assert browser.go(again="1").status_code == 303


def test_nobody_proves_freshly_to_be_somebody_else(okta, idp, sign_in):
    browser = Browser(sign_in("alma"), idp)
    answer = browser.go(again="1")
    assert answer.status_code == 403
    assert "somebody else than Alma Ahlgren" in said(answer)


def test_many_begun_sign_ins_do_not_fill_the_cookie(okta, browser):
    for _ in range(12):
        address = browser.leave()
    cookie = browser.client.get_cookie(
        "countersign", domain="portal.test"
    ) or browser.client.get_cookie("countersign")
    assert len(cookie.value) < 3000
    assert browser.come_back(**browser.idp.authorize(address)).status_code == 303


def test_the_secret_is_neither_in_the_database_nor_on_any_page(okta, browser, sign_in):
    browser.go()
    client = sign_in("alma")
    pages = [client.get(f"/settings/sso{end}").get_data(as_text=True)
             for end in ("", "/okta", "/okta/edit")]  # fmt: skip
    lines = [line.content for line in db.session.scalars(select(TrailLine))]
    assert "s3cret-of-the-client" not in "".join([okta.secret, str(okta.config), *pages, *lines])


def test_a_session_that_was_ended_is_not_revived(okta, browser, cast):
    browser.go()
    end_sessions_of(cast.max, "test", by=SYSTEM)
    assert browser.client.get("/tasks").status_code == 302
