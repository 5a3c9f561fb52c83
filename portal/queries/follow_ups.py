"""Which decisions are taken again, and in which campaigns."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, select

from portal.db import db
from portal.models import Account, Campaign, FollowUp, FollowUpItem, Item, Review


@dataclass(frozen=True)
class Asked:
    """A campaign that takes decisions again, and what was said when it was asked for."""

    campaign: Campaign
    follow_up: FollowUp


def can_be_again(review: Review, which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Those under `which` that are closed to decisions, in a review that is not over otherwise."""
    return and_(which, Item.review_id == review.id, Item.signed_off)


def counted_again(review: Review, which: ColumnElement[bool]) -> tuple[int, int]:
    """How many of these can be reviewed again, and how many of their accounts are gone."""
    query = (
        select(func.count(), func.count(Account.gone_at))
        .join(Account, Account.id == Item.account_id)
        .where(can_be_again(review, which))
    )
    items, gone = db.session.execute(query.select_from(Item)).one()
    return items, gone


def accounts_again(follow_up_id: int) -> ColumnElement[bool]:
    """The condition that an account is one of those."""
    asked = FollowUpItem.follow_up_id == follow_up_id
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
    accounts = f"{asked.count:,} account{'' if asked.count == 1 else 's'}"
    review = asked.review
    where = f"“{review.campaign.name}” ({review.application.name})"
    return f"{accounts} decided in {where}, again: {asked.reason}"
