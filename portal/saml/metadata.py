"""Introductions: our metadata for the provider, and the provider's read for its settings."""

from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from policies.errors import Invalid
from portal.saml.facts import instant
from portal.saml.keys import bare, certificates_in
from portal.saml.names import (
    DS,
    EMAIL_FORMAT,
    MD,
    POST,
    REDIRECT,
    SAMLP,
    UNSPECIFIED,
    XENC,
    XENC11,
    ds,
    md,
)
from portal.saml.reading import read
from portal.saml.refusal import NotAccepted
from portal.saml.trust import Ours, Theirs

CIPHERS = (f"{XENC11}aes256-gcm", f"{XENC11}aes128-gcm", f"{XENC}rsa-oaep-mgf1p")

NONE = "This is no metadata of one identity provider: {}."
NO_REDIRECT = "it has no address for sign-in by redirect (SingleSignOnService, HTTP-Redirect)"


@dataclass(frozen=True)
class Introduction:
    """What a provider's metadata says of it, and until when, where it says so."""

    theirs: Theirs
    until: datetime | None


def our_metadata(ours: Ours) -> bytes:
    """The document that introduces us, to be read by the provider's administrator or program."""
    root = etree.Element(md("EntityDescriptor"), nsmap={None: MD, "ds": DS})
    root.set("entityID", ours.entity_id)
    service = etree.SubElement(root, md("SPSSODescriptor"), protocolSupportEnumeration=SAMLP)
    service.set("AuthnRequestsSigned", "true")
    service.set("WantAssertionsSigned", "true")
    for use in ("signing", "encryption"):
        _add_key(service, use, ours.certificate)
    for binding in (REDIRECT, POST):
        leaving = etree.SubElement(service, md("SingleLogoutService"), Binding=binding)
        leaving.set("Location", ours.sls)
    for kind in (EMAIL_FORMAT, UNSPECIFIED):
        etree.SubElement(service, md("NameIDFormat")).text = kind
    arriving = etree.SubElement(service, md("AssertionConsumerService"), Binding=POST)
    arriving.set("Location", ours.acs)
    arriving.set("index", "0")
    arriving.set("isDefault", "true")
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True))


def introduction_in(xml: bytes) -> Introduction:
    """Read a provider's metadata. Invalid, with the sentence, where it is not of exactly one.

    A signature on it is not looked at: an Admin brings it, or it is fetched over HTTPS from
    the address an Admin named.
    """
    try:
        root = read(xml.removeprefix(b"\xef\xbb\xbf"), with_comments=True)
        return _introduction(root)
    except NotAccepted as problem:
        raise Invalid(str(problem).replace("SAML message", "SAML metadata")) from None


def described(theirs: Theirs) -> dict[str, str]:
    """A provider in the words of its settings: by the names of the fields an Admin fills in."""
    return {
        "issuer": theirs.issuer,
        "sso": theirs.sso,
        "slo": theirs.slo,
        "certificates": "".join(theirs.certificates),
    }


def _introduction(root: etree._Element) -> Introduction:
    roles = list(root.iter(md("IDPSSODescriptor")))
    if len(roles) != 1:
        raise Invalid(NONE.format(f"it introduces {len(roles)} identity providers, not one"))
    role, entity = roles[0], roles[0].getparent()
    issuer = "" if entity is None else entity.get("entityID", "").strip()
    if entity is None or entity.tag != md("EntityDescriptor") or not issuer:
        raise Invalid(NONE.format("it does not say its name (entityID)"))
    sso = _address(role, "SingleSignOnService")
    if not sso:
        raise Invalid(NONE.format(NO_REDIRECT))
    certificates = certificates_in("\n".join(map(_pem, _signing_keys(role))))
    if not certificates:
        raise Invalid(NONE.format("it has no certificate for signatures"))
    slo = _address(role, "SingleLogoutService")
    return Introduction(Theirs(issuer, sso, slo, certificates), instant(entity.get("validUntil")))


def _address(role: etree._Element, kind: str) -> str:
    places = [e for e in role.findall(md(kind)) if e.get("Binding") == REDIRECT]
    found = [str(place.get("Location", "")).strip() for place in places]
    return next((each for each in found if each.startswith(("https://", "http://"))), "")


def _signing_keys(role: etree._Element) -> list[str]:
    keys = [key for key in role.findall(md("KeyDescriptor")) if key.get("use") != "encryption"]
    return ["".join(found.itertext()) for key in keys for found in key.iter(ds("X509Certificate"))]


def _pem(body: str) -> str:
    return f"-----BEGIN CERTIFICATE-----{body}-----END CERTIFICATE-----"


def _add_key(service: etree._Element, use: str, certificate: str) -> None:
    key = etree.SubElement(service, md("KeyDescriptor"), use=use)
    data = etree.SubElement(etree.SubElement(key, ds("KeyInfo")), ds("X509Data"))
    etree.SubElement(data, ds("X509Certificate")).text = bare(certificate)
    for cipher in CIPHERS if use == "encryption" else ():
        etree.SubElement(key, md("EncryptionMethod"), Algorithm=cipher)
