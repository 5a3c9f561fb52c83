"""Codes of authenticator apps (TOTP, RFC 6238) and recovery codes. Knows of no person."""

import base64
import hmac
import secrets
from datetime import datetime

import pyotp
import segno

SECONDS = 30
RECOVERY_CODES = 10
_RECOVERY_BYTES = 10  # 80 bits: too many to be guessed from a hash


def new_secret() -> str:
    """A secret for an app: 160 bits in base 32."""
    return pyotp.random_base32()


def step_of(secret: str, code: str, at: datetime) -> int | None:
    """The time step whose code this is, of the one at `at` and its neighbours; None if none."""
    typed = code.replace(" ", "")
    now = int(at.timestamp()) // SECONDS
    totp = pyotp.TOTP(secret)
    right = [
        step
        for step in (now - 1, now, now + 1)
        if hmac.compare_digest(totp.generate_otp(step).encode(), typed.encode())
    ]
    return right[-1] if right else None


def address_for_app(secret: str, account: str, issuer: str) -> str:
    """What the app reads from the picture: an otpauth:// address. It holds the secret."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer)


def picture_of(address: str) -> str:
    """A QR code as SVG, dark on white whatever the page's colours, without style or script."""
    drawn = segno.make(address, error="m")
    return drawn.svg_inline(
        border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None
    )


def new_recovery_codes() -> list[str]:
    """Ten codes to print, such as "k7qd-2m4x-h3vn-y6wb"."""
    return [_recovery_code() for _ in range(RECOVERY_CODES)]


def plain_recovery_code(typed: str) -> str:
    """The code as it is compared: small letters and digits alone."""
    return "".join(sign for sign in typed.casefold() if sign.isalnum())


def _recovery_code() -> str:
    text = base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))
