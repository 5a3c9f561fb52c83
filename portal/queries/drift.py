"""How an application differs by now from what a review of it froze.

Only what somebody might decide differently on counts: access that came, went, or is another one.
When an account was last used changes with every list, and says nothing of that kind.
"""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import and_, func, or_, select

from portal.db import db
from portal.models import Account, Item, Review
from portal.models.item import LINE
from portal.queries.delta import holds_now
from portal.queries.scope import facts, line_key, lines_in_scope, present_lines

TELLING = ("account_name", "email", "kind", "status", "roles")  # columns of an item


@dataclass(frozen=True)
class Drift:
    """Accounts in scope that are not in the review, that differ from it, and that are gone; lines
    of them, where the campaign reviews by entitlement."""

    new: int = 0
    changed: int = 0
    gone: int = 0

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.gone)

    def as_data(self) -> dict[str, int]:
        return asdict(self)


def drift_of(review: Review) -> Drift:
    """As it was noted when the latest list was applied."""
    return Drift(**(review.drift or {}))


def drift_now(review: Review) -> Drift:
    """Compare the items of a review with the accounts as they are now."""
    return Drift(_new_in(review), _changed_in(review), _gone_from(review))


def _new_in(review: Review) -> int:
    scope = lines_in_scope(review.campaign, [review.application_id])
    kind, name = line_key(review.campaign.granularity)
    present = scope.add_columns(kind.label("kind"), name.label("held")).subquery()
    known: Any = select(Item.account_id).where(Item.review_id == review.id)
    if review.by_entitlement:
        line = (Item.entitlement_kind == present.c.kind, Item.entitlement == present.c.held)
        known = known.where(Item.account_id == present.c.id, *line).exists()
    else:
        known = present.c.id.in_(known.where(~Item.is_planted))
    query = select(func.count()).select_from(present).where(~known)
    return db.session.scalar(query) or 0


def _changed_in(review: Review) -> int:
    by = review.campaign.granularity
    now, same = facts(by), zip(LINE[2:], line_key(by), strict=True)
    telling = [key for key in TELLING if not (review.by_entitlement and key == "roles")]
    here = [Item.account_id == Account.id, Item.review_id == review.id]
    if review.by_entitlement:
        here += [getattr(Item, key) == part for key, part in same]
    query = (
        present_lines(by, [review.application_id])
        .join(Item, and_(*here))
        .where(or_(*(getattr(Item, key) != now[key] for key in telling)))
        .with_only_columns(func.count(), maintain_column_froms=True)
    )
    return db.session.scalar(query) or 0


def _gone_from(review: Review) -> int:
    gone = select(Account.id).where(
        Account.application_id == review.application_id, Account.gone_at.is_not(None)
    )
    missing: Any = Item.account_id.in_(gone)
    if review.by_entitlement:
        without = select(Account.id).where(Account.id == Item.account_id, ~holds_now().exists())
        lost = and_(Item.entitlement != "", without.correlate(Item).exists())
        missing = or_(missing, lost)
    query = select(func.count()).where(Item.review_id == review.id, missing)
    return db.session.scalar(query) or 0
