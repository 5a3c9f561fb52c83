"""The filter language: one grammar for applications, people, accounts and items.

A filter is groups of conditions: it matches when every condition of any one group
does. It is read from a form or a URL (parallel lists join/field/op/value), stored as
data, shown in words, and turned into SQL by `portal.queries.filters`.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from policies.errors import Invalid


class Kind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"
    YES_NO = "yes or no"


class Op(StrEnum):
    IS = "is"
    IS_NOT = "is-not"
    CONTAINS = "contains"
    NOT_CONTAINS = "not-contains"
    MORE = "more"
    LESS = "less"
    EMPTY = "empty"
    NOT_EMPTY = "not-empty"


SIGNS: Mapping[Op, str] = {
    Op.IS: "=",
    Op.IS_NOT: "≠",
    Op.CONTAINS: "contains",
    Op.NOT_CONTAINS: "does not contain",
    Op.MORE: ">",
    Op.LESS: "<",
    Op.EMPTY: "is empty",
    Op.NOT_EMPTY: "is not empty",
}
_WORDS = {**SIGNS, Op.IS: "is", Op.IS_NOT: "is not", Op.MORE: "more than", Op.LESS: "less than"}
_DATE_WORDS = {**_WORDS, Op.MORE: "is after", Op.LESS: "is before"}
_PRESENCE = (Op.EMPTY, Op.NOT_EMPTY)
_LONGEST = 500  # characters of a value
MOST_CONDITIONS = 50

OPS: Mapping[Kind, tuple[Op, ...]] = {
    Kind.TEXT: (Op.CONTAINS, Op.NOT_CONTAINS, Op.IS, Op.IS_NOT, *_PRESENCE),
    Kind.NUMBER: (Op.IS, Op.IS_NOT, Op.MORE, Op.LESS, *_PRESENCE),
    Kind.DATE: (Op.IS, Op.IS_NOT, Op.MORE, Op.LESS, *_PRESENCE),
    Kind.CHOICE: (Op.IS, Op.IS_NOT, Op.CONTAINS, *_PRESENCE),
    Kind.YES_NO: (Op.IS, Op.IS_NOT),
}


@dataclass(frozen=True)
class Field:
    """Something one may filter by. `choices` are suggestions for CHOICE fields."""

    key: str
    label: str
    kind: Kind = Kind.TEXT
    choices: tuple[str, ...] = ()


Fields = Mapping[str, Field]


@dataclass(frozen=True)
class Condition:
    """One comparison; `value` is text as typed, already found valid for the field's kind."""

    field: str
    op: Op
    value: str = ""


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

    def as_rows(self) -> list[tuple[str, Condition]]:
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
        """Say the filter as a person would: "State is sanctioned and Users more than 10"."""
        groups = [" and ".join(_in_words(c, fields) for c in group) for group in self.groups]
        return ", or ".join(groups)


def from_form(form: Any, fields: Fields, prefix: str = "") -> Filter:
    """Read a filter from a MultiDict with join, field, op and value as parallel lists.

    `prefix` goes before each name. Rows without a field are skipped. A single `join` stands
    for every row. Raises Invalid on anything the grammar does not know.
    """
    names, ops, values, joins = (
        form.getlist(prefix + key) for key in ("field", "op", "value", "join")
    )
    if len(joins) == 1:
        joins *= len(names)
    if len(names) > MOST_CONDITIONS:
        raise Invalid(f"A filter can have {MOST_CONDITIONS} conditions at most.")
    rows: list[tuple[str, Condition]] = []
    for nth, name in enumerate(names):
        if name:
            condition = Condition(name, _op(_at(ops, nth)), _at(values, nth).strip())
            rows.append((_at(joins, nth) or "and", _checked(condition, fields)))
    return _grouped(rows)


def from_data(data: Iterable[Iterable[Sequence[str]]], fields: Fields | None = None) -> Filter:
    """Read a stored filter; with `fields`, check every condition against them."""
    groups = tuple(
        tuple(Condition(name, _op(op), value) for name, op, value in group) for group in data
    )
    if fields is not None:
        for group in groups:
            for condition in group:
                _checked(condition, fields)
    return Filter(groups)


def typed(condition: Condition, field: Field) -> str | float | date | bool:
    """The condition's value in the type of its field. Raises Invalid with a sentence."""
    value = condition.value
    try:
        if field.kind is Kind.NUMBER:
            return _finite(value.replace(",", "."))
        if field.kind is Kind.DATE:
            return date.fromisoformat(value)
    except ValueError:
        example = "10" if field.kind is Kind.NUMBER else "2026-12-31"
        sentence = f"“{value}” is not a {field.kind.value} for {field.label}. Write {example}."
        raise Invalid(sentence) from None
    if field.kind is Kind.YES_NO:
        return value.lower() in {"yes", "true", "1"}
    return value


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _grouped(rows: Sequence[tuple[str, Condition]]) -> Filter:
    groups: list[list[Condition]] = []
    for join, condition in rows:
        if join == "or" or not groups:
            groups.append([])
        groups[-1].append(condition)
    return Filter(tuple(map(tuple, groups)))


def _checked(condition: Condition, fields: Fields) -> Condition:
    field = fields.get(condition.field)
    if field is None:
        raise Invalid(f"There is no field “{condition.field}” to filter by.")
    if condition.op not in OPS[field.kind]:
        raise Invalid(f"{field.label} cannot be compared by “{SIGNS[condition.op]}”.")
    if condition.op not in _PRESENCE:
        if not condition.value:
            raise Invalid(f"Say what {field.label} {SIGNS[condition.op]} should compare with.")
        if len(condition.value) > _LONGEST or "\0" in condition.value:
            raise Invalid(f"What {field.label} is compared with is too long, or not text.")
        typed(condition, field)
    return condition


def _in_words(condition: Condition, fields: Fields) -> str:
    field = fields.get(condition.field, Field(condition.field, condition.field))
    words = _DATE_WORDS if field.kind is Kind.DATE else _WORDS
    value = "" if condition.op in _PRESENCE else f" {condition.value}"
    return f"{field.label} {words[condition.op]}{value}"


def _op(name: str) -> Op:
    try:
        return Op(name or "is")
    except ValueError:
        raise Invalid(f"There is no comparison “{name}”.") from None


def _at(values: Sequence[str], nth: int) -> str:
    return values[nth] if nth < len(values) else ""
