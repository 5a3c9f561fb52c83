"""Signing in by SAML over HTTP: the browser carries every message, and we judge it."""

from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import func, select

from portal import clock
from portal.db import db
from portal.models import IdentityProvider, Person, SeenAssertion, Session
from portal.queries.saml import trust_of
from portal.saml.refusal import NotAccepted
from portal.usecases.replays import forget_assertions, spend_assertion
from tests.saml.forging import FORGERIES
from tests.saml.idp import Key, answer, assertion, key, posted, response, signed
from tests.saml.sealing import sealed
from tests.views.saml.browsing import begin, bring, last_reason, who_is_in


def test_alma_signs_in_and_her_session_knows_how(app, cast, says):
    client = app.test_client()
    request_id, relay = begin(client)
    arrived = bring(client, answer(says, key("idp"), request_id=request_id), relay)
    assert (arrived.status_code, arrived.headers["Location"]) == (303, "/")
    found = db.session.scalars(select(Session).where(Session.subject == "alma@example.com")).one()
    assert (found.person_id, found.index) == (cast.alma.id, "_session1")
    assert "SAML" in found.method
    assert who_is_in(client)


def test_relay_state_is_short_enough_for_every_provider(app, says):
    _, relay = begin(app.test_client())
    assert len(relay) <= 80


def test_over_https_the_answer_finds_its_question_across_sites(app, okta):
    config = app.extensions["config"]
    app.extensions["config"] = replace(config, base_url="https://portal.test")
    try:
        shown = app.test_client().post("/saml/okta/start")
    finally:
        app.extensions["config"] = config
    cookie = next(c for c in shown.headers.getlist("Set-Cookie") if "countersign_saml" in c)
    for said in ("SameSite=None", "Secure", "HttpOnly", "Path=/saml/okta/acs"):
        assert said in cookie


def test_an_answer_is_good_once(app, says):
    client = app.test_client()
    request_id, relay = begin(client)
    root = answer(says, key("idp"), request_id=request_id)
    cookie = client.get_cookie(f"countersign_saml{request_id[:9]}", path="/saml/okta/acs")
    assert bring(client, root, relay).status_code == 303
    thief = app.test_client()
    thief.set_cookie(cookie.key, cookie.value, path="/saml/okta/acs")
    again = bring(thief, root, relay)
    assert again.status_code == 403
    assert "used before" in again.text
    assert last_reason() == "replayed"
    assert not who_is_in(thief)


def test_of_two_at_the_same_moment_one_comes_in(app, okta):
    start, results = Barrier(2), []
    until, provider_id = clock.now() + timedelta(minutes=5), okta.id
    db.session.remove()

    def bring_it() -> None:
        with app.app_context():
            provider = db.session.get_one(IdentityProvider, provider_id)
            start.wait()
            try:
                spend_assertion(provider, "_one", until)
                results.append("in")
            except NotAccepted as problem:
                results.append(problem.reason)
            finally:
                db.session.remove()

    threads = [Thread(target=bring_it) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["in", "replayed"]


def test_spent_assertions_are_remembered_as_long_as_they_could_be_shown(app, okta):
    spend_assertion(okta, "_a", clock.now() + timedelta(minutes=5))
    clock.shift(timedelta(minutes=14))
    forget_assertions()
    assert db.session.scalar(select(func.count()).select_from(SeenAssertion)) == 1
    clock.shift(timedelta(minutes=16))
    forget_assertions()
    assert db.session.scalar(select(func.count()).select_from(SeenAssertion)) == 0


def test_another_browser_cannot_bring_the_answer(app, says):
    """Somebody else's answer in Alma's browser would sign her in to their account."""
    request_id, relay = begin(app.test_client())
    other = app.test_client()
    assert bring(other, answer(says, key("idp"), request_id=request_id), relay).status_code == 403
    assert last_reason() == "not asked for"
    assert not who_is_in(other)


def test_a_relay_state_that_was_changed_or_left_out_is_no_answer(app, says):
    for spoil in (lambda relay: "", lambda relay: relay[:-1], lambda relay: relay + "x"):
        client = app.test_client()
        request_id, relay = begin(client)
        root = answer(says, key("idp"), request_id=request_id)
        assert bring(client, root, spoil(relay)).status_code == 403


def test_a_sign_in_that_took_too_long_begins_again(app, says):
    client = app.test_client()
    request_id, relay = begin(client)
    client.delete_cookie(f"countersign_saml{request_id[:9]}", path="/saml/okta/acs")
    late = bring(client, answer(says, key("idp"), request_id=request_id), relay)
    assert late.status_code == 403
    assert "Begin again" in late.text


def test_whoever_begins_at_the_provider_needs_the_setting(app, okta, says):
    root = answer(says, key("idp"))
    assert "switched off" in bring(app.test_client(), root).text
    okta.config = {**okta.config, "unsolicited": True}
    db.session.commit()
    client = app.test_client()
    assert bring(client, root, "https://evil.example.com/").headers["Location"] == "/"
    assert who_is_in(client)


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_a_forgery_is_refused_at_the_door(app, says, forge):
    client = app.test_client()
    request_id, relay = begin(client)
    own = answer(says, key("idp"), request_id=request_id, name_id="otto@example.com",
                 attributes={"a": ["b"]})  # fmt: skip
    both = signed(own, key("idp"))
    assert bring(client, forge(both), relay).status_code == 403
    assert not who_is_in(client)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "not base64",
        "PD94bWw+",
        posted('<!DOCTYPE r [<!ENTITY a "x">]><r>&a;</r>'),
        posted("<r/>"),
        posted("<a>" * 5000),
        "A" * 400_000,
    ],
)
def test_nonsense_is_a_sentence_and_no_mishap(app, okta, wrong):
    shown = app.test_client().post("/saml/okta/acs", data={"SAMLResponse": wrong})
    assert shown.status_code == 403
    assert "did not bring you in" in shown.text


def test_far_too_much_is_not_even_read(app, okta):
    huge = app.test_client().post("/saml/okta/acs", data={"SAMLResponse": "A" * 3_000_000})
    assert huge.status_code == 413


def test_an_encrypted_assertion_opens_with_the_key_made_for_this_provider(app, okta, says):
    client = app.test_client()
    request_id, relay = begin(client)
    theirs = Key("", trust_of(okta).ours.certificate)
    says = replace(says, request_id=request_id)
    root = response(says, sealed(signed(assertion(says), key("idp")), theirs))
    assert bring(client, root, relay).status_code == 303
    assert who_is_in(client)
    assert "PRIVATE" not in str(okta.config)
    assert "PRIVATE" not in okta.secret


def test_a_fresh_proof_must_be_fresh_and_ones_own(app, cast, says):
    client = app.test_client()
    request_id, relay = begin(client)
    bring(client, answer(says, key("idp"), request_id=request_id), relay)
    request_id, relay = begin(client, again="1")
    stale = {"request_id": request_id, "authenticated": -60, "assertion_id": "_a2"}
    assert bring(client, answer(says, key("idp"), **stale), relay).status_code == 403
    request_id, relay = begin(client, again="1")
    other = {"request_id": request_id, "name_id": "carl@example.com", "assertion_id": "_a3"}
    refused = bring(client, answer(says, key("idp"), **other), relay)
    assert "somebody else than Alma" in refused.text
    request_id, relay = begin(client, again="1")
    right = {"request_id": request_id, "assertion_id": "_a4"}
    assert bring(client, answer(says, key("idp"), **right), relay).status_code == 303
    open_ones = select(Session).where(Session.ended_at.is_(None), Session.subject != "")
    assert len(db.session.scalars(open_ones).all()) == 1


def test_a_stranger_is_turned_away_with_the_rules_sentence(app, says):
    client = app.test_client()
    request_id, relay = begin(client)
    stranger = {"request_id": request_id, "name_id": "nobody@example.com"}
    assert bring(client, answer(says, key("idp"), **stranger), relay).status_code == 403
    assert db.session.scalar(select(Person).where(Person.email == "nobody@example.com")) is None
    assert not who_is_in(client)
