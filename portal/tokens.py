"""Tokens of personal links: made from a nonce and the secret key, stored only as a hash.

Whoever reads the database cannot use a link; whoever holds SECRET_KEY can write the token
into a letter at the moment it is carried.
"""

import base64
import hashlib
import hmac
import secrets

from cryptography.fernet import Fernet

from portal.config import current_config


def new_nonce() -> str:
    return secrets.token_urlsafe(24)


def token_for(purpose: str, nonce: str) -> str:
    """The token of a link: 32 bytes as URL-safe text."""
    mac = hmac.digest(_key(), f"link:{purpose}:{nonce}".encode(), "sha256")
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")


def hash_of(token: str) -> str:
    """What is stored of a token: SHA-256 in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def seal(text: str) -> str:
    """Encrypt a secret for the database, by a key made from SECRET_KEY."""
    return _box().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """The secret again; `cryptography.fernet.InvalidToken` where SECRET_KEY changed since."""
    return _box().decrypt(sealed.encode()).decode()


def pseudonym(text: str) -> str:
    """A name for `text` that only whoever holds SECRET_KEY can make: 64 hex digits."""
    return hmac.digest(_key(), f"pseudonym:{text}".encode(), "sha256").hex()


def _key() -> bytes:
    return current_config().secret_key.encode()


def _box() -> Fernet:
    key = hmac.digest(_key(), b"sealed secrets", "sha256")
    return Fernet(base64.urlsafe_b64encode(key))
