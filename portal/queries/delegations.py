"""Who stands in for whom, and what is theirs because of it."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, exists, or_, select

from policies.delegation import BASIS
from policies.lifecycle import CampaignState, ReviewState
from portal import clock
from portal.db import db
from portal.models import Assignment, Campaign, Delegation, Item, Review, Reviewer
from portal.queries.items import items_of


def delegations(person_id: int | None = None) -> Sequence[Delegation]:
    """Those that hold or will, of everybody or of one person, the first to begin first."""
    today = clock.today()
    coming = or_(Delegation.until_on.is_(None), Delegation.until_on >= today)
    query = select(Delegation).where(Delegation.ended_at.is_(None), coming)
    if person_id is not None:
        query = query.where(Delegation.person_id == person_id)
    return db.session.scalars(query.order_by(Delegation.from_on, Delegation.id)).all()


def holding() -> ColumnElement[bool]:
    """Whether a delegation holds today (policies.delegation.is_away)."""
    today = clock.today()
    return and_(
        Delegation.ended_at.is_(None),
        Delegation.from_on <= today,
        or_(Delegation.until_on.is_(None), Delegation.until_on >= today),
    )


def people_away() -> frozenset[int]:
    """The ids of everybody for whom somebody stands in today: they get no letters."""
    return frozenset(db.session.scalars(select(Delegation.person_id).where(holding())))


def basis_of(delegation: Delegation) -> str:
    return BASIS + delegation.person.name


def to_delegate() -> list[tuple[Review, Delegation]]:
    """Reviews in which somebody away reviews at the present level."""
    rows = db.session.execute(
        select(Review, Delegation)
        .join(Reviewer, and_(Reviewer.review_id == Review.id, Reviewer.level == Review.level))
        .join(Delegation, Delegation.person_id == Reviewer.person_id)
        .join(Review.campaign)
        .where(holding(), Campaign.state == CampaignState.ACTIVE)
        .where(Review.state.in_((ReviewState.PENDING, ReviewState.IN_REVIEW)))
        .where(~Reviewer.basis.startswith(BASIS))
        .order_by(Review.id, Delegation.id)
    )
    return [(review, delegation) for review, delegation in rows]


def to_take_back() -> list[tuple[Review, Delegation]]:
    """Reviews in which somebody still stands in though their time is over."""
    rows = db.session.execute(
        select(Review, Delegation)
        .join(Reviewer, and_(Reviewer.review_id == Review.id, Reviewer.level == Review.level))
        .join(Delegation, Delegation.delegate_id == Reviewer.person_id)
        .where(~holding(), Delegation.from_on <= clock.today())
        .where(Review.state.in_((ReviewState.PENDING, ReviewState.IN_REVIEW)))
        .order_by(Review.id, Delegation.id)
        .add_columns(Reviewer.basis)
    )
    return [
        (review, delegation)
        for review, delegation, basis in rows
        if (review.state is ReviewState.PENDING and basis == basis_of(delegation))
        or _has_any(review, delegation)
    ]


def held_for(review: Review, delegation: Delegation) -> ColumnElement[bool]:
    """The open items that the delegate has at the present level because they stand in."""
    return and_(
        items_of(review),
        Item.level == review.level,
        Item.signed_off.is_(False),
        exists().where(
            Assignment.item_id == Item.id,
            Assignment.level == Item.level,
            Assignment.person_id == delegation.delegate_id,
            Assignment.basis == basis_of(delegation),
        ),
    )


def _has_any(review: Review, delegation: Delegation) -> bool:
    return (
        db.session.scalar(select(Item.id).where(held_for(review, delegation)).limit(1)) is not None
    )
