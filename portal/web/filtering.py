"""The filter of a list, as its URL has it: read once, shown as rows and chips."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import request

from policies.comparisons import Condition, Field, Fields, Op
from policies.errors import Invalid
from policies.filters import (
    OPS,
    SIGNS,
    Filter,
    Row,
    edited,
    from_rows,
    is_finished,
    rows_in,
)

PARAMETERS = ("join", "field", "op", "value", "do")
BLANK: Row = ("or", Condition("", Op.IS))


@dataclass(frozen=True)
class Chosen:
    """What the URL or form asks for. `error` is the sentence where it made no sense; nothing is
    hidden by it: a list is then shown unfiltered, and says so."""

    filter: Filter
    fields: Fields
    error: str = ""
    typed: tuple[Row, ...] = ()  # the rows as written, where they are not what `filter` says
    prefix: str = ""

    @property
    def words(self) -> str:
        return self.filter.in_words(self.fields)

    @property
    def groups(self) -> list[list[tuple[int, Condition]]]:
        """The rows to show, numbered, in their groups; a blank one where there is none."""
        groups: list[list[tuple[int, Condition]]] = []
        for nth, (join, condition) in enumerate(self.typed or self.filter.as_rows() or [BLANK]):
            if join == "or" or not groups:
                groups.append([])
            groups[-1].append((nth, condition))
        return groups

    @property
    def sections(self) -> list[tuple[str, list[Field]]]:
        """The fields to choose from, under the headings they have."""
        found: dict[str, list[Field]] = {}
        for field in self.fields.values():
            found.setdefault(field.group, []).append(field)
        return list(found.items())

    def operators(self, condition: Condition) -> list[tuple[str, str]]:
        """The comparisons to offer: those of the field, or of any where none is chosen."""
        field = self.fields.get(condition.field)
        kinds = {field.kind} if field else {each.kind for each in self.fields.values()}
        known = {op for kind in kinds for op in OPS[kind]}
        return [(op.value, sign) for op, sign in SIGNS.items() if op in known]

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


def read_filter(fields: Fields, prefix: str = "", *, in_the_making: bool = False) -> Chosen:
    """The filter in the query string, or in the form of a POST; `prefix` is before its names.

    Where a button that edits the rows was pressed, the rows are as they are after it. Then, and
    while it is `in_the_making`, the filter is what those that are finished say.
    """
    source = request.form if request.method == "POST" else request.args
    rows: list[Row] = []
    try:
        rows = rows_in(source, prefix)
        if deed := source.get(prefix + "do", ""):
            rows = edited(rows or [BLANK], deed)
        lenient = in_the_making or bool(deed)
        said = [row if is_finished(row[1]) or not lenient else (row[0], BLANK[1]) for row in rows]
        typed = tuple(rows) if lenient else ()
        return Chosen(from_rows(said, fields), fields, typed=typed, prefix=prefix)
    except Invalid as refusal:
        return Chosen(Filter(), fields, str(refusal), tuple(rows), prefix)


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
