"""Opening an encrypted assertion with our private key (XML Encryption 1.0 and 1.1).

Anybody can encrypt to us: what comes out is looked at as if it had come in plain. No reason
is given for a failure, in words or in kind, for answers to many tries would tell the text
(CBC has no integrity of its own; RSA 1.5 padding is refused for the same reason).
"""

import base64
from xml.sax.saxutils import quoteattr

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree

from portal.saml.names import DS, XENC, XENC11, ds, saml, xenc
from portal.saml.reading import DECLARATION, read, written
from portal.saml.refusal import NotAccepted

KEY_SIZES = {
    **{f"{XENC}aes{bits}-cbc": bits // 8 for bits in (128, 192, 256)},
    **{f"{XENC11}aes{bits}-gcm": bits // 8 for bits in (128, 192, 256)},
}
OAEP, OAEP_MGF1P = f"{XENC11}rsa-oaep", f"{XENC}rsa-oaep-mgf1p"
DIGESTS: dict[str, hashes.HashAlgorithm] = {
    f"{DS}sha1": hashes.SHA1(),  # noqa: S303  OAEP does not need a hash free of collisions
    f"{XENC}sha256": hashes.SHA256(),
    f"{XENC}sha512": hashes.SHA512(),
}
MASKS: dict[str, hashes.HashAlgorithm] = {
    f"{XENC11}mgf1sha1": hashes.SHA1(),  # noqa: S303  see above
    f"{XENC11}mgf1sha256": hashes.SHA256(),
    f"{XENC11}mgf1sha512": hashes.SHA512(),
}
CLOSED = (
    "The encrypted answer could not be opened and checked. An administrator of the identity "
    "provider may have to enter the portal's present certificate there."
)
NONCE, TAG, BLOCK = 12, 16, 16  # bytes


def closed() -> NotAccepted:
    """The one refusal for whatever is wrong with an encrypted assertion."""
    return NotAccepted("not opened", CLOSED)


def opened(encrypted: etree._Element, private_key: str) -> etree._Element:
    """The root of the assertion's own document, read as strictly as any message."""
    try:
        data, key = _single(encrypted, "EncryptedData"), _single(encrypted, "EncryptedKey")
        algorithm = _algorithm(data)
        secret = _unwrapped(key, private_key)
        if len(secret) != KEY_SIZES[algorithm]:
            raise closed()
        assertion = _only_element(_plain(algorithm, secret, _value(data)), encrypted)
    except Exception as problem:
        # Whatever it was: one answer to every failure.
        raise closed() from problem
    if assertion.tag != saml("Assertion"):
        raise closed()
    return assertion


def _only_element(plain: bytes, encrypted: etree._Element) -> etree._Element:
    """The one element of the text, where prefixes mean what they mean around it."""
    names = encrypted.nsmap.items()
    declared = "".join(f" xmlns{f':{p}' if p else ''}={quoteattr(uri)}" for p, uri in names)
    body = DECLARATION.sub(b"", plain, count=1)
    around = read(b"<around%s>%s</around>" % (declared.encode(), body))
    if len(around) != 1 or around.text or around[0].tail:
        raise closed()
    return read(written(around[0]))


def _single(encrypted: etree._Element, name: str) -> etree._Element:
    found = list(encrypted.iter(xenc(name)))
    if len(found) != 1:
        raise closed()
    return found[0]


def _algorithm(element: etree._Element) -> str:
    methods = element.findall(xenc("EncryptionMethod"))
    if len(methods) != 1:
        raise closed()
    return str(methods[0].get("Algorithm"))


def _value(element: etree._Element) -> bytes:
    """The bytes that stand in the message itself; a reference to elsewhere is not followed."""
    values = element.findall(f"{xenc('CipherData')}/{xenc('CipherValue')}")
    if len(values) != 1 or len(values[0]):
        raise closed()
    return base64.b64decode("".join((values[0].text or "").split()), validate=True)


def _unwrapped(key: etree._Element, private_key: str) -> bytes:
    own = load_pem_private_key(private_key.encode(), password=None)
    if not isinstance(own, rsa.RSAPrivateKey):
        raise closed()
    return own.decrypt(_value(key), _oaep(key))


def _oaep(key: etree._Element) -> padding.OAEP:
    algorithm, method = _algorithm(key), key.find(xenc("EncryptionMethod"))
    if algorithm not in {OAEP, OAEP_MGF1P} or method is None:
        raise closed()
    digest, mask = method.find(ds("DigestMethod")), method.find(f"{{{XENC11}}}MGF")
    chosen = DIGESTS[f"{DS}sha1" if digest is None else str(digest.get("Algorithm"))]
    masked = MASKS[f"{XENC11}mgf1sha1" if mask is None else str(mask.get("Algorithm"))]
    return padding.OAEP(mgf=padding.MGF1(masked), algorithm=chosen, label=None)


def _plain(algorithm: str, secret: bytes, value: bytes) -> bytes:
    if algorithm.endswith("-gcm"):
        return AESGCM(secret).decrypt(value[:NONCE], value[NONCE:], None)
    decryptor = Cipher(AES(secret), CBC(value[:BLOCK])).decryptor()
    padded = decryptor.update(value[BLOCK:]) + decryptor.finalize()
    if not 1 <= padded[-1] <= BLOCK:
        raise closed()
    return padded[: -padded[-1]]
