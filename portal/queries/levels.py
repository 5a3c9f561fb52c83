"""Where a review of several levels is: whose turn it is, and what the levels before came to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select

from portal.db import db
from portal.models import Assignment, Decision, Item, Person, Review, Reviewer, SignOff
from portal.queries.items import items_of

NAMED = 3  # reviewers of a level


@dataclass(frozen=True)
class LevelState:
    """One level: who reviews at it, and, once they have signed off, what it came to.

    `names` are of the few with the most accounts; `others` is how many there are besides. `due`
    is by when it should be done, where that is before the due date.
    """

    number: int
    names: Sequence[str] = ()
    others: int = 0
    approved: int = 0
    rejected: int = 0
    due: datetime | None = None


def levels_in(review: Review) -> list[LevelState]:
    """The levels of a review, the first first; of those to come only who reviews."""
    rows = db.session.execute(
        select(SignOff.level, func.sum(SignOff.approved), func.sum(SignOff.rejected))
        .where(SignOff.review_id == review.id)
        .group_by(SignOff.level)
    )
    sums = {level: (approved, rejected) for level, approved, rejected in rows}
    reviewers = _reviewers_of(review)
    states = []
    for number in range(1, review.levels + 1):
        names, others = reviewers.get(number, ([], 0))
        approved, rejected = sums.get(number, (0, 0))
        due = review.level_due(number)
        early = due if due < review.campaign.due_at else None
        states.append(LevelState(number, names, others, approved, rejected, early))
    return states


def _reviewers_of(review: Review) -> dict[int, tuple[list[str], int]]:
    """By level: a few names, those with the most accounts first, and how many more there are."""
    most_first = (Reviewer.items.desc(), Person.name)
    nth = func.row_number().over(partition_by=Reviewer.level, order_by=most_first)
    count = func.count().over(partition_by=Reviewer.level)
    ranked = (
        select(
            Reviewer.level,
            Person.name,
            nth.label("nth"),
            count.label("count"),
        )
        .join(Person, Person.id == Reviewer.person_id)
        .where(Reviewer.review_id == review.id, Reviewer.items > 0)
        .subquery()
    )
    found: dict[int, tuple[list[str], int]] = {}
    rows = select(ranked).where(ranked.c.nth <= NAMED).order_by(ranked.c.level, ranked.c.nth)
    for level, name, place, total in db.session.execute(rows):
        names = [*found[level][0], name] if level in found else [name]
        found[level] = (names, total - place)
    return found


def reviewers_with_items(review: Review) -> list[Reviewer]:
    """Whoever has something to decide at the present level."""
    here = and_(Assignment.item_id == Item.id, Assignment.level == Item.level)
    ids = set(
        db.session.scalars(
            select(Assignment.person_id)
            .join(Item, here)
            .where(items_of(review), Item.level == review.level)
            .distinct()
        )
    )
    return [r for r in review.reviewers if r.level == review.level and r.person_id in ids]


def said_below(review: Review, items: Iterable[Item]) -> dict[int, list[Decision]]:
    """By item: what each level before said of it in the end, the first level first."""
    if review.level == 1:
        return {}
    ids = [item.id for item in items]
    latest = (
        select(func.max(Decision.id))
        .where(Decision.item_id.in_(ids), Decision.level < review.level)
        .group_by(Decision.item_id, Decision.level)
    )
    found: dict[int, list[Decision]] = {}
    for said in db.session.scalars(
        select(Decision).where(Decision.id.in_(latest)).order_by(Decision.level)
    ):
        found.setdefault(said.item_id, []).append(said)
    return found


def votes_on(review: Review, items: Iterable[Item]) -> dict[int, list[tuple[int, str, str]]]:
    """Where several decide together, by item: the id and name of each, and what they said."""
    if not review.is_joint:
        return {}
    rows = db.session.execute(
        select(Assignment.item_id, Person.id, Person.name, Assignment.vote)
        .join(Person, Person.id == Assignment.person_id)
        .where(Assignment.item_id.in_([item.id for item in items]))
        .where(Assignment.level == review.level)
        .order_by(Person.name, Person.id)
    )
    found: dict[int, list[tuple[int, str, str]]] = {}
    for item_id, person_id, name, vote in rows:
        found.setdefault(item_id, []).append((person_id, name, vote.value if vote else ""))
    return found
