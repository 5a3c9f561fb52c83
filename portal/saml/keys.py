"""Keys and certificates: made for ourselves, read from what a provider gives."""

import base64
import binascii
import re
import textwrap
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from policies.errors import Invalid

BITS, LEAST_BITS, YEARS = 3072, 2048, 10
SOON = timedelta(days=30)
PEM = re.compile(r"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)

NO_CERTIFICATE = (
    "This is no X.509 certificate. Paste what stands between -----BEGIN CERTIFICATE----- and "
    "-----END CERTIFICATE-----, with these lines or without."
)
WEAK_KEY = "The certificate's key is too weak: RSA of at least 2048 bits or ECDSA was expected."


@dataclass(frozen=True)
class CertificateFacts:
    """What a person checks of a certificate. `fingerprint` is SHA-256, in hex."""

    subject: str
    begins: datetime
    ends: datetime
    fingerprint: str

    def has_expired(self, now: datetime) -> bool:
        """Whether its last day is over."""
        return self.ends <= now

    def ends_soon(self, now: datetime) -> bool:
        """Whether it expires within 30 days, or has."""
        return self.ends <= now + SOON


def new_key_pair(name: str, now: datetime) -> tuple[str, str]:
    """A private key and its self-signed certificate for ten years, both as PEM."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365 * YEARS))
        .sign(private, hashes.SHA256())
    )
    secret = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return secret.decode(), certificate.public_bytes(serialization.Encoding.PEM).decode()


def certificates_in(text: str) -> tuple[str, ...]:
    """Every certificate in a text, as PEM, once each: with the PEM lines, or one without.

    Invalid, with the sentence, where one is none or its key is weak. Empty text has none.
    """
    bodies = PEM.findall(text) or ([text] if text.strip() else [])
    return tuple(dict.fromkeys(map(_checked, bodies)))


def bare(pem: str) -> str:
    """The base64 of a certificate in one line, as metadata has it."""
    return "".join(pem.splitlines()[1:-1])


def facts_of_certificate(pem: str) -> CertificateFacts:
    """What to show of a certificate given as PEM."""
    certificate = x509.load_pem_x509_certificate(pem.encode())
    return CertificateFacts(
        subject=certificate.subject.rfc4514_string(),
        begins=certificate.not_valid_before_utc,
        ends=certificate.not_valid_after_utc,
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
    )


def _checked(body: str) -> str:
    try:
        der = base64.b64decode("".join(body.split()), validate=True)
        key = x509.load_der_x509_certificate(der).public_key()
    except (binascii.Error, ValueError):
        raise Invalid(NO_CERTIFICATE) from None
    strong = isinstance(key, rsa.RSAPublicKey) and key.key_size >= LEAST_BITS
    if not strong and not isinstance(key, ec.EllipticCurvePublicKey):
        raise Invalid(WEAK_KEY)
    lines = "\n".join(textwrap.wrap(base64.b64encode(der).decode(), 64))
    return f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n"
