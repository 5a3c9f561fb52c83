"""Which columns a reviewer sees, and in which order the rows stand; both live in the URL."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import request
from sqlalchemy import case

from policies.fields import SHOWN_AT_FIRST
from policies.filters import Field
from policies.lifecycle import Verdict
from portal.models import Item, Review
from portal.queries.item_pages import Sort
from portal.queries.items import item_columns

UNDECIDED_FIRST = "undecided-first"

BADGES = {
    "is_past": "past user",
    "is_external": "external",
    "is_privileged": "privileged",
    "is_orphan": "orphan",
    "is_new": "new",
    "is_changed": "changed",
    "is_inactive": "inactive",
    "is_against": "against recommendation",
}
NOT_COLUMNS = {*BADGES, "verdict", "comment", "label", "is_against", "is_different"}


@dataclass(frozen=True)
class Columns:
    """The columns to show after the name, those one could add, and the order."""

    shown: list[Field]
    available: list[Field]
    sort: Sort

    @property
    def undecided_first(self) -> bool:
        return self.sort.key == UNDECIDED_FIRST

    @property
    def as_query(self) -> str:
        """The columns as URL parameters, for a row that is swapped alone."""
        return urlencode([("cols", field.key) for field in self.shown])

    def direction(self, key: str) -> str | None:
        """How the table is sorted by this column: "asc", "desc" or not at all."""
        if key != self.sort.key:
            return None
        return "desc" if self.sort.descending else "asc"

    def next_order(self, key: str) -> str:
        """What pressing a header asks for: "key" or "-key"."""
        return f"-{key}" if self.direction(key) == "asc" else key


def read_columns(fields: Mapping[str, Field]) -> Columns:
    """The columns and the order in the query string; unknown ones are left out."""
    available = [field for key, field in fields.items() if key not in NOT_COLUMNS]
    wanted = request.args.getlist("cols") or list(SHOWN_AT_FIRST)
    shown = [fields[key] for key in wanted if key in fields and key not in NOT_COLUMNS]
    order = request.args.get("sort", "label")
    key = order.removeprefix("-")
    known = key in fields or order == UNDECIDED_FIRST
    sort = Sort(key, order.startswith("-")) if known else Sort()
    return Columns(shown, available, sort)


def column_of(sort: Sort, fields: Mapping[str, Field], review: Review) -> Any:
    """The column or expression that a list in this order is sorted by."""
    if sort.key == UNDECIDED_FIRST:
        return case((Item.verdict == Verdict.UNDECIDED, 0), else_=1)
    return item_columns({sort.key: fields[sort.key]}, review)[sort.key]


def badges_of(item: object) -> list[str]:
    """The quiet badges of one item, the risky ones first."""
    found = [word for key, word in BADGES.items() if getattr(item, key, False)]
    return [*found, "service"] if str(getattr(item, "kind", "")) == "service" else found
