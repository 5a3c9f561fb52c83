"""An identity provider for tests: it writes answers, right or wrong ones, and signs them."""

import base64
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml import SignatureMethod, XMLSigner

from portal.saml.names import ds, saml

ISSUER = "https://idp.example.com/saml"
NAMESPACES = (
    'xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" '
    'xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"'
)
RESPONSE = """<samlp:Response {namespaces} ID="{response_id}" Version="2.0" IssueInstant="{now}"\
{destination}{in_response_to}><saml:Issuer>{response_issuer}</saml:Issuer><samlp:Status>\
<samlp:StatusCode Value="{status}"/></samlp:Status>{assertion}</samlp:Response>"""
ASSERTION = """<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" \
ID="{assertion_id}" Version="2.0" IssueInstant="{now}"><saml:Issuer>{issuer}</saml:Issuer>\
<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Id="placeholder"></ds:Signature>\
<saml:Subject>{name_id}<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">\
<saml:SubjectConfirmationData NotOnOrAfter="{ends}"{recipient}{confirmed_in_response_to}/>\
</saml:SubjectConfirmation></saml:Subject>\
<saml:Conditions NotBefore="{begins}" NotOnOrAfter="{ends}">{audience}</saml:Conditions>\
<saml:AuthnStatement AuthnInstant="{authenticated}" SessionIndex="{index}"><saml:AuthnContext>\
<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password\
</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>\
<saml:AttributeStatement>{attributes}</saml:AttributeStatement></saml:Assertion>"""
ATTRIBUTE = '<saml:Attribute Name="{}">{}</saml:Attribute>'
VALUE = "<saml:AttributeValue>{}</saml:AttributeValue>"


@dataclass(frozen=True)
class Key:
    """A private key and its certificate, both as PEM."""

    private: str
    certificate: str


@cache
def key(name: str, days: int = 365) -> Key:
    """The key of that name; it is the same whenever it is asked for."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=days))
        .sign(private, hashes.SHA256())
    )
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return Key(pem.decode(), certificate.public_bytes(serialization.Encoding.PEM).decode())


@dataclass(frozen=True)
class Says:
    """What an answer says; a test changes what it wants wrong. Moments are minutes from now."""

    acs: str
    audience: str
    request_id: str = ""
    name_id: str = "alma@example.com"
    attributes: dict[str, list[str]] = field(default_factory=dict)
    issuer: str = ISSUER
    response_issuer: str = ISSUER
    assertion_id: str = "_assertion1"
    response_id: str = "_response1"
    begins: float = -1
    ends: float = 5
    authenticated: float = -0.1
    index: str = "_session1"
    status: str = "urn:oasis:names:tc:SAML:2.0:status:Success"
    recipient: str | None = None
    destination: str | None = None
    confirmed: str | None = None
    name_id_xml: str = ""
    audience_xml: str = ""
    attributes_xml: str = ""


def moment(minutes: float) -> str:
    return (datetime.now(UTC) + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def assertion(says: Says) -> etree._Element:
    """The assertion, unsigned, with a place for its signature."""
    recipient = says.acs if says.recipient is None else says.recipient
    confirmed = says.request_id if says.confirmed is None else says.confirmed
    audience = f"<saml:Audience>{says.audience}</saml:Audience>"
    rows = says.attributes.items()
    written = (ATTRIBUTE.format(n, "".join(map(VALUE.format, values))) for n, values in rows)
    text = ASSERTION.format(
        **_plain(says),
        recipient=_attribute("Recipient", recipient),
        confirmed_in_response_to=_attribute("InResponseTo", confirmed),
        name_id=says.name_id_xml or f"<saml:NameID>{says.name_id}</saml:NameID>",
        audience=says.audience_xml
        or f"<saml:AudienceRestriction>{audience}</saml:AudienceRestriction>",
        attributes=says.attributes_xml or "".join(written) or ATTRIBUTE.format("a", ""),
        now=moment(0),
        begins=moment(says.begins),
        ends=moment(says.ends),
        authenticated=moment(says.authenticated),
    )
    return etree.fromstring(text)


def response(says: Says, *inside: etree._Element) -> etree._Element:
    """The response around whatever is inside."""
    destination = says.acs if says.destination is None else says.destination
    text = RESPONSE.format(
        namespaces=NAMESPACES,
        now=moment(0),
        destination=_attribute("Destination", destination),
        in_response_to=_attribute("InResponseTo", says.request_id),
        assertion="",
        **_plain(says),
    )
    root = etree.fromstring(text)
    root.extend(deepcopy(each) for each in inside)
    return root


def signed(element: etree._Element, by: Key, **options: Any) -> etree._Element:
    """The element signed as identity providers do: enveloped, exclusive, SHA-256."""
    element = deepcopy(element)
    if element.find(ds("Signature")) is None:
        place = etree.Element(ds("Signature"), Id="placeholder")
        element.insert(1, place)
    signer = XMLSigner(
        signature_algorithm=options.pop("algorithm", SignatureMethod.RSA_SHA256),
        c14n_algorithm="http://www.w3.org/2001/10/xml-exc-c14n#",
        **options,
    )
    reference = f"#{element.get('ID')}"
    return signer.sign(element, key=by.private, cert=by.certificate, reference_uri=reference)


def unsigned(element: etree._Element) -> etree._Element:
    """A copy without any signature of its own."""
    element = deepcopy(element)
    for signature in element.findall(ds("Signature")):
        element.remove(signature)
    return element


def answer(says: Says, by: Key, **changes: Any) -> etree._Element:
    """A whole answer with a signed assertion."""
    says = replace(says, **changes)
    return response(says, signed(assertion(says), by))


def posted(root: etree._Element | str | bytes) -> str:
    """As a browser would post it."""
    if isinstance(root, str):
        root = root.encode()
    xml = root if isinstance(root, bytes) else etree.tostring(root)
    return base64.b64encode(xml).decode()


def name_id_of(root: etree._Element) -> etree._Element:
    return next(root.iter(saml("NameID")))


def _attribute(name: str, value: str) -> str:
    return f' {name}="{value}"' if value else ""


def _plain(says: Says) -> dict[str, Any]:
    wanted = ("issuer", "response_issuer", "assertion_id", "response_id", "index", "status")
    return {name: getattr(says, name) for name in wanted}
