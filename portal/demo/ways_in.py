"""Whom one can look around as: a person for each role, and a link that lets them in."""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import func, select

from policies.lifecycle import OPEN_REVIEWS, CampaignState, RemovalState, ReviewState
from policies.permissions import OPERATOR, Actor
from policies.scopes import BUILT_IN_ROLES
from portal import clock
from portal.db import db
from portal.models import (
    ApplicationOwner,
    Campaign,
    Member,
    OwnerVisit,
    Person,
    Removal,
    Review,
    Reviewer,
    Role,
)
from portal.models.member import MemberState
from portal.queries.links import url_of
from portal.usecases.links import write_link


class WayIn(NamedTuple):
    """A role, who holds it, and the address that signs them in."""

    role: str
    person: str
    address: str


def lines_of_links() -> list[str]:
    """A line for each role of the demo, with a link that was made for it just now."""
    found = list(ways_in(by=OPERATOR))
    role = max((len(way.role) for way in found), default=0)
    person = max((len(way.person) for way in found), default=0)
    return [f"  {way.role:{role}}  {way.person:{person}}  {way.address}" for way in found]


def ways_in(*, by: Actor) -> Iterator[WayIn]:
    """A one-time sign-in link for every role, and a link to the tasks of two who have some,
    and one to the applications of an owner who is let in."""
    for role in BUILT_IN_ROLES:
        if member := _member(role):
            yield _way(role, member, "sign-in", by)
    if owner := _busiest_reviewer():
        yield _way("Application owner", owner, "tasks", by)
    if owner := _owner_let_in():
        yield _way("Owner of applications", owner, "owner", by)
    if remover := _busiest_remover():
        yield _way("Remediation owner", remover, "tasks", by)


def _way(role: str, person: Person, purpose: str, by: Actor) -> WayIn:
    return WayIn(role, person.name, url_of(write_link(person, purpose, by=by)))


def _member(role: str) -> Person | None:
    return db.session.scalar(
        select(Person)
        .join(Member, Member.person_id == Person.id)
        .join(Role, Role.id == Member.role_id)
        .where(Role.name == role, Member.state == MemberState.ACTIVE)
        .order_by(Member.id)
        .limit(1)
    )


def _busiest_reviewer() -> Person | None:
    """The owner with the most to review before it is due, who is no member of the console."""
    open_ = (ReviewState.PENDING, ReviewState.IN_REVIEW)
    return db.session.scalar(
        select(Person)
        .join(Reviewer, Reviewer.person_id == Person.id)
        .join(Review, Review.id == Reviewer.review_id)
        .join(Campaign, Campaign.id == Review.campaign_id)
        .where(
            Campaign.state == CampaignState.ACTIVE,
            Campaign.due_at > clock.now(),
            Review.state.in_(open_),
            Person.id.not_in(select(Member.person_id)),
        )
        .group_by(Person.id)
        .order_by(func.count().desc(), Person.id)
        .limit(1)
    )


def _owner_let_in() -> Person | None:
    """Who owns the most applications, and came in by their invitation."""
    owned = func.count(ApplicationOwner.application_id)
    return db.session.scalar(
        select(Person)
        .join(ApplicationOwner, ApplicationOwner.person_id == Person.id)
        .join(OwnerVisit, OwnerVisit.person_id == Person.id)
        .where(Person.id.not_in(select(Member.person_id)))
        .group_by(Person.id)
        .order_by(owned.desc(), Person.id)
        .limit(1)
    )


def _busiest_remover() -> Person | None:
    """Whoever has the most access to take away."""
    return db.session.scalar(
        select(Person)
        .join(Review, Review.remediation_owner_id == Person.id)
        .join(Removal, Removal.review_id == Review.id)
        .where(Review.state.in_(OPEN_REVIEWS), Removal.state == RemovalState.ACTION_REQUIRED)
        .group_by(Person.id)
        .order_by(func.count().desc(), Person.id)
        .limit(1)
    )
