"""What an Admin types about an identity provider, and about somebody who might come by it."""

import json
from collections.abc import Mapping

from policies.arrivals import Identity
from policies.claims import identity_of
from policies.errors import Invalid
from policies.provider_fields import config_of, domains_of
from portal.models import IdentityProvider
from portal.models.provider import ProviderKind, Unmatched
from portal.saml.keys import certificates_in
from portal.saml.metadata import described, introduction_in
from portal.usecases.providers import ProviderDraft

LONGEST_NAME = 60
LONGEST_SECRET = 2_000
LONGEST_CLAIMS = 100_000


def draft_of(kind: str, typed: Mapping[str, str]) -> ProviderDraft:
    """The provider as typed; Invalid with a sentence about the first thing that is wrong."""
    name = " ".join(typed.get("name", "").split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Invalid(f"Name: write from 1 to {LONGEST_NAME} characters.")
    secret = typed.get("secret", "").strip()
    if len(secret) > LONGEST_SECRET:
        raise Invalid("Secret: this is too long.")
    config = config_of(kind, typed)
    if kind == ProviderKind.SAML.value:
        config = _introduced(config)
    refuses = typed.get("unmatched") == Unmatched.REFUSE.value
    return ProviderDraft(
        name,
        config,
        secret,
        domains_of(typed.get("domains", "")),
        typed.get("creates_members") == "1",
        Unmatched.REFUSE if refuses else Unmatched.EMPLOYEE,
    )


def identity_from(provider: IdentityProvider, typed: Mapping[str, str]) -> Identity:
    """Somebody who might come: their claims as JSON, or an email address and groups."""
    claim = str(provider.config.get("email_claim") or "email")
    text = typed.get("claims", "").strip()
    if text:
        return identity_of(_claims(text), email_claim=claim)
    email, name = typed.get("email", "").strip(), typed.get("claim", "").strip() or "groups"
    if not email:
        raise Invalid("Write an email address, or paste the claims.")
    groups = [line.strip() for line in typed.get("groups", "").splitlines() if line.strip()]
    return Identity(email, email, "", {"email": [email], name: groups})


def _introduced(config: dict[str, str | bool]) -> dict[str, str | bool]:
    """What metadata says instead of what was typed; certificates as PEM, one after the other."""
    said: dict[str, str | bool] = {}
    if metadata := str(config.pop("metadata", "")):
        said = dict(described(introduction_in(metadata.encode()).theirs))
    config |= said
    return config | {"certificates": "".join(certificates_in(str(config["certificates"])))}


def _claims(text: str) -> dict[str, object]:
    if len(text) > LONGEST_CLAIMS:
        raise Invalid("Claims: this is too long.")
    try:
        claims = json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise Invalid(f"Claims: this is not JSON{where}.") from None
    if not isinstance(claims, dict):
        raise Invalid('Claims: write an object, as in {"email": "ada@example.com"}.')
    return claims
