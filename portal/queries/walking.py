"""Long lists in the order of a column of few different texts, such as a department: the texts are
put in order, and then the rows of the first ones read as an index has them, instead of all sorted.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Select, func, select

from portal.db import db
from portal.queries.order import in_order

MOST = 1_000  # different texts; where there are more, each has few rows, and to sort is quicker
STEPS = 4  # texts looked at by themselves; where a filter leaves few rows, the rest is sorted

Group = tuple[str, list[str]]  # what texts are put in order by, and those that this is the key of


def texts_in_order(column: Any) -> list[Group] | None:
    """The texts of a column that is indexed and never NULL; None where they are too many.

    Found by going from each to the next, which takes no look at the rows of either.
    """
    first = select(func.min(column).label("text")).cte("texts", recursive=True)
    following = select(func.min(column)).where(column > first.c.text).scalar_subquery()
    texts = first.union_all(select(following).where(first.c.text.is_not(None)))
    query = select(in_order(texts.c.text), texts.c.text).where(texts.c.text.is_not(None))
    found = db.session.execute(query.limit(MOST + 1)).all()
    if len(found) > MOST:
        return None
    pairs = sorted((key, text) for key, text in found)
    return [(key, [text for _, text in some]) for key, some in groupby(pairs, itemgetter(0))]


def walked(
    query: Select[Any], order: Any, groups: Sequence[Group], edge: tuple[Any, Any] | None
) -> Iterator[Select[Any]]:
    """Selects, each for the keys that come after those of the one before, in turn."""
    ways = list(groups)[::-1] if order.descending else list(groups)
    if edge is not None:
        ways = [group for group in ways if group[0] == edge[0] or _is_beyond(group[0], edge, order)]
    for key, texts in ways[:STEPS]:
        here = query.where(order.plain.in_(texts))
        if edge is not None and key == edge[0]:
            here = here.where(order.key < edge[1] if order.descending else order.key > edge[1])
        yield here.order_by(order.key.desc() if order.descending else order.key)
    if rest := ways[STEPS:]:
        texts = [text for _, some in rest for text in some]
        yield query.where(order.plain.in_(texts)).order_by(*order.terms)


def _is_beyond(key: str, edge: tuple[Any, Any], order: Any) -> bool:
    return bool(key < edge[0] if order.descending else key > edge[0])
