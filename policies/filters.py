"""The filter language: one grammar for applications, people, accounts and items.

A filter is groups of conditions: it matches when every condition of any one group
does. It is read from a form or a URL (parallel lists join/field/op/value), stored as
data, shown in words, and turned into SQL by `portal.queries.filters`. What a single
condition may say is in policies/comparisons.py, and is had from here as well.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from policies.comparisons import (
    OPS,
    PRESENCE,
    SIGNS,
    Condition,
    Field,
    Fields,
    Kind,
    Op,
    Value,
    checked,
    in_words,
    op_named,
    typed,
)
from policies.errors import Invalid

__all__ = [
    "MOST_CONDITIONS",
    "OPS",
    "SIGNS",
    "Condition",
    "Field",
    "Fields",
    "Filter",
    "Kind",
    "Op",
    "Row",
    "Value",
    "edited",
    "from_data",
    "from_form",
    "from_rows",
    "is_finished",
    "rows_in",
    "typed",
]

MOST_CONDITIONS = 50

Row = tuple[str, Condition]  # "and" or "or" (which begins a group), and a condition
_BLANK = Condition("", Op.IS)


@dataclass(frozen=True)
class Filter:
    """Groups of conditions, joined by "or"; inside a group they are joined by "and"."""

    groups: tuple[tuple[Condition, ...], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.groups)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        return tuple(condition for group in self.groups for condition in group)

    @property
    def fields(self) -> frozenset[str]:
        """The keys of the fields it speaks of."""
        return frozenset(condition.field for condition in self.conditions)

    def as_data(self) -> list[list[list[str]]]:
        """The filter as JSON: groups of [field, op, value]."""
        return [[[c.field, c.op.value, c.value] for c in group] for group in self.groups]

    def as_rows(self) -> list[Row]:
        """The filter as form rows: ("and" | "or", condition)."""
        return [
            ("or" if nth == 0 else "and", condition)
            for group in self.groups
            for nth, condition in enumerate(group)
        ]

    def as_query(self) -> list[tuple[str, str]]:
        """The filter as URL parameters, in an order `from_form` reads back."""
        pairs: list[tuple[str, str]] = []
        for join, c in self.as_rows():
            pairs += [("join", join), ("field", c.field), ("op", c.op.value), ("value", c.value)]
        return pairs

    def in_words(self, fields: Fields) -> str:
        """Say the filter as a person would: "State is Sanctioned and Users more than 10"."""
        groups = [" and ".join(in_words(c, fields) for c in group) for group in self.groups]
        return ", or ".join(groups)


def from_form(form: Any, fields: Fields, prefix: str = "") -> Filter:
    """Read a filter from a MultiDict with join, field, op and value as parallel lists.

    `prefix` goes before each name. Rows without a field are skipped. A single `join` stands
    for every row. Raises Invalid on anything the grammar does not know.
    """
    return from_rows(rows_in(form, prefix), fields)


def rows_in(form: Any, prefix: str = "") -> list[Row]:
    """The rows as they were typed, blank ones included; only the comparison must be one."""
    names, ops, values, joins = (
        form.getlist(prefix + key) for key in ("field", "op", "value", "join")
    )
    if len(joins) == 1:
        joins *= len(names)
    if len(names) > MOST_CONDITIONS:
        raise Invalid(f"A filter can have {MOST_CONDITIONS} conditions at most.")
    return [
        (
            _at(joins, nth) or "and",
            Condition(name, op_named(_at(ops, nth)), _at(values, nth).strip()),
        )
        for nth, name in enumerate(names)
    ]


def from_rows(rows: Iterable[Row], fields: Fields) -> Filter:
    """The filter that typed rows make. Raises Invalid where one of them makes no sense."""
    groups: list[list[Condition]] = []
    begins = True
    for join, condition in rows:
        begins = begins or join == "or"
        if not condition.field:
            continue
        if begins:
            groups.append([])
        groups[-1].append(checked(condition, fields))
        begins = False
    return Filter(tuple(map(tuple, groups)))


def from_data(data: Iterable[Iterable[Sequence[str]]], fields: Fields | None = None) -> Filter:
    """Read a stored filter; with `fields`, check every condition against them."""
    groups = tuple(
        tuple(Condition(name, op_named(op), value) for name, op, value in group) for group in data
    )
    if fields is not None:
        for group in groups:
            for condition in group:
                checked(condition, fields)
    return Filter(groups)


def edited(rows: Sequence[Row], deed: str) -> list[Row]:
    """The rows after a press of a button: "add-2" (after row 2), "or", or "remove-2".

    What is not finished yet stays as it was typed. Anything else changes nothing.
    """
    verb, _, number = deed.partition("-")
    kept, nth = list(rows), int(number) if number.isdecimal() else -1
    if verb == "or" and len(kept) < MOST_CONDITIONS:
        return [*kept, ("or", _BLANK)]
    if verb == "add" and 0 <= nth < len(kept) < MOST_CONDITIONS:
        return [*kept[: nth + 1], ("and", _BLANK), *kept[nth + 1 :]]
    if verb == "remove" and 0 <= nth < len(kept):
        join, _gone = kept.pop(nth)
        if join == "or" and nth < len(kept):
            kept[nth] = ("or", kept[nth][1])
    return kept


def is_finished(condition: Condition) -> bool:
    """Whether it says something already."""
    return bool(condition.field and (condition.value or condition.op in PRESENCE))


def _at(values: Sequence[str], nth: int) -> str:
    return values[nth] if nth < len(values) else ""
