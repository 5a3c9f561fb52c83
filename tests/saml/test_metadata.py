"""Introductions: ours can be read by others, theirs is read strictly."""

from datetime import UTC, datetime, timedelta

import pytest
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser
from onelogin.saml2.settings import OneLogin_Saml2_Settings

from policies.errors import Invalid
from portal.saml.keys import certificates_in, facts_of_certificate, new_key_pair
from portal.saml.metadata import introduction_in, our_metadata
from tests.saml.idp import key

KEYS = """<md:KeyDescriptor{use}><ds:KeyInfo><ds:X509Data><ds:X509Certificate>
{body}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"""
THEIRS = """<?xml version="1.0"?><!-- made by hand -->
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"
 xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="https://idp.example.com/saml"
 validUntil="2030-01-01T00:00:00Z">
<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">{keys}
<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
 Location="https://idp.example.com/slo"/>
<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
 Location="https://idp.example.com/post"/>
<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
 Location="https://idp.example.com/sso"/>
</md:IDPSSODescriptor></md:EntityDescriptor>"""


def body(name: str) -> str:
    return "\n".join(key(name).certificate.splitlines()[1:-1])


def theirs(*names: str, use: str = ' use="signing"') -> bytes:
    keys = "".join(KEYS.format(use=use, body=body(name)) for name in names)
    return THEIRS.format(keys=keys).encode()


def test_our_metadata_says_where_we_are_and_which_key_is_ours(trust):
    xml = our_metadata(trust.ours)
    problems = OneLogin_Saml2_Settings(
        {
            "sp": {
                "entityId": trust.ours.entity_id,
                "assertionConsumerService": {"url": "https://portal.test/"},
            }
        },
        sp_validation_only=True,
    ).validate_metadata(xml)
    assert problems == []
    for said in (trust.ours.acs, trust.ours.sls, 'WantAssertionsSigned="true"'):
        assert said in xml.decode()
    assert "PRIVATE" not in xml.decode()


def test_their_metadata_gives_names_addresses_and_every_signing_key():
    found = introduction_in(theirs("idp", "idp next"))
    assert found.theirs.issuer == "https://idp.example.com/saml"
    assert found.theirs.sso == "https://idp.example.com/sso"
    assert found.theirs.slo == "https://idp.example.com/slo"
    assert found.theirs.certificates == (key("idp").certificate, key("idp next").certificate)
    assert found.until == datetime(2030, 1, 1, tzinfo=UTC)
    parsed = OneLogin_Saml2_IdPMetadataParser.parse(theirs("idp"))["idp"]
    assert parsed["entityId"] == found.theirs.issuer
    assert parsed["singleSignOnService"]["url"] == found.theirs.sso


def test_a_key_for_both_uses_counts_and_one_for_encryption_does_not():
    assert introduction_in(theirs("idp", use="")).theirs.certificates
    with pytest.raises(Invalid, match="certificate"):
        introduction_in(theirs("idp", use=' use="encryption"'))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda x: b"", "SAML metadata"),
        (lambda x: b"<html><body>Sign in</body></html>", "introduces 0"),
        (lambda x: x.replace(b"<!--", b"<!DOCTYPE r><!--"), "document type"),
        (lambda x: x.replace(b"entityID", b"entity"), "entityID"),
        (lambda x: x.replace(b"https://idp.example.com/sso", b"javascript:alert(1)"), "redirect"),
        (lambda x: x.replace(b"MII", b"AAA"), "certificate"),
        (lambda x: x.replace(b"<md:IDPSSO", b"<md:IDPSSODescriptor/><md:IDPSSO"), "2"),
        (lambda x: x + b" " * 300_000, "larger"),
    ],
)
def test_what_is_no_metadata_of_one_provider_is_refused_with_a_sentence(spoil, said):
    changed = spoil(theirs("idp"))
    with pytest.raises(Invalid, match=said):
        introduction_in(changed)


def test_our_own_metadata_is_not_taken_for_a_providers(trust):
    with pytest.raises(Invalid, match="introduces 0"):
        introduction_in(our_metadata(trust.ours))


def test_certificates_are_taken_with_their_lines_or_without_and_once_each():
    pem = key("idp").certificate
    assert certificates_in(pem) == certificates_in(body("idp")) == (pem,)
    assert certificates_in(f"{pem}\nand then\n{key('other').certificate}{pem}") == (
        pem,
        key("other").certificate,
    )
    assert certificates_in("  ") == ()
    for wrong in ("not one", "AAAA", pem.replace("MII", "MIA")):
        with pytest.raises(Invalid, match=r"X\.509"):
            certificates_in(wrong)


def test_a_certificate_that_ends_soon_says_so():
    now = datetime.now(UTC)
    soon, fine = (facts_of_certificate(key(f"{days}", days).certificate) for days in (20, 40))
    assert soon.ends_soon(now)
    assert not soon.has_expired(now)
    assert not fine.ends_soon(now)
    assert facts_of_certificate(key("gone", -1).certificate).has_expired(now)
    assert soon.subject == "CN=20"
    assert len(fine.fingerprint) == 64


def test_our_own_key_is_new_each_time_and_lasts_for_years():
    now = datetime.now(UTC)
    (private, certificate), (other, _) = (new_key_pair("Countersign", now) for _ in range(2))
    assert private != other
    assert facts_of_certificate(certificate).ends - now > timedelta(days=3600)
