"""A list page: text searched for, filter, order and page, all in its URL; and its CSV.

The filter itself is read by portal/web/filtering.py.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Response, request
from flask.globals import app_ctx, request_ctx

from policies.errors import Invalid
from policies.filters import Fields, Filter
from portal.db import Base
from portal.queries.marks import mark_for
from portal.reports.sheet import csv_bytes
from portal.usecases.downloads import note_list_taken
from portal.web.access import current_actor
from portal.web.filtering import Chosen, here, kept_parameters, read_filter

LONGEST_TEXT = 200


@dataclass(frozen=True)
class Listing:
    """What the URL asks of a list, and the URLs of its neighbours.

    Sorting and filtering begin at the first page.
    """

    path: str
    chosen: Chosen
    sort: str
    descending: bool
    text: str
    cursor: str

    @property
    def filter(self) -> Filter:
        return self.chosen.filter

    @property
    def error(self) -> str:
        """The sentence where the filter made no sense; the list is then shown without it."""
        return self.chosen.error

    @property
    def is_narrowed(self) -> bool:
        return bool(self.filter or self.text or self.error)

    @property
    def searching(self) -> list[tuple[str, str]]:
        """What the search form carries along: everything but the text and the page."""
        return [pair for pair in request.args.items(multi=True) if pair[0] not in {"q", "at"}]

    @property
    def filtering(self) -> list[tuple[str, str]]:
        """What the filter form carries along."""
        return kept_parameters()

    @property
    def clear_url(self) -> str:
        return here(filter=Filter())

    @property
    def csv_url(self) -> str:
        pairs = [pair for pair in request.args.items(multi=True) if pair[0] != "at"]
        return f"{self.path}/csv?{urlencode(pairs)}"

    def direction(self, key: str) -> str | None:
        if key != self.sort:
            return None
        return "desc" if self.descending else "asc"

    def sort_url(self, key: str) -> str:
        """The list ordered by `key`; the other way round where it is already."""
        return here(sort=f"-{key}" if self.direction(key) == "asc" else key)

    def at(self, cursor: str) -> str | None:
        """The URL of the page at `cursor`, or None where there is none."""
        return here(at=cursor) if cursor else None


def read_listing(fields: Fields, sorts: Collection[str], first: str) -> Listing:
    """What the request's URL asks; sorted by `first` where it does not say by one of `sorts`.

    A key with "-" before it is the other way round.
    """
    asked = request.args.get("sort", first)
    if asked.removeprefix("-") not in sorts:
        asked = first
    return Listing(
        path=request.path,
        chosen=read_filter(fields),
        sort=asked.removeprefix("-"),
        descending=asked.startswith("-"),
        text=request.args.get("q", "").replace("\0", "").strip()[:LONGEST_TEXT],
        cursor=request.args.get("at", ""),
    )


def read_download(fields: Fields, sorts: Collection[str], first: str) -> Listing:
    """The same for a CSV. Raises Invalid where the filter makes no sense."""
    listing = read_listing(fields, sorts, first)
    if listing.error:
        raise Invalid(listing.error)
    return listing


def csv_answer(
    name: str,
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    about: Base | None = None,
) -> Response:
    """A CSV file, sent as its rows come. That it is taken is in the trail, with its name.

    An auditor's carries them in its name: its bytes stay what the evidence says they are.
    """
    actor, file_name = current_actor(), f"{name}.csv"
    if mark := mark_for(actor):
        file_name = mark.on_name(file_name)
    note_list_taken(file_name, about=about, by=actor)
    response = Response(_streamed(csv_bytes(header, rows)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response


def _streamed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same chunks, with the request's database session open until the last of them.

    Flask's stream_with_context would let it be closed before the first one, and with it
    whatever was asked already.
    """
    kept = _within_request(chunks)
    next(kept)
    return kept


def _within_request(chunks: Iterator[bytes]) -> Iterator[bytes]:
    with app_ctx._get_current_object(), request_ctx._get_current_object():  # type: ignore[attr-defined]  # proxies
        yield b""
        yield from chunks
