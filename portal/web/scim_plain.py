"""Users as directories nearly always send them, read without the models of the protocol.

The models settle what RFC 7643 leaves open: names in any case, values of nothing, what only a
server may say. What needs any of that is not plain, and goes to them. A test holds what is read
here equal to what they make of it.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from policies.provisioning import ENTERPRISE, USER

Check = Callable[[Any], bool]


def plain_user(body: bytes) -> dict[str, Any] | None:
    """The document in the body of a request to make a user; None where the models must read it."""
    try:
        said = json.loads(body.decode())
    except (ValueError, RecursionError):
        return None  # the models say what is wrong with it
    if not _is_user(said) or "userName" not in said or not _names_itself(said):
        return None
    said.pop("schemas")
    return dict(said)


def _names_itself(said: Mapping[str, Any]) -> bool:
    """Whether the schemas are those of what is said, and each once."""
    schemas = said.get("schemas", [])
    return sorted(schemas) == sorted({USER, *({ENTERPRISE} & said.keys())})


def _is_text(value: Any) -> bool:
    return type(value) is str and value.isprintable() and value == value.strip() != ""


def _is_flag(value: Any) -> bool:
    return type(value) is bool


def _is_kind(value: Any) -> bool:
    return value in ("work", "home", "other")


def _one_of(shape: Mapping[str, Check]) -> Check:
    """An object that holds something, and nothing but these."""

    def check(value: Any) -> bool:
        return type(value) is dict and value != {} and all(
            key in shape and shape[key](held) for key, held in value.items()
        )  # fmt: skip

    return check


def _are_emails(value: Any) -> bool:
    return (
        type(value) is list
        and value != []
        and all(_is_email(each) and "value" in each for each in value)
        and sum(each.get("primary", False) for each in value) <= 1
    )


def _are_texts(value: Any) -> bool:
    return type(value) is list and all(map(_is_text, value))


def _texts(*names: str) -> dict[str, Check]:
    return dict.fromkeys(names, _is_text)


_is_email = _one_of({"value": _is_text, "display": _is_text, "type": _is_kind, "primary": _is_flag})
_is_name = _one_of(
    _texts(
        *("formatted", "familyName", "givenName", "middleName"),
        *("honorificPrefix", "honorificSuffix"),
    )
)
_is_more = _one_of(
    {
        **_texts("employeeNumber", "costCenter", "organization", "division", "department"),
        "manager": _one_of({"value": _is_text}),
    }
)
_is_user = _one_of(
    {
        **_texts("userName", "externalId", "displayName", "nickName", "title", "userType"),
        **_texts("preferredLanguage", "locale", "timezone"),
        **{"schemas": _are_texts, "active": _is_flag, "name": _is_name, "emails": _are_emails},
        ENTERPRISE: _is_more,
    }
)
