"""Answers of an identity provider: the right one signs in, and each wrong one does not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree

from portal.saml.names import saml
from tests.saml.idp import (
    ATTRIBUTE,
    VALUE,
    answer,
    assertion,
    key,
    name_id_of,
    response,
    signed,
    unsigned,
)
from tests.saml.judging import judge, refused


def test_alma_comes_with_her_address_and_groups(trust, says):
    found = judge(answer(says, key("idp")), trust)
    assert found.identity.subject == found.identity.email == "alma@example.com"
    assert found.identity.claims["groups"] == ["IT", "Admins"]
    assert found.identity.index == "_session1"
    assert found.assertion_id == "_assertion1"
    assert timedelta(minutes=4) < found.until - datetime.now(UTC) < timedelta(minutes=6)


def test_response_and_assertion_may_both_be_signed(trust, says):
    root = signed(answer(says, key("idp")), key("idp"))
    assert judge(root, trust).identity.email == "alma@example.com"


def test_a_response_signed_by_somebody_else_is_refused(trust, says):
    assert refused(signed(answer(says, key("idp")), key("other")), trust) == "bad signature"


def test_a_signature_of_the_response_alone_is_not_enough(trust, says):
    root = signed(response(says, unsigned(assertion(says))), key("idp"))
    assert refused(root, trust) == "assertion not signed"


def test_an_unsigned_answer_is_refused(trust, says):
    assert refused(response(says, unsigned(assertion(says))), trust) == "assertion not signed"


def test_another_key_is_refused(trust, says):
    assert refused(answer(says, key("other")), trust) == "bad signature"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"audience": "https://elsewhere.example.com"}, "wrong audience"),
        ({"audience_xml": "<saml:OneTimeUse/>"}, "wrong audience"),
        ({"recipient": "https://elsewhere.example.com/acs"}, "wrong recipient"),
        ({"recipient": "https://portal.test/saml/okta/acs?x=1"}, "wrong recipient"),
        ({"recipient": ""}, "wrong recipient"),
        ({"destination": "https://elsewhere.example.com/acs"}, "wrong destination"),
        ({"destination": "https://portal.test/saml/okta/acs/more"}, "wrong destination"),
        ({"begins": -20, "ends": -3}, "not valid now"),
        ({"begins": 3, "ends": 9}, "not valid now"),
        ({"issuer": "https://evil.example.com"}, "wrong issuer"),
        ({"response_issuer": "https://evil.example.com"}, "first judge"),
        ({"request_id": "_someone-elses"}, "not asked for"),
        ({"request_id": ""}, "not asked for"),
        ({"confirmed": "_someone-elses"}, "not asked for"),
        ({"confirmed": ""}, "not asked for"),
        ({"name_id_xml": "<saml:NameID></saml:NameID>"}, "lacking"),
        ({"status": "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"}, "provider refused"),
    ],
)  # fmt: skip
def test_an_answer_that_is_not_for_us_and_now_is_refused(trust, says, changes, reason):
    assert refused(answer(says, key("idp"), **changes), trust) == reason


def test_a_clock_two_minutes_ahead_is_forgiven(trust, says):
    assert judge(answer(says, key("idp"), begins=1.5), trust)
    assert refused(answer(says, key("idp"), begins=2.5), trust) == "not valid now"


def test_every_audience_restriction_must_name_us(trust, says):
    mine, other = (
        f"<saml:AudienceRestriction><saml:Audience>{who}</saml:Audience></saml:AudienceRestriction>"
        for who in (trust.ours.entity_id, "https://elsewhere.example.com")
    )
    assert refused(answer(says, key("idp"), audience_xml=mine + other), trust) == "wrong audience"


def test_a_condition_nobody_knows_is_refused(trust, says):
    strange = (
        "<saml:AudienceRestriction><saml:Audience>{}</saml:Audience></saml:AudienceRestriction>"
    )
    strange = strange.format(says.audience) + '<saml:Condition xmlns:x="urn:x" x:only="Mondays"/>'
    assert refused(answer(says, key("idp"), audience_xml=strange), trust) == "unknown condition"


def test_whoever_begins_at_the_provider_is_let_in_only_where_that_is_switched_on(trust, says):
    root = answer(says, key("idp"), request_id="")
    assert refused(root, trust, request_id="") == "unsolicited"
    assert judge(root, replace(trust, unsolicited=True), request_id="").identity.email
    asked = answer(says, key("idp"), request_id="_someone-elses")
    assert refused(asked, replace(trust, unsolicited=True), request_id="") == "not asked for"


def test_a_fresh_sign_in_is_fresh(trust, says):
    just_now = datetime.now(UTC)
    stale = answer(says, key("idp"), authenticated=-30)
    assert refused(stale, trust, fresh_since=just_now) == "not fresh"
    assert judge(answer(says, key("idp")), trust, fresh_since=just_now)


def test_while_keys_change_both_count_and_then_only_the_new_one(trust, says):
    old, new = answer(says, key("idp")), answer(says, key("idp next"))
    both = (key("idp").certificate, key("idp next").certificate)
    during = replace(trust, theirs=replace(trust.theirs, certificates=both))
    assert judge(old, during)
    assert judge(new, during)
    after = replace(trust, theirs=replace(trust.theirs, certificates=both[1:]))
    assert judge(new, after)
    assert refused(old, after) == "bad signature"


def test_an_expired_certificate_is_no_reason_to_lock_everybody_out(trust, says):
    expired = key("expired idp", days=-1)
    theirs = replace(trust.theirs, certificates=(expired.certificate,))
    assert judge(answer(says, expired), replace(trust, theirs=theirs))


@pytest.mark.parametrize("change", ["name", "attribute", "attribute name", "moment"])
def test_what_was_changed_after_signing_is_refused(trust, says, change):
    root = answer(says, key("idp"))
    if change == "name":
        name_id_of(root).text = "otto@example.com"
    elif change == "attribute":
        next(root.iter(saml("AttributeValue"))).text = "otto@example.com"
    elif change == "attribute name":
        next(root.iter(saml("Attribute"))).set("Name", "roles")
    else:
        next(root.iter(saml("Conditions"))).set("NotOnOrAfter", "2099-01-01T00:00:00Z")
    assert refused(root, trust) == "bad signature"


def test_the_address_may_stand_in_an_attribute_of_any_name(trust, says):
    named = replace(trust, email="urn:work-mail", name="cn")
    attributes = {"urn:work-mail": ["a.ahlgren@example.com"], "cn": ["Alma Ahlgren"]}
    found = judge(answer(says, key("idp"), attributes=attributes, name_id="x7"), named).identity
    assert (found.subject, found.email, found.name) == (
        "x7",
        "a.ahlgren@example.com",
        "Alma Ahlgren",
    )


def test_an_opaque_name_is_not_taken_for_an_address(trust, says):
    assert judge(answer(says, key("idp"), attributes={}, name_id="x7"), trust).identity.email == ""


def test_an_attribute_that_comes_twice_is_one_list(trust, says):
    twice = "".join(ATTRIBUTE.format("Role", VALUE.format(role)) for role in ("a", "b"))
    claims = judge(answer(says, key("idp"), attributes_xml=twice), trust).identity.claims
    assert claims == {"Role": ["a", "b"]}


def test_types_and_prefixes_of_real_providers_are_understood(trust, says):
    typed = (
        '<saml:Attribute Name="email"><saml:AttributeValue '
        'xmlns:xs="http://www.w3.org/2001/XMLSchema" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="xs:string">'
        "alma@example.com</saml:AttributeValue></saml:Attribute>"
    )
    root = answer(says, key("idp"), attributes_xml=typed)
    xml = b'<?xml version="1.0" encoding="UTF-8"?>\n' + etree.tostring(root)
    assert judge(xml, trust).identity.email == "alma@example.com"
