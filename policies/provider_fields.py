"""What an Admin fills in for an identity provider, a table of fields for each kind of it.

The page, the reading of what was typed and the documentation go by these tables. What is
secret is no field of `config`: it is sealed in a column of its own.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from policies.errors import Invalid

LONGEST = 500
LONGEST_AREA = 100_000
ANYBODYS = {"common", "organizations", "consumers"}
TEXT, URL, AREA, YES_NO = "text", "url", "area", "yes or no"


@dataclass(frozen=True)
class ProviderField:
    """One field of the form. `name` is its key in `config`; `shape` how it is typed.

    A field that says `who` may come: changing it makes earlier trials worthless. An address
    may have a `query` where it is one to send browsers to.
    """

    name: str
    label: str
    meaning: str
    shape: str = TEXT
    required: bool = False
    default: str = ""
    who: bool = False
    query: bool = False


FIELDS: Mapping[str, Sequence[ProviderField]] = {
    "oidc": (
        ProviderField(
            "issuer",
            "Issuer",
            "The address that identifies the provider, as in https://example.okta.com. Its "
            "description is read at /.well-known/openid-configuration below it.",
            URL,
            required=True,
            who=True,
        ),
        ProviderField(
            "client_id",
            "Client ID",
            "What the provider calls this portal.",
            required=True,
            who=True,
        ),
        ProviderField(
            "scopes",
            "Scopes",
            "What is asked for, separated by spaces. Add “groups” where the provider wants it.",
            default="openid email profile",
        ),
        ProviderField(
            "email_claim",
            "Claim with the email address",
            "People are found by it. Mostly “email”; must be one that nobody can set themselves.",
            default="email",
            who=True,
        ),
        ProviderField(
            "stays_signed_in",
            "Signing out here leaves people signed in at the provider",
            "Without the tick, signing out here ends the session there as well.",
            YES_NO,
        ),
    ),
    "saml": (
        ProviderField(
            "metadata",
            "The provider's metadata",
            "Paste its XML, and leave the next four fields as they are: it fills them.",
            AREA,
        ),
        ProviderField(
            "issuer",
            "Entity ID of the provider",
            "The name by which it signs what it says.",
            who=True,
        ),
        ProviderField(
            "sso",
            "Address for sign-in",
            "Where people are sent, by redirect (SingleSignOnService).",
            URL,
            query=True,
        ),
        ProviderField(
            "slo",
            "Address for sign-out",
            "Where sign-out is told, by redirect (SingleLogoutService). Many have none.",
            URL,
            query=True,
        ),
        ProviderField(
            "certificates",
            "Certificates",
            "Whose signatures count. While the provider changes its key, two: one below the other.",
            AREA,
            who=True,
        ),
        ProviderField(
            "metadata_url",
            "Address of its metadata",
            "Is read once a day, so that new certificates arrive by themselves.",
            URL,
            who=True,
            query=True,
        ),
        ProviderField(
            "email_attribute",
            "Attribute with the email address",
            "People are found by it. Empty: the customary names, then the NameID.",
            who=True,
        ),
        ProviderField("name_attribute", "Attribute with the name", "Empty: the customary names."),
        ProviderField(
            "unsolicited",
            "People may begin at the provider's own pages",
            "As with a tile in Okta or Entra. Without the tick they begin here, which is safer: "
            "then nobody can be signed in to somebody else's account by a link.",
            YES_NO,
        ),
        ProviderField(
            "stays_signed_in",
            "Signing out here leaves people signed in at the provider",
            "Without the tick, signing out here ends the session there as well, where it can.",
            YES_NO,
        ),
    ),
}
SECRETS: Mapping[str, tuple[str, str]] = {
    "oidc": ("Client secret", "Kept encrypted and never shown again."),
}


def fields_of(kind: str) -> Sequence[ProviderField]:
    return FIELDS[kind]


def config_of(kind: str, typed: Mapping[str, str]) -> dict[str, str | bool]:
    """The `config` of a provider of `kind`; Invalid with a sentence about the first bad field."""
    return {field.name: _value(field, typed.get(field.name, "")) for field in FIELDS[kind]}


def domains_of(text: str) -> list[str]:
    """Email domains from a text with one a line (commas do as well), in lower case."""
    words = [word.strip().lower().removeprefix("@") for word in re.split(r"[\s,;]+", text)]
    found = list(dict.fromkeys(word for word in words if word))
    for word in found:
        if not re.fullmatch(r"[^@/\s]+\.[^@/\s.]+", word):
            raise Invalid(f"Allowed domains: “{word}” is no domain. Write it as example.com.")
    return found


def key_of(text: str) -> str:
    """A short name for addresses: small letters, digits and dashes; Invalid where none is left."""
    key = re.sub(r"[^a-z0-9]+", "-", text.strip().lower()).strip("-")[:30].strip("-")
    if not key:
        raise Invalid("Short name: write small letters and digits, as in “okta”.")
    return key


def _value(field: ProviderField, text: str) -> str | bool:
    if field.shape == YES_NO:
        return text.strip().lower() in ("1", "yes", "on", "true")
    value = text.strip() or field.default
    if not value and field.required:
        raise Invalid(f"{field.label}: this cannot be empty.")
    if len(value) > (LONGEST_AREA if field.shape == AREA else LONGEST):
        raise Invalid(f"{field.label}: this is too long.")
    if field.shape == URL and value:
        _check_address(field, value)
    return value


def _check_address(field: ProviderField, value: str) -> None:
    parts = urlsplit(value)
    if parts.scheme not in ("https", "http") or not parts.hostname or " " in value:
        raise Invalid(f"{field.label}: write an address that begins with https://.")
    if (parts.query and not field.query) or parts.fragment or parts.username:
        raise Invalid(f"{field.label}: an address without “?”, “#” and “@”, please.")
    if (parts.hostname or "").endswith("microsoftonline.com") and ANYBODYS & set(
        parts.path.split("/")
    ):
        raise Invalid(
            f"{field.label}: with this address people of any organisation could come. Use the "
            "one of your own: https://login.microsoftonline.com/<tenant ID>/v2.0."
        )
