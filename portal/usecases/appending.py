"""Adding many decisions at once, and putting them onto their items."""

import hashlib
from typing import Any

from sqlalchemy import insert, select, update

from portal.db import db
from portal.models import Decision, Item, Review

COLUMNS = (
    *("item_id", "review_id", "level", "verdict", "comment", "was", "was_comment"),
    *("how", "bulk_id", "by_person_id", "by_name", "decided_at"),
)


def append_decisions(query: Any) -> None:
    """A step: add the decisions that `query` selects, as COLUMNS has their columns."""
    db.session.execute(
        insert(Decision).from_select(COLUMNS, query.order_by(Item.id), include_defaults=False)
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
    return int(result.rowcount)  # type: ignore[attr-defined]  # an UPDATE has one


def digest_of_bulk(bulk_id: str, review: Review) -> str:
    """A step: SHA-256 over the ids of the items, one a line, in ascending order."""
    ids = db.session.scalars(
        select(Decision.item_id)
        .where(Decision.review_id == review.id, Decision.bulk_id == bulk_id)
        .order_by(Decision.item_id)
    )
    return hashlib.sha256("\n".join(map(str, ids)).encode()).hexdigest()
