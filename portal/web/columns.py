"""Which columns a reviewer sees, and in which order the rows stand; both live in the URL."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import request
from sqlalchemy import case

from policies.filters import Field
from policies.layout import Column, Layout
from policies.lifecycle import Verdict
from policies.permissions import Actor
from portal.models import Item, Review
from portal.queries.item_pages import Sort
from portal.queries.items import item_columns
from portal.queries.table_views import layout_for, unhidden

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
NOT_COLUMNS = {*BADGES, "verdict", "comment", "label", "is_against", "is_different", "decided_by"}


@dataclass(frozen=True)
class Columns:
    """The columns to show after the name, those one could add, and the order."""

    shown: list[Field]
    sort: Sort
    layout: Layout = ()
    asked: bool = False  # by the URL

    @property
    def cells(self) -> list[tuple[Field, str]]:
        """Each column with its classes: how wide it is, and whether it stays."""
        by_key = {column.key: column for column in self.layout}
        found, pins = [], 0
        for field in self.shown:
            column = by_key.get(field.key, Column(field.key))
            pins += column.pinned
            pin = f" pin-{pins}" if column.pinned else ""
            found.append((field, f"is-{column.width}{pin}"))
        return found

    @property
    def undecided_first(self) -> bool:
        return self.sort.key == UNDECIDED_FIRST

    @property
    def as_query(self) -> str:
        """The columns as URL parameters, for a row that is swapped alone; "" for those that are
        remembered."""
        return urlencode([("cols", field.key) for field in self.shown]) if self.asked else ""

    def direction(self, key: str) -> str | None:
        """How the table is sorted by this column: "asc", "desc" or not at all."""
        if key != self.sort.key:
            return None
        return "desc" if self.sort.descending else "asc"

    def next_order(self, key: str) -> str:
        """What pressing a header asks for: "key" or "-key"."""
        return f"-{key}" if self.direction(key) == "asc" else key


def read_columns(fields: Mapping[str, Field], review: Review, actor: Actor) -> Columns:
    """The columns in the query string, or those that are remembered; and the order."""
    layout, asked = layout_for(review, actor), request.args.getlist("cols")
    wanted = asked or [column.key for column in layout]
    wanted = [*unhidden(review, wanted), *wanted]
    shown = [fields[key] for key in wanted if key in fields and key not in NOT_COLUMNS]
    order = request.args.get("sort", "label")
    key = order.removeprefix("-")
    known = key in fields or order == UNDECIDED_FIRST
    sort = Sort(key, order.startswith("-")) if known else Sort()
    return Columns(shown, sort, layout, bool(asked))


def column_of(sort: Sort, fields: Mapping[str, Field], review: Review) -> Any:
    """The column or expression that a list in this order is sorted by."""
    if sort.key == UNDECIDED_FIRST:
        return case((Item.verdict == Verdict.UNDECIDED, 0), else_=1)
    return item_columns({sort.key: fields[sort.key]}, review)[sort.key]


def badges_of(item: object) -> list[str]:
    """The quiet badges of one item, the risky ones first."""
    found = [word for key, word in BADGES.items() if getattr(item, key, False)]
    if isinstance(item, Item) and item.is_planted and item.review.tells_planted:
        found.append("planted")
    return [*found, "service"] if str(getattr(item, "kind", "")) == "service" else found
