"""A list page's state is its URL: text searched for, filter, order, page. Read and written here."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Response, request, stream_with_context

from policies.errors import Invalid
from policies.filters import OPS, SIGNS, Fields, Filter, from_form
from portal.reports.sheet import csv_bytes

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Listing:
    """What the URL asks of a list, and the URLs of its neighbours.

    Sorting begins the list anew; so does filtering. `error` is the sentence to show where
    the filter could not be read; the list is then shown without it.
    """

    path: str
    fields: Fields
    filter: Filter
    sort: str
    descending: bool
    text: str = ""
    cursor: str = ""
    error: str = ""

    @property
    def choices(self) -> list[tuple[str, str]]:
        return [(field.key, field.label) for field in self.fields.values()]

    @property
    def operators(self) -> list[tuple[str, str]]:
        used = {op for field in self.fields.values() for op in OPS[field.kind]}
        return [(op.value, sign) for op, sign in SIGNS.items() if op in used]

    @property
    def rows(self) -> list[dict[str, str]]:
        """The filter as the rows of the filter bar."""
        return [
            {"field": c.field, "op": c.op.value, "value": c.value} for c in self.filter.conditions
        ]

    @property
    def join(self) -> str:
        return "or" if len(self.filter.groups) > 1 else "and"

    @property
    def chips(self) -> list[tuple[str, str]]:
        """Each condition in words, and the URL without it."""
        return list(self._chips())

    @property
    def keep(self) -> dict[str, str]:
        """What the filter's form carries along."""
        return dict(self._pairs(filter_too=False))

    @property
    def filtered(self) -> Pairs:
        """What the search's form carries along."""
        return [pair for pair in self._pairs() if pair[0] != "q"]

    @property
    def clear_url(self) -> str:
        return self._url(self._pairs(filter_too=False))

    @property
    def is_narrowed(self) -> bool:
        return bool(self.filter or self.text)

    def insisting(self) -> "Listing":
        """The same, for a download: raises Invalid where the filter could not be read."""
        if self.error:
            raise Invalid(self.error)
        return self

    def csv_url(self) -> str:
        return f"{self.path}.csv?{urlencode(self._pairs())}"

    def direction(self, key: str) -> str | None:
        if key != self.sort:
            return None
        return "desc" if self.descending else "asc"

    def sort_url(self, key: str) -> str:
        """The list ordered by `key`; the other way round where it is already."""
        turned = key == self.sort and not self.descending
        pairs = [pair for pair in self._pairs() if pair[0] != "sort"]
        return self._url([*pairs, ("sort", f"-{key}" if turned else key)])

    def at(self, cursor: str) -> str | None:
        """The URL of the page at `cursor`, or None where there is none."""
        return self._url([*self._pairs(), ("at", cursor)]) if cursor else None

    def _chips(self) -> Iterator[tuple[str, str]]:
        rows = self.filter.as_query()
        for nth, condition in enumerate(self.filter.conditions):
            words = Filter(((condition,),)).in_words(self.fields)
            rest = rows[: 4 * nth] + rows[4 * nth + 4 :]
            yield words, self._url(self._pairs(filter_too=False) + rest)

    def _pairs(self, *, filter_too: bool = True) -> Pairs:
        pairs: Pairs = [("q", self.text)] if self.text else []
        if filter_too:
            pairs += self.filter.as_query()
        return [*pairs, ("sort", f"-{self.sort}" if self.descending else self.sort)]

    def _url(self, pairs: Pairs) -> str:
        return f"{self.path}?{urlencode(pairs)}"


def read_listing(fields: Fields, sorts: Collection[str], first: str) -> Listing:
    """What the request's URL asks; sorted by `first` where it does not say by one of `sorts`."""
    asked = request.args.get("sort", first)
    key = asked.removeprefix("-")
    error = ""
    try:
        wanted = from_form(request.args, fields)
    except Invalid as invalid:
        wanted, error = Filter(), str(invalid)
    return Listing(
        path=request.path.removesuffix(".csv"),
        fields=fields,
        filter=wanted,
        sort=key if key in sorts else first,
        descending=asked.startswith("-") and key in sorts,
        text=request.args.get("q", "").replace("\0", "").strip()[:200],
        cursor=request.args.get("at", ""),
        error=error,
    )


def csv_answer(name: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Response:
    """A CSV file, sent as its rows come."""
    response = Response(stream_with_context(csv_bytes(header, rows)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
