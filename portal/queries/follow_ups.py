"""Which decisions are taken again, and in which campaigns."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from policies.user_scope import Granularity
from portal.db import db
from portal.models import Account, Campaign, Entitlement, FollowUp, FollowUpItem, Item, Review


@dataclass(frozen=True)
class Asked:
    """A campaign that takes decisions again, and what was said when it was asked for."""

    campaign: Campaign
    follow_up: FollowUp


def can_be_again(review: Review, which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Those under `which` that are closed to decisions."""
    return and_(which, Item.review_id == review.id, Item.signed_off, ~Item.is_planted)


def counted_again(review: Review, which: ColumnElement[bool]) -> tuple[int, int]:
    """How many of these can be reviewed again, and how many of their accounts are gone."""
    query = (
        select(func.count(), func.count(Account.gone_at))
        .join(Account, Account.id == Item.account_id)
        .where(can_be_again(review, which))
    )
    items, gone = db.session.execute(query.select_from(Item)).one()
    return items, gone


def accounts_again(follow_up_id: int, by: Granularity) -> ColumnElement[bool]:
    """The condition that an account is one of those, or that a line by entitlement is: of what was
    decided as a whole then, every line."""
    asked = FollowUpItem.follow_up_id == follow_up_id
    if by is Granularity.ENTITLEMENT:
        same = and_(Item.entitlement_kind == Entitlement.kind, Item.entitlement == Entitlement.name)
        line = exists().where(asked, FollowUpItem.item_id == Item.id)
        line = line.where(Item.account_id == Account.id, or_(Item.entitlement == "", same))
        return line.correlate(Account, Entitlement)
    ids = select(Item.account_id).join(FollowUpItem, FollowUpItem.item_id == Item.id).where(asked)
    return Account.id.in_(ids)


def follow_ups_of(review: Review) -> list[Asked]:
    """The campaigns that take decisions of this review again, in the order of asking."""
    asked = Campaign.again["follow_up"].as_integer() == FollowUp.id
    rows = db.session.execute(
        select(Campaign, FollowUp)
        .join(FollowUp, asked)
        .where(FollowUp.review_id == review.id)
        .order_by(Campaign.id)
    )
    return [Asked(campaign, follow_up) for campaign, follow_up in rows]


def follow_up_of(campaign: Campaign) -> FollowUp | None:
    """What a campaign takes again; None where it is about something else."""
    return db.session.get(FollowUp, campaign.again["follow_up"]) if campaign.again else None


def again_in_words(asked: FollowUp) -> str:
    """ "12 accounts that were decided in “Q3 2026” (Salesforce): approved by mistake" """
    review = asked.review
    accounts = f"{asked.count:,} {review.noun}{'' if asked.count == 1 else 's'}"
    where = f"“{review.campaign.name}” ({review.application.name})"
    return f"{accounts} decided in {where}, again: {asked.reason}"
