"""How an application differs by now from what a review of it froze.

Only what somebody might decide differently on counts: access that came, went, or is another one.
When an account was last used changes with every list, and says nothing of that kind.
"""

from dataclasses import asdict, dataclass

from sqlalchemy import and_, func, or_, select

from portal.db import db
from portal.models import Account, Item, Review
from portal.queries.scope import accounts_in_scope, facts, present_accounts

TELLING = ("account_name", "email", "kind", "status", "roles")  # columns of an item


@dataclass(frozen=True)
class Drift:
    """Accounts in scope that are not in the review, that differ from it, and that are gone."""

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
    present = accounts_in_scope(review.campaign, [review.application_id]).subquery()
    known = select(Item.account_id).where(Item.review_id == review.id)
    query = select(func.count()).select_from(present).where(present.c.id.not_in(known))
    return db.session.scalar(query) or 0


def _changed_in(review: Review) -> int:
    now = facts()
    query = (
        present_accounts([review.application_id])
        .join(Item, and_(Item.account_id == Account.id, Item.review_id == review.id))
        .where(or_(*(getattr(Item, key) != now[key] for key in TELLING)))
        .with_only_columns(func.count(), maintain_column_froms=True)
    )
    return db.session.scalar(query) or 0


def _gone_from(review: Review) -> int:
    gone = select(Account.id).where(
        Account.application_id == review.application_id, Account.gone_at.is_not(None)
    )
    query = select(func.count()).where(Item.review_id == review.id, Item.account_id.in_(gone))
    return db.session.scalar(query) or 0
