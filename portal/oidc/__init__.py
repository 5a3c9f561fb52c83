"""OpenID Connect: asking a provider who somebody is, and reading what it says of it.

Plain data in, plain data out: nothing here knows models, or what becomes of whoever comes.
"""

from dataclasses import dataclass

# A signature that anybody holding the public key can check, and nobody holding it can make.
ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA", "Ed25519"),
)


@dataclass(frozen=True)
class Client:
    """What this portal is to a provider. `key` names it here, `name` for people."""

    key: str
    name: str
    issuer: str
    client_id: str
    secret: str = ""
    scopes: str = "openid email profile"


class SignInFailed(Exception):
    """A provider did not say who came, in a way that can be believed. The text is a sentence."""
