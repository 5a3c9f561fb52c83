"""Asking, leaving and confirming: what goes through addresses is signed, and read strictly."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from portal.saml.asking import address_to_ask
from portal.saml.leaving import (
    address_to_confirm,
    address_to_leave,
    check_goodbye,
    wish_in_address,
    wish_in_form,
)
from portal.saml.names import saml, samlp
from portal.saml.reading import decoded, inflated, read
from portal.saml.redirects import address_with, message_in
from portal.saml.refusal import NotAccepted
from portal.saml.trust import Ours, Theirs, Trust
from tests.saml.idp import ISSUER, key, posted, signed

NOW = datetime.now(UTC)


@pytest.fixture
def there(trust) -> Trust:
    """The same two sides as the provider sees them."""
    mine, its = trust.ours, trust.theirs
    return Trust(
        theirs=Theirs(mine.entity_id, mine.acs, mine.sls, (mine.certificate,)),
        ours=Ours(ISSUER, its.sso, its.slo, key("idp").private, key("idp").certificate),
    )


def query(address: str) -> str:
    return urlsplit(address).query


def message(address: str, kind: str):
    return read(inflated(decoded(parse_qs(query(address))[kind][0])))


def test_our_question_is_signed_and_says_who_asks_and_where_to_answer(trust):
    address = address_to_ask(trust, "_r1", "relay", NOW, anew=True)
    assert address.startswith("https://idp.example.com/sso?SAMLRequest=")
    assert parse_qs(query(address))["RelayState"] == ["relay"]
    root = message_in(query(address), "SAMLRequest", (trust.ours.certificate,))
    assert root.tag == samlp("AuthnRequest")
    assert (root.get("ID"), root.get("ForceAuthn")) == ("_r1", "true")
    assert root.get("AssertionConsumerServiceURL") == trust.ours.acs
    assert root.find(saml("Issuer")).text == trust.ours.entity_id
    calm = message(address_to_ask(trust, "_r1", "", NOW), "SAMLRequest")
    assert calm.get("ForceAuthn") is None


def test_an_address_that_has_a_query_keeps_it(trust):
    theirs = replace(trust.theirs, sso="https://idp.example.com/sso?tenant=1")
    address = address_to_ask(replace(trust, theirs=theirs), "_r1", "", NOW)
    assert "?tenant=1&SAMLRequest=" in address


def test_the_provider_ends_somebodys_sessions(trust, there):
    address = address_to_leave(there, "alma@example.com", "_s1", "their relay", NOW)
    assert address.startswith(trust.ours.sls)
    wish = wish_in_address(query(address), trust, NOW)
    assert (wish.name_id, wish.indexes) == ("alma@example.com", ("_s1",))
    assert wish.until - NOW < timedelta(minutes=6)
    back = address_to_confirm(trust, wish, "their relay", NOW)
    assert parse_qs(query(back))["RelayState"] == ["their relay"]
    root = message_in(query(back), "SAMLResponse", (trust.ours.certificate,))
    assert root.get("InResponseTo") == wish.request_id


def test_our_farewell_is_confirmed_by_the_provider_and_nobody_else(trust, there):
    wish = wish_in_address(
        query(address_to_leave(trust, "a", "", "", NOW)),
        replace(there, ours=replace(there.ours, sls=trust.theirs.slo)),
        NOW,
    )
    answer = query(address_to_confirm(there, wish, "", NOW))
    check_goodbye(answer, trust, NOW)
    other = replace(there, ours=replace(there.ours, key=key("other").private))
    with pytest.raises(NotAccepted, match="signature"):
        check_goodbye(query(address_to_confirm(other, wish, "", NOW)), trust, NOW)


def test_a_logout_may_come_as_a_signed_form(trust, there):
    root = message(address_to_leave(there, "alma@example.com", "_s1", "", NOW), "SAMLRequest")
    assert wish_in_form(posted(signed(root, key("idp"))), trust, NOW).indexes == ("_s1",)
    with pytest.raises(NotAccepted, match="did not sign"):
        wish_in_form(posted(root), trust, NOW)
    with pytest.raises(NotAccepted, match="signature"):
        wish_in_form(posted(signed(root, key("other"))), trust, NOW)
    changed = signed(root, key("idp"))
    changed.find(saml("NameID")).text = "otto@example.com"
    with pytest.raises(NotAccepted, match="signature"):
        wish_in_form(posted(changed), trust, NOW)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda q: q.split("&SigAlg")[0],
        lambda q: q.split("&Signature")[0],
        lambda q: q.replace("Signature=", "Signature=AAAA"),
        lambda q: q.replace("rsa-sha256", "rsa-sha1"),
        lambda q: q.replace("RelayState=r", "RelayState=x"),
        lambda q: q.replace("SAMLRequest=", "SAMLRequest=f") ,
        lambda q: q + "&SAMLRequest=" + q.split("=")[1].split("&")[0],
        lambda q: q + "&RelayState=other",
        lambda q: "",
        lambda q: "SAMLRequest=&SigAlg=&Signature=",
    ],
)  # fmt: skip
def test_an_address_that_was_changed_ends_no_session(trust, there, spoil):
    right = query(address_to_leave(there, "alma@example.com", "", "r", NOW))
    assert wish_in_address(right, trust, NOW)
    assert spoil(right) != right
    with pytest.raises(NotAccepted):
        wish_in_address(spoil(right), trust, NOW)


@pytest.mark.parametrize("minutes", [-3, 8])
def test_a_logout_from_another_time_ends_no_session(trust, there, minutes):
    made = query(address_to_leave(there, "alma@example.com", "", "", NOW))
    with pytest.raises(NotAccepted):
        wish_in_address(made, trust, NOW + timedelta(minutes=minutes))


def test_a_logout_for_somebody_else_or_by_somebody_else_ends_no_session(trust, there):
    elsewhere = replace(there, theirs=replace(there.theirs, slo="https://other.example.com/sls"))
    unknown = replace(there, ours=replace(there.ours, entity_id="https://evil.example.com"))
    for side in (elsewhere, unknown):
        made = query(address_to_leave(side, "alma@example.com", "", "", NOW))
        with pytest.raises(NotAccepted, match="somebody else"):
            wish_in_address(made, trust, NOW)


def test_a_question_is_no_farewell(trust, there):
    root = message(address_to_ask(there, "_q", "", NOW), "SAMLRequest")
    made = address_with(trust.ours.sls, "SAMLRequest", root, "", there.ours.key)
    with pytest.raises(NotAccepted):
        wish_in_address(query(made), trust, NOW)
