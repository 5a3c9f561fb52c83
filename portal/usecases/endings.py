"""Moving the end of an active campaign: its due date is extended, or it is closed early."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from policies.deadlines import NOTICE, in_zone
from policies.errors import IllegalMove, Invalid
from policies.lifecycle import CAMPAIGN, CLOSED_REVIEWS, REVIEW, CampaignState
from policies.permissions import RUN_CAMPAIGNS, Actor, require
from portal import clock
from portal.db import db
from portal.models import Campaign, Extension, Review
from portal.queries.deadlines import foretold_of, open_in
from portal.queries.endings import unfinished_in
from portal.queries.owed import owed_in, tasks_by_person
from portal.usecases.letters import Draft, write_letters
from portal.usecases.reviews import report_on, report_on_campaign
from portal.usecases.trail import record
from portal.usecases.unit import usecase

FARTHEST = timedelta(days=3_660)
LONGEST_REASON = 2_000


@usecase
def extend_campaign(campaign: Campaign, due_at: datetime, reason: str, *, by: Actor) -> int:
    """Move the due date of an active campaign to a later moment; returns how many were written to.

    What is decided until then is in time. What was late before the extension stays late, and a
    review that has ended stays ended.
    """
    require(RUN_CAMPAIGNS, by, campaign)
    db.session.refresh(campaign, with_for_update={"of": Campaign})
    if campaign.state is not CampaignState.ACTIVE:
        raise IllegalMove(f"Cannot extend this campaign: it is {campaign.state.value}.")
    why, was = _said(reason), campaign.due_at
    _check_moment(campaign, due_at)
    campaign.due_at = due_at
    _keep_extension(campaign, was, why, by)
    record("campaign extended", campaign, by=by, why=why, was=was, due_at=due_at)
    return _tell_of_extension(campaign, was, why, by)


@usecase
def close_campaign(campaign: Campaign, reason: str, *, by: Actor) -> None:
    """Complete an active campaign as it stands, for a reason. It can never be changed again.

    Reviews that are not finished are closed with it; what is undecided in them, or not verified
    to be gone, is said in the evidence.
    """
    require(RUN_CAMPAIGNS, by, campaign)
    _lock_reviews(campaign)
    db.session.refresh(campaign, with_for_update={"of": Campaign})
    why, state = _said(reason), CAMPAIGN.after(campaign.state, "close")
    left, undecided = unfinished_in(campaign), open_in(campaign)
    for each in left:
        each.review.cancelled_reason = each.in_words
        each.review.state = REVIEW.after(each.review.state, "close")
        said = each.review.cancelled_reason
        record("review closed", each.review, by=by, why=said, undecided=each.undecided)
        report_on(each.review, by)
    campaign.state, campaign.ended_at = state, clock.now()
    campaign.reason, campaign.closed_by = why, by.name
    details: dict[str, Any] = {"unfinished": len(left), "undecided": undecided.accounts}
    record("campaign closed", campaign, by=by, why=why, **details)
    report_on_campaign(campaign, by)


def _said(reason: str) -> str:
    """The reason, as it is kept."""
    if not reason.strip():
        raise Invalid("Say why; the reason is kept in the evidence.")
    if len(reason) > LONGEST_REASON:
        raise Invalid(f"The reason is too long: {LONGEST_REASON:,} characters at most.")
    return reason.strip()


def _check_moment(campaign: Campaign, due_at: datetime) -> None:
    now = clock.now()
    if due_at <= campaign.due_at or due_at <= now:
        when = in_zone(max(campaign.due_at, now), campaign.zone)
        raise Invalid(f"Choose a moment after {when}.")
    if due_at > now + FARTHEST:
        raise Invalid("That lies over ten years ahead. Choose an earlier moment.")


def _keep_extension(campaign: Campaign, was: datetime, why: str, by: Actor) -> None:
    extension = Extension(
        campaign_id=campaign.id,
        was=was,
        due_at=campaign.due_at,
        reason=why,
        by_person_id=by.person_id,
        by_name=by.name,
        at=clock.now(),
    )
    db.session.add(extension)
    if campaign.due_at - clock.now() <= NOTICE:  # the letters of today are the warning
        campaign.warned_for, campaign.warned_at = campaign.due_at, clock.now()


def _tell_of_extension(campaign: Campaign, was: datetime, why: str, by: Actor) -> int:
    """Write to whoever still owes something, and say what the new due date will do."""
    when, before = in_zone(campaign.due_at, campaign.zone), in_zone(was, campaign.zone)
    what = f"The due date was moved from {before} to {when}: {why}"
    facts = {"campaign": campaign.name, "due": when}
    facts["what"] = f"{what}\n\n{foretold_of(campaign, open_in(campaign))}"
    drafts = [
        Draft(
            person,
            f"extended:{campaign.id}:{campaign.due_at:%Y%m%d%H%M%S}:{person.id}",
            campaign,
            to_tasks=True,
            facts={**facts, "tasks": "\n".join(f"- {each.in_words}" for each in owed)},
        )
        for person, owed in tasks_by_person(owed_in([campaign])).items()
    ]
    return len(write_letters("deadline-ahead", drafts, by=by))


def _lock_reviews(campaign: Campaign) -> None:
    """Lock what is not over in it: reviews come before their campaign, everywhere."""
    query = select(Review.id).where(
        Review.campaign_id == campaign.id, Review.state.not_in(CLOSED_REVIEWS)
    )
    db.session.execute(query.order_by(Review.id).with_for_update())
    db.session.expire_all()
