"""The second judge: what exactly did the identity provider sign? (signxml)"""

from typing import cast

from cryptography import x509
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, VerifyResult, XMLVerifier

from portal.saml.refusal import NotAccepted

METHODS = frozenset(
    getattr(SignatureMethod, f"{kind}_SHA{n}") for kind in ("RSA", "ECDSA") for n in (256, 384, 512)
)
DIGESTS = frozenset(getattr(DigestAlgorithm, f"SHA{n}") for n in (256, 384, 512))

BAD = (
    "The signature is not by a key of this identity provider, or the message was changed. "
    "If its certificate was replaced lately, an Admin must enter the new one in Settings."
)


def what_is_signed(
    root: etree._Element, element: etree._Element, certificates: tuple[str, ...]
) -> etree._Element:
    """A copy of `element`, read anew from the very bytes that its signature covers.

    Only keys of `certificates` (PEM) count, whatever the message says of keys. That one of
    them has expired is shown in Settings and is no reason here: they are entered by hand, and
    trusted for as long as they stand there.
    """
    place = "./" if element is root else f"./{element.tag}/"
    for pem in certificates:
        signed = _verified(root, place, x509.load_pem_x509_certificate(pem.encode()))
        if signed is not None:
            return _same(signed, element)
    raise NotAccepted("bad signature", BAD)


def _verified(root: etree._Element, place: str, key: x509.Certificate) -> etree._Element | None:
    expected = SignatureConfiguration(
        location=place,
        expect_references=1,
        signature_methods=METHODS,
        digest_algorithms=DIGESTS,
        ignore_ambiguous_key_info=True,
        verification_time=key.not_valid_before_utc,
    )
    try:
        found = XMLVerifier().verify(root, x509_cert=key, id_attribute="ID", expect_config=expected)
    except (SignXMLException, ValueError, TypeError, etree.LxmlError):
        return None
    return cast(VerifyResult, found).signed_xml


def _same(signed: etree._Element, element: etree._Element) -> etree._Element:
    if signed.tag != element.tag or signed.get("ID") != element.get("ID"):
        raise NotAccepted("bad signature", BAD)
    return signed
