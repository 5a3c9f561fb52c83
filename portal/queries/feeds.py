"""Calendars: whose an address is, and what stands in it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from urllib.parse import urlsplit

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import joinedload, selectinload

from policies.lifecycle import CampaignState, ReviewState, SeriesState
from policies.permissions import SEE_CAMPAIGNS, can
from policies.recurrence import recurrence_from_data
from portal import clock
from portal.config import current_config
from portal.db import db
from portal.models import Campaign, Feed, Review, Reviewer
from portal.models.person import Standing
from portal.models.session import Reach
from portal.queries.actors import actor_for
from portal.reports.calendar import Entry
from portal.tokens import hash_of, token_for

PURPOSE = "calendar"
KEPT = timedelta(days=90)  # what was cancelled is shown as such for so long
LAUNCHES = 5  # of a series, ahead

_DECIDING = (ReviewState.PENDING, ReviewState.IN_REVIEW)
_REMOVING = (ReviewState.REMEDIATION, ReviewState.READY)
_GONE = (ReviewState.CANCELLED, ReviewState.EXPIRED, ReviewState.CLOSED)
_OVER = (CampaignState.CANCELLED, CampaignState.EXPIRED)


def feed_for_token(token: str) -> Feed | None:
    """The calendar that an address opens; None for one that is revoked, or whose person left."""
    feed = db.session.scalar(select(Feed).where(Feed.token_hash == hash_of(token)))
    if feed is None or feed.revoked_at or feed.person.standing is Standing.PAST:
        return None
    return feed


def feed_of(person_id: int) -> Feed | None:
    return db.session.scalar(select(Feed).where(Feed.person_id == person_id))


def address_of(feed: Feed) -> str:
    """The secret address of a calendar."""
    return f"{current_config().base_url}/calendar/{token_for(PURPOSE, feed.nonce)}.ics"


def entries_of(feed: Feed) -> list[Entry]:
    """Everything that stands in a calendar, by time."""
    found = [_of_task(review, feed.person_id) for review in db.session.scalars(_tasks(feed))]
    actor = actor_for(feed.person, Reach.FULL, PURPOSE) if feed.shows_campaigns else None
    if actor is not None and can(SEE_CAMPAIGNS, actor, None):
        for campaign in db.session.scalars(_campaigns()):
            found += _of_campaign(campaign)
    return sorted(found, key=lambda entry: (entry.at, entry.uid))


def _tasks(feed: Feed) -> Select[Review]:
    """Reviews that wait for the person, and those that did until they were cancelled lately."""
    mine = Review.id.in_(select(Reviewer.review_id).where(Reviewer.person_id == feed.person_id))
    removes = Review.remediation_owner_id == feed.person_id
    waits = or_(and_(mine, Review.state.in_(_DECIDING)), and_(removes, Review.state.in_(_REMOVING)))
    recent = Campaign.due_at > clock.now() - KEPT
    gone = and_(mine, Review.state.in_(_GONE), recent)
    active = Campaign.state == CampaignState.ACTIVE
    return (
        select(Review)
        .join(Review.campaign)
        .where(or_(and_(active, waits), gone))
        .options(joinedload(Review.application))
        .options(joinedload(Review.campaign).selectinload(Campaign.extensions))
    )


def _campaigns() -> Select[Campaign]:
    recent = and_(Campaign.state.in_(_OVER), Campaign.due_at > clock.now() - KEPT)
    coming = and_(Campaign.state == CampaignState.SCHEDULED, Campaign.starts_at.is_not(None))
    return (
        select(Campaign)
        .where(or_(Campaign.state == CampaignState.ACTIVE, recent, coming))
        .options(joinedload(Campaign.series), selectinload(Campaign.extensions))
    )


def _of_task(review: Review, person_id: int) -> Entry:
    removes = review.state in _REMOVING and review.remediation_owner_id == person_id
    verb = "Remove rejected access from" if removes else "Review who has access to"
    return Entry(
        uid=f"review-{review.id}@{_host()}",
        title=f"{verb} {review.application.name}",
        at=review.due_at,
        note=review.campaign.name,
        url=f"{current_config().base_url}/reviews/{review.id}",
        changed_at=_changed(review.campaign),
        sequence=len(review.campaign.extensions) + (review.state in _GONE),
        is_cancelled=review.state in _GONE,
    )


def _of_campaign(campaign: Campaign) -> Iterator[Entry]:
    if campaign.state is CampaignState.SCHEDULED:
        yield from _launches(campaign)
        return
    over = campaign.state in _OVER
    yield Entry(
        uid=f"campaign-{campaign.id}-due@{_host()}",
        title=f"Due: {campaign.name}",
        at=campaign.due_at,
        note=campaign.reason,
        url=_page_of(campaign),
        changed_at=_changed(campaign),
        sequence=len(campaign.extensions) + over,
        is_cancelled=over,
    )


def _launches(campaign: Campaign) -> Iterator[Entry]:
    """The launch that waits, and those of its series that follow it."""
    series, starts_at = campaign.series, campaign.starts_at
    if starts_at is None or (series and series.state is SeriesState.PAUSED):
        return
    moments, name = [starts_at], campaign.name
    if series:
        later = (m for m in recurrence_from_data(series.recurrence).moments() if m > starts_at)
        moments += islice(later, LAUNCHES - 1)
    for moment in moments:
        place = f"series-{series.id}-{moment:%Y%m%d}" if series else f"campaign-{campaign.id}"
        yield Entry(
            uid=f"{place}-launch@{_host()}",
            title=f"Launch: {name}",
            at=moment,
            note="What its filters match is looked up then.",
            url=_page_of(campaign),
            changed_at=campaign.created_at,
        )
        name = series.name if series else name


def _changed(campaign: Campaign) -> datetime:
    """When what a calendar shows of the campaign last changed."""
    moved = [extension.at for extension in campaign.extensions]
    known = [campaign.created_at, campaign.launched_at, campaign.ended_at, *moved]
    return max(moment for moment in known if moment)


def _page_of(campaign: Campaign) -> str:
    return f"{current_config().base_url}/campaigns/{campaign.id}"


def _host() -> str:
    return urlsplit(current_config().base_url).hostname or "countersign"
