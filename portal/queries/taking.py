"""What is to be taken away of what an item holds: by its decisions, and what is left to choose."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, case, literal, or_, select
from sqlalchemy.orm import aliased

from policies.grants import grant_text
from policies.lifecycle import LOSING, Verdict
from portal.db import db
from portal.models import Decision, Item, ItemGrant


def losing() -> ColumnElement[bool]:
    """Items of which something is to be taken away, by what is signed off (Item.is_losing)."""
    closed = and_(Item.verdict.in_(LOSING), Item.signed_off)
    return and_(~Item.is_planted, or_(Item.is_reduced, closed))


def grants_on(item: Item) -> Sequence[ItemGrant]:
    """Everything the account held at the freeze, by kind and name."""
    query = select(ItemGrant).where(ItemGrant.item_id == item.id)
    return db.session.scalars(query.order_by(ItemGrant.kind, ItemGrant.name)).all()


def may_lose(item: Item) -> list[str]:
    """The grants that a change at the present level may take away: no level below did."""
    here = (None, item.level)
    return [grant_text(g.kind, g.name) for g in grants_on(item) if g.taken_at in here]


def takes_on(item: Item) -> list[str]:
    """What the decision that stands takes away."""
    return takes_of([item]).get(item.id, [])


def takes_of(items: Iterable[Item]) -> dict[int, list[str]]:
    """By item, of those that stand changed: what is to be taken away."""
    changed = [item.decision_id for item in items if item.verdict is Verdict.CHANGED]
    if not changed:
        return {}
    query = select(Decision.item_id, Decision.takes).where(Decision.id.in_(changed))
    return dict(db.session.execute(query).all())


def takes_stood_before() -> Any:
    """Beside Decision: what the change took away that stood before it; nothing, where none did."""
    earlier = aliased(Decision)
    before = (
        select(earlier.takes)
        .where(earlier.item_id == Decision.item_id, earlier.id < Decision.id)
        .order_by(earlier.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    nothing = literal([], Decision.takes.type)
    return case((Decision.was == Verdict.CHANGED, before), else_=nothing)
