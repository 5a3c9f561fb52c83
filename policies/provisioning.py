"""What a SCIM user says about a person: which columns it fills, and which it then owns.

A document is the JSON of a SCIM user (RFC 7643, 4.1 and 4.3) as plain dictionaries.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policies.errors import Refusal

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
FIELDS = ("name", "email", "title", "department", "employee_number", "manager_email", "standing")

Document = Mapping[str, Any]


class Taken(Refusal):
    """Somebody or something else has this name, address or number already (HTTP 409)."""


class Missing(Refusal):
    """There is nothing of this id, or it was deleted (HTTP 404)."""


@dataclass(frozen=True)
class Address:
    """One of the addresses of a user; `key` is what comparisons use."""

    key: str
    kind: str = ""
    is_primary: bool | None = None
    display: str = ""


@dataclass(frozen=True)
class Facts:
    """What a document says. `fields` holds only those columns of a person that it fills."""

    key: str
    external_id: str | None
    user_type: str
    is_active: bool | None
    addresses: tuple[Address, ...]
    fields: Mapping[str, str]

    @property
    def owned(self) -> frozenset[str]:
        """The columns that provisioning fills; "standing" where it says who is active."""
        return frozenset(self.fields) | ({"standing"} if self.is_active is not None else set())


def facts_of(document: Document) -> Facts:
    """Read a document; absent attributes fill nothing."""
    addresses = tuple(_address(each) for each in document.get("emails") or () if each.get("value"))
    return Facts(
        key=same(document["userName"]),
        external_id=document.get("externalId") or None,
        user_type=(document.get("userType") or "").strip(),
        is_active=document.get("active"),
        addresses=addresses,
        fields={name: text for name, text in _fields(document, addresses).items() if text},
    )


def same(text: str) -> str:
    """The form in which names and addresses are compared: composed, and in lower case."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower()).strip()


def owned_text(owned: frozenset[str]) -> str:
    """How the set is kept beside a person: each between commas, to be found by SQL."""
    return f",{','.join(sorted(owned))}," if owned else ","


def owned_of(text: str) -> frozenset[str]:
    return frozenset(filter(None, text.split(",")))


def _fields(document: Document, addresses: tuple[Address, ...]) -> dict[str, str]:
    more = document.get(ENTERPRISE) or {}
    return {
        "name": _name(document),
        "email": _email(document["userName"], addresses),
        "title": (document.get("title") or "").strip(),
        "department": (more.get("department") or "").strip(),
        "employee_number": (more.get("employeeNumber") or "").strip(),
        "manager_email": ((more.get("manager") or {}).get("value") or "").strip(),
    }


def _name(document: Document) -> str:
    """The display name, else the formatted one, else given and family name."""
    parts = document.get("name") or {}
    both = " ".join(filter(None, (parts.get("givenName"), parts.get("familyName"))))
    return (document.get("displayName") or parts.get("formatted") or both).strip()


def _email(user_name: str, addresses: tuple[Address, ...]) -> str:
    """The primary address, else the one for work, else the first; else a userName that is one."""
    ranked = sorted(addresses, key=lambda a: (not a.is_primary, a.kind.lower() != "work"))
    if ranked:
        return ranked[0].key
    return same(user_name) if "@" in user_name else ""


def _address(entry: Mapping[str, Any]) -> Address:
    return Address(
        same(entry["value"]), entry.get("type") or "", entry.get("primary"),
        entry.get("display") or "",
    )  # fmt: skip
