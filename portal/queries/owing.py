"""Who owes something, for pages and counts of thousands. What they owe is portal.queries.owed."""

from typing import Any, NamedTuple

from sqlalchemy import Select, and_, select, union

from policies.lifecycle import CampaignState, ReviewState
from portal.db import db
from portal.models import Assignment, Campaign, Item, Person, Review, Reviewer
from portal.models.person import Standing
from portal.queries.delegations import people_away

PRESENT = and_(Assignment.item_id == Item.id, Assignment.level == Item.level)


class Owing(NamedTuple):
    """Somebody who owes."""

    id: int
    name: str
    email: str | None


def owing_in(campaign: Campaign) -> list[Owing]:
    """Whom `owed_in` finds, each once and in the same order."""
    if campaign.state is not CampaignState.ACTIVE:
        return []
    asked: Any = union(_to_start(campaign), _to_decide(campaign), _to_remove(campaign))
    query = select(Person.id, Person.name, Person.email)
    query = query.where(Person.id.in_(asked), Person.standing != Standing.PAST)
    away = people_away()
    found = (Owing(*row) for row in db.session.execute(query))
    return sorted((each for each in found if each.id not in away), key=place_of)


def place_of(person: Person | Owing) -> tuple[str, int]:
    """Where somebody stands among those who owe."""
    return person.name.casefold(), person.id


def _to_start(campaign: Campaign) -> Select[int]:
    theirs = Review.campaign_id == campaign.id, Review.state == ReviewState.PENDING
    at_level = and_(Review.id == Reviewer.review_id, Review.level == Reviewer.level)
    return select(Reviewer.person_id).join(Review, at_level).where(*theirs)


def _to_decide(campaign: Campaign) -> Select[int]:
    theirs = Review.campaign_id == campaign.id, Review.state == ReviewState.IN_REVIEW
    items = select(Assignment.person_id).join(Item, PRESENT).join(Item.review)
    return items.where(*theirs, Item.signed_off.is_(False))


def _to_remove(campaign: Campaign) -> Select[int | None]:
    removing = Review.state.in_((ReviewState.REMEDIATION, ReviewState.READY))
    query = select(Review.remediation_owner_id).where(Review.campaign_id == campaign.id, removing)
    return query.where(Review.remediation_owner_id.is_not(None))
