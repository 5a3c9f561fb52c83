"""Adding many decisions at once, and putting them onto their items and what these hold."""

import hashlib
from typing import Any

from sqlalchemy import ColumnElement, and_, func, insert, literal, or_, select, true, update

from policies.lifecycle import Verdict
from portal.db import db
from portal.models import Decision, Item, ItemGrant, Review

COLUMNS = (
    *("item_id", "review_id", "level", "verdict", "comment", "was", "was_comment"),
    *("how", "bulk_id", "by_person_id", "by_name", "decided_at"),
)
BESIDE = ("takes", "seconds", "batch")
NOTHING = literal([], Decision.takes.type)


def append_decisions(query: Any, *, takes: Any = NOTHING, seconds: float | None = None) -> None:
    """A step: add the decisions that `query` selects, as COLUMNS has their columns.

    `takes` are the grants each takes away; `seconds` is how long all of them took together.
    """
    took = literal(seconds, Decision.seconds.type)
    query = query.add_columns(takes, took, func.count().over()).order_by(Item.id)
    db.session.execute(
        insert(Decision).from_select((*COLUMNS, *BESIDE), query, include_defaults=False)
    )


def apply_bulk(review: Review, bulk_id: str) -> int:
    """A step: put the decisions of a bulk onto their items; returns how many."""
    result = db.session.execute(
        update(Item)
        .where(
            Item.id == Decision.item_id,
            Decision.review_id == review.id,
            Decision.bulk_id == bulk_id,
        )
        .values(
            verdict=Decision.verdict,
            comment=Decision.comment,
            decided_by_id=Decision.by_person_id,
            decided_at=Decision.decided_at,
            decision_id=Decision.id,
            version=Item.version + 1,
        )
        .execution_options(synchronize_session=False)
    )
    mark_taken(review, and_(Decision.review_id == review.id, Decision.bulk_id == bulk_id))
    return int(result.rowcount)  # type: ignore[attr-defined]  # an UPDATE has one


def mark_taken(review: Review, said: ColumnElement[bool]) -> None:
    """A step: after these decisions, mark which grants are to be taken away, and which no more."""
    changes = or_(Decision.was == Verdict.CHANGED, Decision.verdict == Verdict.CHANGED)
    changing = select(Decision.item_id).where(said, changes)
    if db.session.scalar(changing.limit(1)) is None:
        return
    here = update(ItemGrant).execution_options(synchronize_session=False)
    here = here.where(ItemGrant.item_id.in_(changing))
    freed = here.where(ItemGrant.taken_at == review.level)
    db.session.execute(freed.values(taken_at=None))
    taken = here.where(ItemGrant.taken_at.is_(None), _is_named(said))
    db.session.execute(taken.values(taken_at=review.level))


def _is_named(said: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether one of these decisions takes the grant away, as policies.grants calls it."""
    on_sqlite = db.session.get_bind().dialect.name == "sqlite"
    each = func.json_each if on_sqlite else func.jsonb_array_elements_text
    name = each(Decision.takes).table_valued("value")
    name = name if on_sqlite else name.render_derived()  # PostgreSQL has no name for it
    named = select(Decision.id).select_from(Decision).join(name, true())
    return named.where(
        said,
        Decision.verdict == Verdict.CHANGED,
        Decision.item_id == ItemGrant.item_id,
        name.c.value == ItemGrant.kind + ": " + ItemGrant.name,
    ).exists()


def digest_of_bulk(bulk_id: str, review: Review) -> str:
    """A step: SHA-256 over the ids of the items, one a line, in ascending order."""
    ids = db.session.scalars(
        select(Decision.item_id)
        .where(Decision.review_id == review.id, Decision.bulk_id == bulk_id)
        .order_by(Decision.item_id)
    )
    return hashlib.sha256("\n".join(map(str, ids)).encode()).hexdigest()
