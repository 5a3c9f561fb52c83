"""One comparison of the filter language: kinds of field, comparisons, values, and its words.

How comparisons make a filter is in policies/filters.py.
"""

import csv
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from policies.errors import Invalid


class Kind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"
    PERSON = "person"
    YES_NO = "yes or no"


class Op(StrEnum):
    IS = "is"
    IS_NOT = "is-not"
    CONTAINS = "contains"
    NOT_CONTAINS = "not-contains"
    STARTS = "starts"
    IN = "in"
    MORE = "more"
    LESS = "less"
    BETWEEN = "between"
    EMPTY = "empty"
    NOT_EMPTY = "not-empty"


SIGNS: Mapping[Op, str] = {
    Op.IS: "=",
    Op.IS_NOT: "≠",
    Op.CONTAINS: "contains",
    Op.NOT_CONTAINS: "does not contain",
    Op.STARTS: "starts with",
    Op.IN: "is one of",
    Op.MORE: ">",
    Op.LESS: "<",
    Op.BETWEEN: "is between",
    Op.EMPTY: "is empty",
    Op.NOT_EMPTY: "is not empty",
}
_WORDS = {**SIGNS, Op.IS: "is", Op.IS_NOT: "is not", Op.MORE: "more than", Op.LESS: "less than"}
_DATE_WORDS = {**_WORDS, Op.MORE: "is after", Op.LESS: "is before"}
PRESENCE = (Op.EMPTY, Op.NOT_EMPTY)
LONGEST = 500  # characters of a value
MOST_VALUES = 50  # of "is one of"

_TEXTUAL = (Op.CONTAINS, Op.NOT_CONTAINS, Op.IS, Op.IS_NOT, Op.STARTS, Op.IN, *PRESENCE)
_ORDERED = (Op.IS, Op.IS_NOT, Op.MORE, Op.LESS, Op.BETWEEN, Op.IN, *PRESENCE)
OPS: Mapping[Kind, tuple[Op, ...]] = {
    Kind.TEXT: _TEXTUAL,
    Kind.NUMBER: _ORDERED,
    Kind.DATE: tuple(op for op in _ORDERED if op is not Op.IN),
    Kind.CHOICE: (Op.IS, Op.IS_NOT, Op.IN, Op.CONTAINS, *PRESENCE),
    Kind.PERSON: (Op.IS, Op.IS_NOT, Op.CONTAINS, Op.NOT_CONTAINS, Op.STARTS, Op.IN, *PRESENCE),
    Kind.YES_NO: (Op.IS, Op.IS_NOT),
}
_SPANS = re.compile(r"\s+(?:and|to|–|-)\s+|\s*\.\.\s*", re.IGNORECASE)
_EXAMPLES = {Kind.NUMBER: "10", Kind.DATE: "2026-12-31"}
_YES, _NO = ("yes", "true", "1"), ("no", "false", "0")

Value = str | float | date | bool


@dataclass(frozen=True)
class Field:
    """Something one may filter by. `choices` are suggestions; `group` heads it in a long list."""

    key: str
    label: str
    kind: Kind = Kind.TEXT
    choices: tuple[str, ...] = ()
    group: str = ""


Fields = Mapping[str, Field]


@dataclass(frozen=True)
class Condition:
    """One comparison; `value` is text as typed: "Sales", "Sales, Support", "10 and 20"."""

    field: str
    op: Op
    value: str = ""


def checked(condition: Condition, fields: Fields) -> Condition:
    """The condition itself. Raises Invalid with a sentence where it makes no sense."""
    field = fields.get(condition.field)
    if field is None:
        raise Invalid(f"There is no field “{condition.field}” to filter by.")
    if condition.op not in OPS[field.kind]:
        raise Invalid(f"{field.label} cannot be compared by “{SIGNS[condition.op]}”.")
    if condition.op not in PRESENCE:
        if not condition.value:
            raise Invalid(f"Say what {field.label} {SIGNS[condition.op]} should compare with.")
        if len(condition.value) > LONGEST or "\0" in condition.value:
            raise Invalid(f"What {field.label} is compared with is too long, or not text.")
        typed(condition, field)
    return condition


def typed(condition: Condition, field: Field) -> tuple[Value, ...]:
    """What the field is compared with, in its type: several for "is one of", two for "between".

    Raises Invalid with a sentence.
    """
    texts = _texts(condition, field)
    values = tuple(_READERS.get(field.kind, _as_text)(text, field) for text in texts)
    if condition.op is Op.BETWEEN and values[0] > values[1]:  # type: ignore[operator]  # of one type
        raise Invalid(f"{field.label} is between: write the smaller one first.")
    return values


def in_words(condition: Condition, fields: Fields) -> str:
    """Say it as a person would: "Users more than 10"."""
    field = fields.get(condition.field, Field(condition.field, condition.field))
    words = _DATE_WORDS if field.kind is Kind.DATE else _WORDS
    value = "" if condition.op in PRESENCE else f" {_said(condition, field)}"
    return f"{field.label} {words[condition.op]}{value}"


def op_named(name: str) -> Op:
    """The comparison of that name; "=" where there is none. Raises Invalid."""
    try:
        return Op(name or "is")
    except ValueError:
        raise Invalid(f"There is no comparison “{name}”.") from None


def _texts(condition: Condition, field: Field) -> list[str]:
    if condition.op is Op.IN:
        return _listed(condition.value, field)
    if condition.op is Op.BETWEEN:
        ends = [end.strip() for end in _SPANS.split(condition.value)]
        if len(ends) != 2 or not all(ends):
            least = _EXAMPLES[field.kind]
            raise Invalid(f"{field.label} is between two values. Write {least} and {least}.")
        return ends
    return [condition.value]


def _listed(value: str, field: Field) -> list[str]:
    """The values of a list such as: Sales, "Legal, Berlin"."""
    lines = value.replace(";", ",").splitlines()
    cells = [cell.strip() for row in csv.reader(lines, skipinitialspace=True) for cell in row]
    found = list(dict.fromkeys(filter(None, cells)))
    if not found or len(found) > MOST_VALUES:
        raise Invalid(f"{field.label} is one of: write 1 to {MOST_VALUES} values, with commas.")
    return found


def _said(condition: Condition, field: Field) -> str:
    try:
        texts = _texts(condition, field)
    except Invalid:
        return condition.value
    if field.kind is Kind.CHOICE:
        texts = [_capital(text, field) for text in texts]
    return (" and " if condition.op is Op.BETWEEN else ", ").join(texts)


def _capital(text: str, field: Field) -> str:
    return text[:1].upper() + text[1:] if text.lower() in field.choices else text


def _as_number(text: str, field: Field) -> float:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        raise _unread(text, field) from None
    if not math.isfinite(number):
        raise _unread(text, field)
    return number


def _as_date(text: str, field: Field) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _unread(text, field) from None


def _as_answer(text: str, field: Field) -> bool:
    if text.lower() not in _YES + _NO:
        raise Invalid(f"{field.label} is yes or no, not “{text}”.")
    return text.lower() in _YES


def _as_text(text: str, field: Field) -> str:
    return text


def _unread(text: str, field: Field) -> Invalid:
    example = _EXAMPLES[field.kind]
    return Invalid(f"“{text}” is not a {field.kind.value} for {field.label}. Write {example}.")


_READERS: Mapping[Kind, Callable[[str, Field], Value]] = {
    Kind.NUMBER: _as_number,
    Kind.DATE: _as_date,
    Kind.YES_NO: _as_answer,
}
