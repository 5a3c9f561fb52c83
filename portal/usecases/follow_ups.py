"""Reviewing again: a wrong decision is not changed once it is signed off, but taken anew."""

from dataclasses import replace

from sqlalchemy import ColumnElement, func, insert, literal, select

from policies.comparisons import Condition, Op
from policies.errors import Invalid
from policies.filters import Filter
from policies.permissions import RUN_CAMPAIGNS, Actor, require
from policies.timing import Timing
from policies.user_scope import Services, UserScope
from portal import clock
from portal.db import db
from portal.models import Campaign, FollowUp, FollowUpItem, Item, Review
from portal.queries.follow_ups import again_in_words, can_be_again
from portal.usecases.campaigns import Plan, draft_campaign
from portal.usecases.trail import record
from portal.usecases.unit import usecase

DAYS = 14


@usecase
def review_again(
    review: Review, which: ColumnElement[bool], reason: str, *, chosen: str = "", by: Actor
) -> Campaign:
    """Draft a campaign about the accounts of those items under `which` that are signed off.

    It is planned like the one of `review`, whose evidence stays as it is. `chosen` says the filter
    behind `which` in words. Invalid without a reason, or where nothing is there to review again.
    """
    require(RUN_CAMPAIGNS, by, review)
    why = " ".join(reason.split())
    if not why:
        raise Invalid("Say why these are reviewed again; the reason is kept in the evidence.")
    asked = FollowUp(
        review_id=review.id,
        count=0,
        chosen=chosen,
        reason=why,
        by_person_id=by.person_id,
        by_name=by.name,
        at=clock.now(),
    )
    db.session.add(asked)
    db.session.flush()
    asked.count = _keep_items(asked, can_be_again(review, which))
    if not asked.count:
        raise Invalid("Nothing here is signed off, so there is nothing to review again.")
    campaign = draft_campaign(_plan(asked), by=by)
    record(
        "review asked for again",
        review,
        by=by,
        why=why,
        accounts=asked.count,
        chosen=chosen,
        campaign=campaign.id,
    )
    return campaign


def _keep_items(asked: FollowUp, which: ColumnElement[bool]) -> int:
    query = select(literal(asked.id), Item.id).where(which)
    db.session.execute(insert(FollowUpItem).from_select(["follow_up_id", "item_id"], query))
    mine = FollowUpItem.follow_up_id == asked.id
    return db.session.scalar(select(func.count()).select_from(FollowUpItem).where(mine)) or 0


def _plan(asked: FollowUp) -> Plan:
    campaign, application = asked.review.campaign, asked.review.application
    named, lines = Filter(((Condition("name", Op.IS, application.name),),)), asked.review.noun
    return replace(
        Plan.of(campaign),
        name=f"{application.name} again, {clock.today():%b %Y}",
        due_at=clock.now(),
        application_filter=named.as_data(),
        user_scope=UserScope.AGAIN,
        user_filter=[],
        services=Services.IN,
        again={"follow_up": asked.id, "said": again_in_words(asked)},
        instructions=f"These {lines}s were decided in “{campaign.name}” already. {asked.reason}",
        timing=Timing(zone=campaign.zone, days=DAYS).as_data(),
    )
