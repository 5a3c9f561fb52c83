"""What was kept with less: the grants to be taken away, as the evidence says them."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection, String, cast, func, select

from policies.grants import grant_text
from portal.models import Item, ItemGrant


def takes_text(takes: Iterable[str]) -> str:
    """ "role: Admin; role: Sales Manager", sorted."""
    return "; ".join(sorted(takes))


def takes_in(view: Connection, review_id: int) -> dict[str, str]:
    """By item id, in text: what is to be taken away, as `takes_text` has it; level by level.

    The items of a review lie side by side, and so do their grants.
    """
    ends = select(func.min(Item.id), func.max(Item.id)).where(Item.review_id == review_id)
    first, last = view.execute(ends).one()
    rows = view.execute(
        select(cast(ItemGrant.item_id, String), ItemGrant.taken_at, ItemGrant.kind, ItemGrant.name)
        .where(ItemGrant.item_id.between(first or 0, last or 0), ItemGrant.taken_at.is_not(None))
        .order_by(ItemGrant.item_id, ItemGrant.taken_at)
    )
    found: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for item_id, level, kind, name in rows:
        found[item_id][level or 0].append(grant_text(kind, name))
    return {item: "; ".join(map(takes_text, levels.values())) for item, levels in found.items()}
