"""What a signed message must look like before any library looks at its signature.

One message, one assertion, at most one signature for each, inside what it signs, made in the
one way that identity providers make them. Everything else is refused unseen: wrapped copies,
stylesheets (which libxmlsec would run), references to elsewhere, weak algorithms.
"""

import re
from collections.abc import Iterable

from lxml import etree

from portal.saml.names import DS, ENVELOPED, EXC_C14N, MORE, XENC, ds, saml, samlp
from portal.saml.refusal import NotAccepted

SIGNATURES = frozenset(
    MORE + f"{kind}-sha{n}" for kind in ("rsa", "ecdsa") for n in (256, 384, 512)
)
DIGESTS = frozenset({XENC + "sha256", MORE + "sha384", XENC + "sha512"})
WEAK = re.compile(r"sha1|md5|ripemd|dsa-sha1|hmac", re.IGNORECASE)
KEY_HINTS = frozenset(
    {
        *("X509Data", "X509Certificate", "X509IssuerSerial", "X509IssuerName"),
        *("X509SerialNumber", "X509SubjectName", "X509SKI", "KeyName"),
        *("KeyValue", "RSAKeyValue", "Modulus", "Exponent"),
    }
)
ASSERTIONS = ("Assertion", "EncryptedAssertion")

STRANGE = "The message is not built as a sign-in is: {}. Nobody was signed in."
WEAK_ALGORITHM = (
    "The message is signed with an algorithm that is no longer safe ({}). "
    "An administrator of the identity provider must choose SHA-256."
)


def refuse(problem: str) -> NotAccepted:
    return NotAccepted("strange shape", STRANGE.format(problem))


def only_assertion(response: etree._Element) -> etree._Element:
    """The one assertion of a response, plain or encrypted, its direct child."""
    if response.tag != samlp("Response") or response.get("Version") != "2.0":
        raise refuse("it is no SAML 2.0 response")
    if len(_named(response, "Response")) != 1:
        raise refuse("there is a response within a response")
    found = [each for name in ASSERTIONS for each in _named(response, name)]
    if len(found) != 1 or found[0].getparent() is not response:
        raise refuse("it must hold exactly one assertion, at its place")
    if found[0].tag not in map(saml, ASSERTIONS):
        raise refuse("its assertion is not of SAML 2.0")
    return found[0]


def signatures(root: etree._Element, *signed: etree._Element) -> list[etree._Element]:
    """Those of `signed` that have a signature; there is none anywhere else below `root`."""
    found = _named(root, "Signature")
    owners = [signature.getparent() for signature in found]
    if any(owner is None or owner not in signed for owner in owners) or _repeats(owners):
        raise refuse("a signature is not where it belongs")
    for signature in found:
        _check_signature(signature)
    return [each for each in signed if each in owners]


def _named(root: etree._Element, name: str) -> list[etree._Element]:
    """Every element of that name, whatever its namespace and case."""
    return [e for e in root.iter() if etree.QName(e).localname.lower() == name.lower()]


def _repeats(things: list[etree._Element | None]) -> bool:
    return any(things.count(thing) > 1 for thing in things)


def _check_signature(signature: etree._Element) -> None:
    owner = signature.getparent()
    if owner is None or signature.tag != ds("Signature"):
        raise refuse("a signature is not of XML Signature")
    _expect(signature, ["SignedInfo", "SignatureValue"], ["KeyInfo"])
    info = signature[0]
    _expect(info, ["CanonicalizationMethod", "SignatureMethod", "Reference"])
    _check_canonical(info[0])
    _check_algorithm(info[1], SIGNATURES)
    _check_reference(info[2], f"#{owner.get('ID', '')}")
    _expect(signature[1], [])
    _check_hints(signature[2:])


def _check_reference(reference: etree._Element, target: str) -> None:
    if dict(reference.attrib) != {"URI": target}:
        raise refuse("a signature does not sign what it stands in")
    _expect(reference, ["Transforms", "DigestMethod", "DigestValue"])
    transforms, method, value = reference
    _expect(transforms, ["Transform", "Transform"])
    if transforms[0].get("Algorithm") != ENVELOPED:
        raise refuse("a signature changes what it signs")
    _expect(transforms[0], [])
    _check_canonical(transforms[1])
    _check_algorithm(method, DIGESTS)
    _expect(value, [])


def _check_canonical(method: etree._Element) -> None:
    """Exclusive, without comments; the customary list of prefixes is its only option."""
    if method.get("Algorithm") != EXC_C14N or len(method) > 1:
        raise refuse("a signature is not made over exclusive canonical XML")
    for option in method:
        plain = not len(option) and list(option.keys()) == ["PrefixList"]
        if option.tag != f"{{{EXC_C14N}}}InclusiveNamespaces" or not plain:
            raise refuse("a signature has an option nobody needs")


def _check_algorithm(method: etree._Element, known: Iterable[str]) -> None:
    _expect(method, [])
    algorithm = str(method.get("Algorithm"))
    if algorithm not in known:
        name = re.split(r"[#/]", algorithm)[-1][:40]
        if WEAK.search(name):
            raise NotAccepted("weak algorithm", WEAK_ALGORITHM.format(name))
        raise refuse("a signature is made by an unknown algorithm")


def _check_hints(parts: list[etree._Element]) -> None:
    """Hints which key was used are never followed; some could be made to do harm."""
    for part in parts:
        for hint in part.iterdescendants():
            name = etree.QName(hint)
            if name.namespace != DS or name.localname not in KEY_HINTS:
                raise refuse("a signature points elsewhere for its key")


def _expect(element: etree._Element, names: list[str], optional: list[str] | None = None) -> None:
    """The children are exactly `names`, in order, of XML Signature; then perhaps `optional`."""
    found = [str(child.tag) for child in element]
    wanted = [ds(name) for name in names]
    if found != wanted and found != wanted + [ds(name) for name in optional or []]:
        raise refuse("a signature has parts nobody needs")
