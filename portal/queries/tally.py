"""How many items each quick filter would show: one pass over an index that holds all it takes.

Nothing of a review changes without a line in its trail: a tally is good until there is another.
"""

from collections.abc import Callable, Hashable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, select

from policies.chips import BITS, Group, counts_of
from policies.filters import Filter
from policies.lifecycle import Verdict
from policies.permissions import Actor
from portal.db import db
from portal.models import Item, Review, TrailLine
from portal.models.item import STANDING
from portal.queries.items import Share, hides_below, in_view, seen_share
from portal.queries.order import off_index

MOST_REMEMBERED = 200

_tallies: dict[Hashable, tuple[int, list[Group]]] = {}  # of this process, the oldest first


def bits_of(columns: Mapping[str, Any]) -> Any:
    """The bits of an item, from the columns or expressions of its facts."""
    of_field: dict[str, dict[str, int]] = {}
    for (field, value), bit in BITS.items():
        of_field.setdefault(field, {})[value] = bit
    parts = [_bit(columns[field], bits) for field, bits in of_field.items()]
    return sum(parts[1:], parts[0])


def chip_counts(review: Review, actor: Actor) -> dict[str, int]:
    """How many of the items that `actor` sees each chip would show, by its id; without those that
    never show anything here."""
    share = seen_share(actor, review)
    hides = hides_below(review, Filter(), actor)
    whose = None if share is Share.ALL else actor.person_id
    key = (review.id, review.level, review.frozen_at, share, hides, whose)
    groups = _remembered(review, key, lambda: _groups(review, actor, share, hides))
    counts = counts_of(groups, actor.person_id)
    if review.by_entitlement:
        counts.pop("chip-verdict-changed")
    return counts


def undecided_of(review: Review) -> int:
    """How many items of the whole review are undecided."""
    key = (review.id, review.level, review.frozen_at, Share.ALL, False, None)
    groups = _remembered(review, key, lambda: _counted(Item.review_id == review.id))
    return sum(group.count for group in groups if group.verdict is Verdict.UNDECIDED)


def last_line(review: Review) -> int:
    """The id of the newest line in the trail of a review: as long as it is the same, nothing of
    the review changed."""
    newest = select(func.max(TrailLine.id)).where(TrailLine.review_id == review.id)
    return db.session.scalar(newest) or 0


def _remembered(review: Review, key: Hashable, count: Callable[[], list[Group]]) -> list[Group]:
    last, known = last_line(review), _tallies.get(key)
    if known is None or known[0] != last:
        _tallies.pop(key, None)
        while len(_tallies) >= MOST_REMEMBERED:
            _tallies.pop(next(iter(_tallies)), None)
        known = _tallies[key] = (last, count())
    return known[1]


def _groups(review: Review, actor: Actor, share: Share, hides: bool) -> list[Group]:
    if hides or share not in (Share.ALL, Share.ALL_BUT_OWN):
        return _counted(in_view(review, Filter(), actor))
    groups = _counted(Item.review_id == review.id)
    if share is Share.ALL:
        return groups
    own = _counted(and_(Item.person_id == actor.person_id, off_index(Item.review_id) == review.id))
    return groups + [Group(g.verdict, g.decided_by, g.bits, -g.count) for g in own]


def _counted(condition: ColumnElement[bool]) -> list[Group]:
    kinds = [getattr(Item, name) for name in STANDING]  # all of them: in the order of the index
    rows: Any = db.session.execute(select(*kinds, func.count()).where(condition).group_by(*kinds))
    return [Group(verdict, by, bits, count) for verdict, _, _, by, bits, count in rows]


def _bit(column: Any, bits: Mapping[str, int]) -> Any:
    """The bit of what `column` says; what it says is worked out once, however many there are."""
    if "yes" in bits:
        return case((column, bits["yes"]), else_=0)
    return case({literal(value): bit for value, bit in bits.items()}, value=column, else_=0)
