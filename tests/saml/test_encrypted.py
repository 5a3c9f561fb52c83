"""An encrypted assertion is opened with our key, and then believed no sooner than a plain one."""

import base64
from copy import deepcopy
from dataclasses import replace

import pytest
import xmlsec
from lxml import etree

from portal.saml.names import XENC, ds, xenc
from portal.saml.opening import _only_element
from portal.saml.refusal import NotAccepted
from tests.saml.forging import ALMA, evil
from tests.saml.idp import assertion, key, name_id_of, response, signed, unsigned
from tests.saml.judging import judge, refused
from tests.saml.sealing import CBC, GCM, PKCS1, sealed


@pytest.mark.parametrize("cipher", [GCM, CBC], ids=["GCM", "CBC"])
def test_an_encrypted_assertion_is_opened(trust, says, cipher):
    inside = signed(assertion(says), key("idp"))
    root = response(says, sealed(inside, key("portal"), cipher))
    assert ALMA not in etree.tostring(root).decode()
    found = judge(root, trust)
    assert (found.identity.email, found.identity.index) == (ALMA, "_session1")


def test_the_response_around_it_may_be_signed_and_then_must_be_right(trust, says):
    root = response(says, sealed(signed(assertion(says), key("idp")), key("portal")))
    assert judge(signed(root, key("idp")), trust).identity.email == ALMA
    assert refused(signed(root, key("other")), trust) == "bad signature"


def test_what_is_encrypted_for_somebody_else_stays_closed(trust, says):
    root = response(says, sealed(signed(assertion(says), key("idp")), key("other")))
    assert refused(root, trust) == "not opened"


def test_anybody_can_encrypt_so_the_signature_inside_decides(trust, says):
    """With one word for every failure: the words must not help to guess the text."""
    for inside in (
        unsigned(assertion(says)),
        signed(assertion(says), key("other")),
        evil(assertion(says)),
        etree.fromstring("<a/>"),
    ):
        root = response(says, sealed(inside, key("portal")))
        assert refused(root, trust) == "not opened"


def test_a_stylesheet_inside_is_found_before_anything_runs_it(trust, says):
    inside = signed(assertion(says), key("idp"))
    transforms = next(inside.iter(ds("Transforms")))
    transforms[0].set("Algorithm", "http://www.w3.org/TR/1999/REC-xslt-19991116")
    assert refused(response(says, sealed(inside, key("portal"))), trust) == "not opened"


def test_an_expired_assertion_is_expired_inside_as_well(trust, says):
    late = replace(says, begins=-20, ends=-10)
    root = response(says, sealed(signed(assertion(late), key("idp")), key("portal")))
    assert refused(root, trust) == "not valid now"


def test_old_ciphers_are_refused(trust, says):
    inside = signed(assertion(says), key("idp"))
    old = sealed(inside, key("portal"), xmlsec.constants.TransformDes3Cbc)
    assert refused(response(says, old), trust) == "not opened"
    padded = sealed(inside, key("portal"), GCM, PKCS1)
    assert refused(response(says, padded), trust) == "not opened"


@pytest.mark.parametrize("part", [0, 20, -1])
def test_what_was_changed_on_the_way_stays_closed(trust, says, part):
    holder = sealed(signed(assertion(says), key("idp")), key("portal"))
    value = holder.find(f"{xenc('EncryptedData')}/{xenc('CipherData')}/{xenc('CipherValue')}")
    raw = bytearray(base64.b64decode(value.text))
    raw[part] ^= 1
    value.text = base64.b64encode(bytes(raw)).decode()
    assert refused(response(says, holder), trust) == "not opened"


def test_references_to_elsewhere_are_not_followed(trust, says):
    holder = sealed(signed(assertion(says), key("idp")), key("portal"))
    data = holder.find(f"{xenc('EncryptedData')}/{xenc('CipherData')}")
    data.remove(data[0])
    etree.SubElement(data, xenc("CipherReference"), URI="http://evil.example.com/")
    assert refused(response(says, holder), trust) == "not opened"


def test_a_plain_assertion_beside_an_encrypted_one_is_refused(trust, says):
    holder = sealed(signed(assertion(says), key("idp")), key("portal"))
    plain = signed(assertion(replace(says, assertion_id="_b")), key("idp"))
    assert refused(response(says, holder, plain), trust) == "strange shape"


def test_two_keys_or_two_texts_are_refused(trust, says):
    for name in ("EncryptedKey", "EncryptedData"):
        holder = sealed(signed(assertion(says), key("idp")), key("portal"))
        holder.append(deepcopy(next(holder.iter(xenc(name)))))
        assert refused(response(says, holder), trust) == "not opened"


def test_an_unknown_name_for_a_cipher_is_refused(trust, says):
    holder = sealed(signed(assertion(says), key("idp")), key("portal"))
    next(holder.iter(xenc("EncryptionMethod"))).set("Algorithm", f"{XENC}tripledes-cbc")
    assert refused(response(says, holder), trust) == "not opened"


def test_a_text_that_breaks_out_of_its_place_stays_closed(trust, says):
    """What is encrypted is glued into a document of our own for its prefixes."""
    inside = etree.tostring(signed(assertion(says), key("idp")))
    holder = sealed(etree.fromstring(inside), key("portal"))
    assert _only_element(inside, holder).get("ID") == "_assertion1"
    for text in (b"</around><around>" + inside, inside + inside, b"x" + inside, inside + b"x", b""):
        with pytest.raises(NotAccepted):
            _only_element(text, holder)


def test_whoever_the_opened_assertion_names_is_who_comes(trust, says):
    inside = signed(assertion(replace(says, name_id="x7", attributes={})), key("idp"))
    assert name_id_of(inside).text == "x7"
    assert judge(response(says, sealed(inside, key("portal"))), trust).identity.subject == "x7"
