"""What is in view of a review, taken together by one field and counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, distinct, func, select, true

from policies.filters import Field, Kind
from policies.groups import as_typed
from policies.lifecycle import Verdict
from portal.db import db
from portal.models import Item
from portal.queries.item_pages import Sort
from portal.queries.items import Progress

MOST = 200  # groups on a page
MOST_LEFT = Sort("undecided", descending=True)
COUNTED: Mapping[str, ColumnElement[bool]] = {
    "total": true(),
    "undecided": Item.verdict == Verdict.UNDECIDED,
    "approved": Item.verdict == Verdict.APPROVED,
    "rejected": Item.verdict == Verdict.REJECTED,
    "changed": Item.verdict == Verdict.CHANGED,
    "privileged": Item.is_privileged.expression,
}


@dataclass(frozen=True)
class Group:
    """The items that share a value, as one would type it; "" for those that have none."""

    value: str
    progress: Progress


def groups_in(
    view: ColumnElement[bool],
    column: Any,
    field: Field,
    sort: Sort = MOST_LEFT,
    *,
    most: int | None = MOST,
) -> tuple[Sequence[Group], int]:
    """The groups of the items in `view` by `column`, that of `field`; and how many there are in
    all. Texts that differ only in case are one, as they are to a filter."""
    shown, key = _keyed(column, field)
    counts = {name: func.count(case((holds, 1))) for name, holds in COUNTED.items()}
    place = counts.get(sort.key, key)
    rows = db.session.execute(
        select(shown, *counts.values())
        .where(view)
        .group_by(key)
        .order_by(place.desc() if sort.descending else place, key)
        .limit(most)
    ).all()
    found = [_group(*row) for row in rows]
    if most is None or len(found) < most:
        return found, len(found)
    return found, db.session.scalar(select(func.count(distinct(key))).where(view)) or 0


def _keyed(column: Any, field: Field) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """What a group shows of its value, and what its items share."""
    if field.kind not in (Kind.TEXT, Kind.PERSON):
        return column, column
    text = func.coalesce(column, "")
    return func.min(text), func.lower(text)


def _group(value: Any, *counts: int) -> Group:
    named = dict(zip(COUNTED, counts, strict=True))
    named.pop("undecided")
    return Group(as_typed(value), Progress(**named))
