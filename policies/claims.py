"""What an OpenID provider says of somebody, as the rules read it: texts under names.

A claim within a claim is named by its path: {"realm_access": {"roles": ["x"]}} is
"realm_access.roles". How a claim came to be trusted is no matter of this file.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from policies.arrivals import Identity

DEEPEST = 6
MOST_VALUES = 5_000


def flattened(claims: Mapping[str, Any]) -> dict[str, list[str]]:
    """Every claim as a list of texts under its path; what is null or empty is left out."""
    found: dict[str, list[str]] = {}
    for count, (path, text) in enumerate(_leaves("", claims, 0)):
        if count >= MOST_VALUES:
            break
        found.setdefault(path, []).append(text)
    return found


def identity_of(
    claims: Mapping[str, Any], *, email_claim: str = "email", id_token: str = ""
) -> Identity:
    """The identity that verified `claims` speak of; without an email where they say none."""
    flat = flattened(claims)
    full = f"{_first(flat, 'given_name')} {_first(flat, 'family_name')}".strip()
    return Identity(
        subject=_first(flat, "sub"),
        email=_first(flat, email_claim),
        name=_first(flat, "name") or full,
        claims=flat,
        index=_first(flat, "sid"),
        id_token=id_token,
    )


def left_out(claims: Mapping[str, Any]) -> list[str]:
    """Claims that the provider had too much of to send: Entra's "groups overage".

    https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference
    """
    names = claims.get("_claim_names")
    said = [str(name) for name in names] if isinstance(names, Mapping) else []
    if str(claims.get("hasgroups", "")).lower() == "true" and "groups" not in said:
        said.append("groups")
    return sorted(said)


def _first(flat: Mapping[str, list[str]], name: str) -> str:
    return next(iter(flat.get(name, ())), "")


def _leaves(path: str, value: object, depth: int) -> Iterator[tuple[str, str]]:
    if depth > DEEPEST or value is None or value == "":
        return
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(f"{path}.{name}" if path else str(name), inner, depth + 1)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _leaves(path, inner, depth + 1)
    elif isinstance(value, bool):
        yield path, "true" if value else "false"
    else:
        yield path, str(value)
