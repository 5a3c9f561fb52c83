"""Somebody whom an identity provider vouches for, and which role its rules give them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar


@dataclass(frozen=True)
class Identity:
    """What a provider says of whoever comes, after everything about it was verified.

    `claims` holds every claim or attribute as a list of texts, groups among them. `subject`
    and `index` are the provider's names of the person and of their session with it.
    """

    subject: str
    email: str
    name: str = ""
    claims: Mapping[str, Sequence[str]] = field(default_factory=dict)
    index: str = ""
    id_token: str = ""


class Rule(Protocol):
    """Whoever's claim has the value; "*" is any value."""

    @property
    def claim(self) -> str: ...
    @property
    def value(self) -> str: ...


AnyRule = TypeVar("AnyRule", bound=Rule)


def first_match(rules: Sequence[AnyRule], claims: Mapping[str, Sequence[str]]) -> AnyRule | None:
    """The first rule that holds, case ignored; None where none does."""
    known = {name.casefold(): {v.casefold() for v in values} for name, values in claims.items()}
    return next((rule for rule in rules if _holds(rule, known)), None)


def _holds(rule: Rule, known: Mapping[str, set[str]]) -> bool:
    values = known.get(rule.claim.casefold(), set())
    return bool(values) if rule.value == "*" else rule.value.casefold() in values
