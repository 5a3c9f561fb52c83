"""Somebody with one signed answer of their own cannot make it say another's name."""

from copy import deepcopy

import pytest
from lxml import etree
from signxml import SignatureConfiguration, XMLVerifier

from portal.saml.names import DS, ENVELOPED, EXC_C14N, ds, saml
from tests.saml.forging import ALMA, FORGERIES, borrowed_signature, evil, parts
from tests.saml.idp import answer, assertion, key, name_id_of, response, signed
from tests.saml.judging import judge, refused


@pytest.fixture
def ottos(says):
    """Otto's own right answer."""
    return answer(says, key("idp"), name_id="otto@example.com", attributes={"a": ["b"]})


@pytest.fixture
def ottos_signed(ottos):
    """The same with both signatures."""
    return signed(ottos, key("idp"))


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_a_wrapped_signature_lets_nobody_in(trust, ottos, ottos_signed, forge):
    for base in (ottos, ottos_signed):
        if base is ottos and forge in FORGERIES[:2]:
            continue  # these two wrap the response's own signature
        assert judge(base, trust).identity.subject == "otto@example.com"
        forged = forge(base)
        assert ALMA in "".join(forged.itertext())
        assert refused(forged, trust) in {"strange shape", "ambiguous ID", "bad signature"}


@pytest.mark.parametrize("forge", FORGERIES[:8], ids=lambda forge: forge.__name__)
def test_whoever_only_verifies_is_deceived(ottos, ottos_signed, forge):
    """The forgeries are real: it is not a broken signature that stops them."""
    forged = forge(ottos_signed if forge in FORGERIES[:2] else ottos)
    config = SignatureConfiguration(location=".//")
    pem = key("idp").certificate
    found = XMLVerifier().verify(forged, x509_cert=pem, expect_config=config, validate_schema=False)
    assert "otto@example.com" in etree.tostring(found.signed_xml).decode()


def test_two_elements_with_one_id_are_refused(trust, says):
    root = answer(says, key("idp"), response_id="_assertion1")
    assert refused(root, trust) == "ambiguous ID"


@pytest.mark.parametrize(
    "name", ["id", "iD", "{urn:x}ID", "{http://www.w3.org/XML/1998/namespace}id"]
)
def test_an_attribute_that_looks_like_an_id_is_refused(trust, says, name):
    root = answer(says, key("idp"))
    root.set(name, "_other")
    assert refused(root, trust) == "ambiguous ID"


@pytest.mark.parametrize("uri", ["", "#", "#_response1", "#xpointer(/)", "file:///etc/passwd"])
def test_a_signature_must_point_at_what_it_stands_in(trust, says, uri):
    root = answer(says, key("idp"))
    next(root.iter(ds("Reference"))).set("URI", uri)
    assert refused(root, trust) == "strange shape"


def test_a_second_reference_is_refused(trust, says):
    root = answer(says, key("idp"))
    reference = next(root.iter(ds("Reference")))
    reference.addnext(deepcopy(reference))
    assert refused(root, trust) == "strange shape"


@pytest.mark.parametrize(
    "algorithm",
    [
        "http://www.w3.org/TR/1999/REC-xslt-19991116",
        "http://www.w3.org/TR/1999/REC-xpath-19991116",
        "http://www.w3.org/2002/06/xmldsig-filter2",
        "http://www.w3.org/2000/09/xmldsig#base64",
        f"{EXC_C14N}WithComments",
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
    ],
)
@pytest.mark.parametrize("place", [0, 1])
def test_a_transform_that_nobody_needs_is_never_run(trust, says, algorithm, place):
    root = answer(says, key("idp"))
    transforms = next(root.iter(ds("Transforms")))
    transforms[place].set("Algorithm", algorithm)
    assert refused(root, trust) == "strange shape"


def test_a_stylesheet_in_a_signature_is_refused_before_anything_runs_it(trust, says):
    """python3-saml issue 447, pysaml2 issue 1035: libxmlsec would run it, unsigned as it is."""
    root = answer(says, key("idp"))
    sheet = (
        '<ds:Transform xmlns:ds="{}" Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116">'
        '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">'
        '<xsl:template match="/"><xsl:call-template name="d"/></xsl:template>'
        '<xsl:template name="d"><xsl:call-template name="d"/></xsl:template>'
        "</xsl:stylesheet></ds:Transform>"
    )
    next(root.iter(ds("Transforms"))).append(etree.fromstring(sheet.format(DS)))
    assert refused(root, trust) == "strange shape"


def test_a_stylesheet_beside_a_signature_of_the_response_is_refused(trust, says):
    root = signed(answer(says, key("idp")), key("idp"))
    method = next(root.iter(ds("CanonicalizationMethod")))
    etree.SubElement(method, "{http://www.w3.org/1999/XSL/Transform}stylesheet")
    assert refused(root, trust) == "strange shape"


def test_a_key_hint_that_points_elsewhere_is_refused(trust, says):
    root = answer(says, key("idp"))
    hints = next(root.iter(ds("KeyInfo")))
    etree.SubElement(hints, ds("RetrievalMethod"), URI="http://evil.example.com/key")
    assert refused(root, trust) == "strange shape"


def test_a_key_that_the_message_brings_along_is_not_believed(trust, says):
    """Signed by the other key, with the other key's certificate in it."""
    root = answer(says, key("other"))
    assert next(root.iter(ds("X509Certificate"))).text
    assert refused(root, trust) == "bad signature"


@pytest.mark.parametrize(
    ("part", "algorithm", "reason"),
    [
        ("SignatureMethod", f"{DS}rsa-sha1", "weak algorithm"),
        ("SignatureMethod", f"{DS}hmac-sha1", "weak algorithm"),
        ("SignatureMethod", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", "weak algorithm"),
        ("SignatureMethod", "http://www.w3.org/2001/04/xmldsig-more#rsa-md5", "weak algorithm"),
        ("SignatureMethod", "none", "strange shape"),
        ("DigestMethod", f"{DS}sha1", "weak algorithm"),
        ("DigestMethod", "http://www.w3.org/2001/04/xmldsig-more#md5", "weak algorithm"),
    ],
)
def test_a_weak_algorithm_is_refused_by_name(trust, says, part, algorithm, reason):
    root = answer(says, key("idp"))
    next(root.iter(ds(part))).set("Algorithm", algorithm)
    assert refused(root, trust) == reason


def test_a_truncated_signature_length_is_refused(trust, says):
    root = answer(says, key("idp"))
    etree.SubElement(next(root.iter(ds("SignatureMethod"))), ds("HMACOutputLength")).text = "1"
    assert refused(root, trust) == "strange shape"


def test_a_digest_with_anything_but_text_is_refused(trust, says):
    """SAMLStorm (CVE-2025-29775) hid a second digest beside a comment in the first."""
    root = answer(says, key("idp"))
    value = next(root.iter(ds("DigestValue")))
    etree.SubElement(value, ds("DigestValue")).text = value.text
    assert refused(root, trust) == "strange shape"


def test_a_second_signed_info_is_refused(trust, says):
    """SAMLStorm (CVE-2025-29774): which of the two was verified?"""
    root = answer(says, key("idp"))
    info = next(root.iter(ds("SignedInfo")))
    info.addprevious(deepcopy(info))
    assert refused(root, trust) == "strange shape"


def test_two_signatures_on_one_assertion_are_refused(trust, says):
    root = answer(says, key("idp"))
    signature = next(root.iter(ds("Signature")))
    signature.addnext(deepcopy(signature))
    assert refused(root, trust) == "strange shape"


def test_a_signature_without_its_transforms_is_refused(trust, says):
    root = answer(says, key("idp"))
    transforms = next(root.iter(ds("Transforms")))
    transforms.remove(transforms[0])
    assert ENVELOPED not in etree.tostring(root).decode()
    assert refused(root, trust) == "strange shape"


def test_an_assertion_that_came_unsigned_cannot_borrow_the_response_signature(trust, says):
    unsigned_one = evil(assertion(says), "_assertion1")
    root = signed(response(says, unsigned_one), key("idp"))
    assert refused(root, trust) == "assertion not signed"


def test_a_changed_assertion_under_two_signatures_is_refused(trust, ottos_signed):
    root, inner, _ = parts(ottos_signed)
    name_id_of(inner).text = ALMA
    assert refused(root, trust) == "bad signature"
    assert refused(borrowed_signature(ottos_signed), trust) == "bad signature"
    assert inner.tag == saml("Assertion")
