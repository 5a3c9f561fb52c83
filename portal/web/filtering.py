"""The filter of a list, as its URL has it: read once, shown as rows and chips."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from urllib.parse import urlencode

from flask import request

from policies.errors import Invalid
from policies.filters import MOST_CONDITIONS, SIGNS, Condition, Fields, Filter, Op, from_form

PARAMETERS = ("join", "field", "op", "value")
OPERATORS = [(op.value, sign) for op, sign in SIGNS.items()]


@dataclass(frozen=True)
class Chosen:
    """What the URL asks for. `error` is the sentence where it made no sense; nothing is hidden
    by it: the list is then shown unfiltered, and says so."""

    filter: Filter
    fields: Fields
    error: str = ""
    typed: tuple[tuple[str, Condition], ...] = ()  # what was written, where it made no sense

    @property
    def words(self) -> str:
        return self.filter.in_words(self.fields)

    @property
    def rows(self) -> list[tuple[str, Condition]]:
        return self.filter.as_rows() or list(self.typed)

    @property
    def choices(self) -> list[tuple[str, str]]:
        return [(field.key, field.label) for field in self.fields.values()]

    def toggle(self, key: str, value: str) -> tuple[str, bool]:
        """This list's URL with "key is value" or, where that is asked for already, without it."""
        wanted = Condition(key, Op.IS, value)
        groups = self.filter.groups
        is_on = bool(groups) and all(wanted in group for group in groups)
        others = [tuple(c for c in group if (c.field, c.op) != (key, Op.IS)) for group in groups]
        if is_on:
            return here(filter=Filter(tuple(filter(None, others)))), True
        return here(filter=Filter(tuple((*group, wanted) for group in others or [()]))), False

    def only(self, key: str, value: str) -> str:
        """This list's URL with "key is value" in place of whatever is asked of `key`.

        With an empty value, nothing is asked of it.
        """
        wanted = (Condition(key, Op.IS, value),) if value else ()
        others = [tuple(c for c in g if c.field != key) for g in self.filter.groups] or [()]
        groups = [(*group, *wanted) for group in others]
        return here(filter=Filter(tuple(groups) if all(groups) else ()))

    @property
    def chips(self) -> list[tuple[str, str]]:
        """Each condition in words, with the URL of this list without it."""
        return [
            (Filter(((condition,),)).in_words(self.fields), here(filter=without(self.filter, nth)))
            for nth, condition in enumerate(self.filter.conditions)
        ]


def read_filter(fields: Fields) -> Chosen:
    """The filter in the query string, or in the form of a POST."""
    source = request.form if request.method == "POST" else request.args
    try:
        return Chosen(from_form(source, fields), fields)
    except Invalid as refusal:
        return Chosen(Filter(), fields, str(refusal), _as_typed())


def _as_typed() -> tuple[tuple[str, Condition], ...]:
    """The rows of a filter as they were written, so that they can be corrected."""
    names, ops, values = (request.values.getlist(key) for key in ("field", "op", "value"))
    joins = ["or", *request.values.getlist("join")[1:]]
    known = {op.value for op in Op}
    return tuple(
        (join or "and", Condition(name, Op(op), value))
        for join, name, op, value in zip_longest(joins, names, ops, values, fillvalue="")
        if name and op in known
    )[:MOST_CONDITIONS]


def without(chosen: Filter, nth: int) -> Filter:
    """The filter less its nth condition."""
    kept, count = [], 0
    for group in chosen.groups:
        rest = tuple(c for place, c in enumerate(group, start=count) if place != nth)
        count += len(group)
        if rest:
            kept.append(rest)
    return Filter(tuple(kept))


def here(*, filter: Filter | None = None, drop: Iterable[str] = ("at",), **changes: str) -> str:  # noqa: A002  the word of the grammar
    """This page's URL with other parameters; changing anything leads to the first page."""
    gone = {*drop, *changes, *(PARAMETERS if filter is not None else ())}
    pairs = [(k, v) for k, v in request.args.items(multi=True) if k not in gone]
    pairs += [(key, value) for key, value in changes.items() if value]
    pairs += filter.as_query() if filter is not None else []
    return f"{request.path}?{urlencode(pairs)}" if pairs else request.path


def kept_parameters(drop: Sequence[str] = ()) -> list[tuple[str, str]]:
    """What a filter form must carry along as hidden fields."""
    gone = {*PARAMETERS, "at", *drop}
    return [(k, v) for k, v in request.args.items(multi=True) if k not in gone]
