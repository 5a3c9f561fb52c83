"""The redirect binding: a message in an address, packed, with a signature beside it.

SAML bindings 3.4.4: what is signed is the query itself, exactly as it stands in the address.
"""

import base64
import zlib
from urllib.parse import parse_qsl, quote, unquote

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree

from portal.saml.names import MORE, RSA_SHA256
from portal.saml.reading import MOST_POSTED, decoded, inflated, read, written
from portal.saml.refusal import NotAccepted
from portal.saml.signed import BAD

ALGORITHMS: dict[str, hashes.HashAlgorithm] = {
    f"{MORE}{kind}-{digest.name}": digest
    for kind in ("rsa", "ecdsa")
    for digest in (hashes.SHA256(), hashes.SHA384(), hashes.SHA512())
}
SIGNED_PARTS = ("RelayState", "SigAlg")
UNCLEAR = "The address holds no signed message, or more than one."


def address_with(address: str, kind: str, message: etree._Element, relay: str, key: str) -> str:
    """The address to send a browser to, with `message` as SAMLRequest or SAMLResponse, signed."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = base64.b64encode(packer.compress(written(message)) + packer.flush()).decode()
    parts = {kind: packed, **({"RelayState": relay} if relay else {}), "SigAlg": RSA_SHA256}
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in parts.items())
    signature = quote(base64.b64encode(_sign(query.encode(), key)).decode(), safe="")
    return f"{address}{'&' if '?' in address else '?'}{query}&Signature={signature}"


def message_in(query: str, kind: str, certificates: tuple[str, ...]) -> etree._Element:
    """The message in a query string as it came, once its signature by one of them holds."""
    if len(query) > MOST_POSTED:
        raise NotAccepted("too large", UNCLEAR)
    parts = _parts(query)
    wanted = [kind, *(name for name in SIGNED_PARTS if name in parts)]
    if not {kind, "SigAlg", "Signature"} <= parts.keys():
        raise NotAccepted("not signed", UNCLEAR)
    text = "&".join(f"{name}={parts[name]}" for name in wanted).encode()
    signature = decoded(unquote(parts["Signature"]))
    algorithm = unquote(parts["SigAlg"])
    if not any(_verifies(text, signature, algorithm, pem) for pem in certificates):
        raise NotAccepted("bad signature", BAD)
    return read(inflated(decoded(unquote(parts[kind]))))


def relay_in(query: str) -> str:
    """The RelayState that came along, to be handed back as it is; empty where there is none."""
    return dict(parse_qsl(query)).get("RelayState", "")[:80]


def _parts(query: str) -> dict[str, str]:
    """Each parameter as it was written. One that comes twice could be read in two ways."""
    pairs = [part.partition("=") for part in query.split("&") if part]
    parts = {name: value for name, _, value in pairs}
    if len(parts) != len(pairs):
        raise NotAccepted("not signed", UNCLEAR)
    return parts


def _sign(text: bytes, key: str) -> bytes:
    private = load_pem_private_key(key.encode(), password=None)
    if not isinstance(private, rsa.RSAPrivateKey):
        raise TypeError("our own keys are RSA")
    return private.sign(text, padding.PKCS1v15(), hashes.SHA256())


def _verifies(text: bytes, signature: bytes, algorithm: str, pem: str) -> bool:
    digest = ALGORITHMS.get(algorithm)
    key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    if digest is None:
        return False
    try:
        if isinstance(key, rsa.RSAPublicKey) and algorithm.startswith(f"{MORE}rsa"):
            key.verify(signature, text, padding.PKCS1v15(), digest)
            return True
        if isinstance(key, ec.EllipticCurvePublicKey) and algorithm.startswith(f"{MORE}ecdsa"):
            key.verify(signature, text, ec.ECDSA(digest))
            return True
    except InvalidSignature:
        return False
    return False
