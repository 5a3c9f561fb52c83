"""With how much care somebody decided, and what of it they are to look at again."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from sqlalchemy import ColumnElement, and_, func, select

from policies.lifecycle import ReviewState, Verdict
from policies.permissions import Actor
from portal.db import db
from portal.models import Decision, Glance, Item, Review, SecondLook
from portal.models.decision import How
from portal.queries.items import items_decided_by


@dataclass(frozen=True)
class Work:
    """What stands as one person decided it, before they sign it off.

    `seconds` is the median of those decided one by one; None where that is not known.
    """

    items: int = 0
    bulk: int = 0
    single: int = 0
    seconds: float | None = None
    against: int = 0
    privileged: int = 0

    @property
    def others(self) -> int:
        """Decided by somebody else, or carried over."""
        return self.items - self.bulk - self.single


def work_of(review: Review, actor: Actor) -> Work:
    """What `actor` did of what they may sign off now."""
    mine = items_decided_by(actor, review)
    own = Decision.by_person_id == actor.person_id
    counts = (
        func.count(),
        func.count().filter(own, Decision.how == How.BULK),
        func.count().filter(own, Decision.how.not_in([How.BULK, How.CARRIED])),
        func.count().filter(own, Item.is_against),
        func.count().filter(own, Item.is_privileged, Item.verdict == Verdict.APPROVED),
    )
    beside = select(*counts).select_from(Item).outerjoin(Decision, Decision.id == Item.decision_id)
    items, bulk, single, against, privileged = db.session.execute(beside.where(mine)).one()
    paces = db.session.scalars(
        select(Decision.seconds)
        .join(Item, Item.decision_id == Decision.id)
        .where(mine, own, Decision.how == How.SINGLE, Decision.seconds.is_not(None))
    ).all()
    pace = median(each for each in paces if each is not None) if paces else None
    return Work(items, bulk, single, pace, against, privileged)


@dataclass(frozen=True)
class Sample:
    """What is to be looked at again: the latest draw, and what of it is left.

    `is_due`: the campaign asks for one, and this one does not answer for what was approved since.
    """

    size: int
    population: int
    look: SecondLook | None
    left: Sequence[Item]
    is_due: bool

    @property
    def blocks(self) -> bool:
        """Whether it stands before the sign-off."""
        return self.is_due or bool(self.left)


def sample_for(review: Review, actor: Actor) -> Sample:
    """The second look that `actor` owes, or took, at the present level."""
    size = review.care.second_look
    if not size or review.state is not ReviewState.IN_REVIEW:
        return Sample(0, 0, None, (), is_due=False)
    population = db.session.scalar(select(func.count()).where(approvals_of(review, actor))) or 0
    look = _latest(review, actor)
    if look is None:
        return Sample(size, population, None, (), is_due=population > 0)
    newer = and_(approvals_of(review, actor), Item.decided_at > look.drawn_at)
    fresh = select(Item.id).where(newer, Item.id.not_in([number for number, _ in look.items]))
    is_due = db.session.scalar(fresh.limit(1)) is not None
    return Sample(size, population, look, _left_of(look), is_due=is_due)


def approvals_of(review: Review, actor: Actor) -> ColumnElement[bool]:
    """What they approved themselves, of what they may sign off now."""
    theirs = Item.decided_by_id == actor.person_id
    return and_(items_decided_by(actor, review), Item.verdict == Verdict.APPROVED, theirs)


def _latest(review: Review, actor: Actor) -> SecondLook | None:
    return db.session.scalar(
        select(SecondLook)
        .where(
            SecondLook.review_id == review.id,
            SecondLook.person_id == actor.person_id,
            SecondLook.level == review.level,
        )
        .order_by(SecondLook.id.desc())
        .limit(1)
    )


def _left_of(look: SecondLook) -> Sequence[Item]:
    """Those still to be looked at, in the order they were drawn; none that changed meanwhile."""
    stood: dict[int, int] = dict(look.items)
    seen = set(db.session.scalars(select(Glance.item_id).where(Glance.look_id == look.id)))
    found = db.session.scalars(select(Item).where(Item.id.in_([i for i in stood if i not in seen])))
    by_id = {item.id: item for item in found if item.decision_id == stood[item.id]}
    return [by_id[number] for number in stood if number in by_id]
