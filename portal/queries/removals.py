"""Finding what is to be removed, the access that is still active first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, tuple_
from sqlalchemy.orm import contains_eager

from policies.grants import grant_text
from policies.lifecycle import RemovalState
from policies.permissions import Actor
from portal.db import db
from portal.models import Item, ItemGrant, Removal, Review
from portal.queries.items import items_seen_by
from portal.queries.paging import key_in

PAGE = 50


@dataclass(frozen=True)
class RemovalPage:
    """One page. `after` is the cursor of the next, or None."""

    removals: Sequence[Removal]
    after: str | None


@dataclass(frozen=True)
class Asked:
    """How many accounts are to lose all access, and how many only named parts of it."""

    whole: int = 0
    part: int = 0

    @property
    def total(self) -> int:
        return self.whole + self.part

    def as_details(self, *, by_entitlement: bool) -> dict[str, Any]:
        """What the trail says of it: by entitlement all are rejections, of one thing each."""
        if by_entitlement:
            return {"rejected": self.total, "changed": 0}
        return {"rejected": self.whole, "changed": self.part}

    def in_words(self, *, by_entitlement: bool = False) -> str:
        """ "3 accounts", "some access of 1 account", "3 accounts and some access of 2 others"; of a
        review by entitlement "1 entitlement", "1 account and 4 entitlements"."""
        if by_entitlement and self.part:
            grants = "1 entitlement" if self.part == 1 else f"{self.part:,} entitlements"
            return f"{_accounts(self.whole)} and {grants}" if self.whole else grants
        if not self.part:
            return _accounts(self.whole)
        if not self.whole:
            return f"some access of {_accounts(self.part)}"
        others = "1 other" if self.part == 1 else f"{self.part:,} others"
        return f"{_accounts(self.whole)} and some access of {others}"


def sizes_of(*conditions: ColumnElement[bool]) -> Asked:
    """Count removals under these conditions."""
    query = select(func.count().filter(Removal.is_whole), func.count())
    whole, total = db.session.execute(query.where(*conditions)).one()
    return Asked(whole, total - whole)


def still_open(review: Review) -> tuple[ColumnElement[bool], ...]:
    """The removals of a review that nothing proves yet."""
    return Removal.review_id == review.id, Removal.state == RemovalState.ACTION_REQUIRED


def taken_from(removals: Sequence[Removal]) -> dict[int, list[str]]:
    """By item, where only a part is to be removed: what that is."""
    ids = [each.item_id for each in removals if not each.is_whole]
    found: dict[int, list[str]] = {}
    if ids:
        query = select(ItemGrant).where(ItemGrant.item_id.in_(ids))
        query = query.where(ItemGrant.taken_at.is_not(None))
        for each in db.session.scalars(query.order_by(ItemGrant.kind, ItemGrant.name)):
            found.setdefault(each.item_id, []).append(grant_text(each.kind, each.name))
    return found


def removals_of(review: Review, actor: Actor) -> Select[Removal]:
    """The removals of a review whose items `actor` may see.

    "Action required" sorts before "inactive", "no longer" and "reduced".
    """
    return (
        select(Removal)
        .join(Removal.item)
        .where(Removal.review_id == review.id, items_seen_by(actor, review))
        .order_by(Removal.state, Removal.item_id)
        .options(contains_eager(Removal.item))
    )


def page_of_removals(review: Review, actor: Actor, cursor: str) -> RemovalPage:
    """The page behind the removal with this item id; the first where there is none."""
    query = removals_of(review, actor).limit(PAGE + 1)
    key = key_in(cursor)
    edge = db.session.get(Removal, key) if key is not None else None
    if edge is not None and edge.review_id == review.id:
        place = tuple_(Removal.state, Removal.item_id)
        query = query.where(place > tuple_(edge.state, edge.item_id))
    found = list(db.session.scalars(query))
    return RemovalPage(found[:PAGE], str(found[PAGE - 1].item_id) if len(found) > PAGE else None)


def removal_of(item: Item) -> Removal | None:
    return db.session.get(Removal, item.id)


def unseen_removals(review: Review) -> int:
    """How much of what is to be removed no list since the sign-off has spoken of."""
    return sizes_of(*still_open(review), Removal.checked_at.is_(None)).total


def _accounts(count: int) -> str:
    return "1 account" if count == 1 else f"{count:,} accounts"
