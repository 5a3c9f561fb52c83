"""What is in view taken together by one field: which fields serve, and what a group asks for."""

from collections.abc import Mapping
from dataclasses import replace
from enum import Enum
from typing import Any

from policies.comparisons import LONGEST, Condition, Field, Kind, Op
from policies.filters import Filter

_SERVE = {Kind.TEXT, Kind.PERSON, Kind.CHOICE, Kind.YES_NO}
_NEVER = {"comment", "reasons", "changes"}  # sentences, hardly one like another
USUAL = "department"


def groupable(fields: Mapping[str, Field]) -> dict[str, Field]:
    """The fields that things can be taken together by."""
    return {k: f for k, f in fields.items() if f.kind in _SERVE and k not in _NEVER}


def as_typed(value: Any) -> str:
    """The value of a group as one would type it into a filter; nothing where it is empty."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value.value if isinstance(value, Enum) else value or "").strip()


def within(chosen: Filter, field: Field, value: str) -> Filter | None:
    """`chosen`, and of that only the group of this value; None where it is too long to say."""
    if len(value) > LONGEST:
        return None
    wanted = Condition(field.key, Op.IS, value) if value else Condition(field.key, Op.EMPTY)
    groups = chosen.groups or ((),)
    return replace(chosen, groups=tuple((*group, wanted) for group in groups))
