"""How each reviewer worked: how many, how fast, how much at once."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import Any

from sqlalchemy import Connection, String, func, literal, select, type_coerce

from policies.lifecycle import Verdict
from portal.models import Application, Assignment, Decision, Item, Person, Review, Reviewer
from portal.models.decision import How
from portal.queries.planted import planted_ids, real_in
from portal.reports.facts import ReviewerLine

LONGEST_PAUSE = 600.0  # seconds; a longer gap is a pause, not a decision

Key = tuple[int, int, int | None]  # review, level, person


@dataclass
class Work:
    """What one person decided in one review at one level, as it stands now."""

    approved: int = 0
    rejected: int = 0
    changed: int = 0
    undecided: int = 0
    bulk: int = 0
    taken: int = 0
    gaps: list[float] = field(default_factory=list)


def reviewer_lines(view: Connection, ids: list[int]) -> list[ReviewerLine]:
    """A line for everyone assigned, and for everyone who decided without being assigned."""
    work, held = _work(view, ids), _planted_with(view, ids)
    lines = []
    for row in view.execute(_assigned(ids)):
        done = work.pop((row.review_id, row.level, row.person_id), Work())
        planted = held.get((row.review_id, row.level, row.person_id), 0)
        lines.append(_line(row, row.basis, row.items - planted, done))
    for key, done in work.items():
        lines.append(_line(_person(view, key), "administrator", 0, done))
    return sorted(lines, key=lambda line: (line.application.lower(), line.level, line.name))


def _assigned(ids: list[int]) -> Any:
    return (
        select(
            Reviewer.review_id,
            Reviewer.level,
            Reviewer.person_id,
            Reviewer.basis,
            Reviewer.items,
            Person.name,
            Person.email,
            Application.name.label("application"),
        )
        .join(Person, Person.id == Reviewer.person_id)
        .join(Review, Review.id == Reviewer.review_id)
        .join(Application, Application.id == Review.application_id)
        .where(Reviewer.review_id.in_(ids))
    )


def _planted_with(view: Connection, ids: list[int]) -> dict[Key, int]:
    """How many planted accounts are with whom."""
    key = (Item.review_id, Assignment.level, Assignment.person_id)
    query = planted_ids(ids).join(Assignment, Assignment.item_id == Item.id)
    rows = view.execute(query.with_only_columns(*key, func.count()).group_by(*key))
    return {(review_id, level, person_id): count for review_id, level, person_id, count in rows}


def _person(view: Connection, key: Key) -> Any:
    review_id, level, person_id = key
    return view.execute(
        select(
            Person.name,
            Person.email,
            Application.name.label("application"),
            literal(level).label("level"),
        )
        .select_from(Review)
        .join(Person, Person.id == person_id)
        .join(Application, Application.id == Review.application_id)
        .where(Review.id == review_id)
    ).one()


def _line(row: Any, basis: str, items: int, done: Work) -> ReviewerLine:
    return ReviewerLine(
        name=row.name,
        email=row.email or "",
        application=row.application,
        level=row.level,
        basis=basis,
        items=items,
        approved=done.approved,
        rejected=done.rejected,
        changed=done.changed,
        undecided=done.undecided,
        seconds=median(done.gaps) if done.gaps else None,
        bulk=done.bulk / done.taken if done.taken else 0.0,
    )


def _work(view: Connection, ids: list[int]) -> dict[Key, Work]:
    found: dict[Key, Work] = defaultdict(Work)
    who = (Decision.review_id, Decision.level, Decision.by_person_id)
    standing = (
        select(*who, type_coerce(Decision.verdict, String), func.count())
        .join(Item, Item.decision_id == Decision.id)
        .where(real_in(ids), Decision.by_person_id.is_not(None))
        .group_by(*who, Decision.verdict)
    )
    for review_id, level, person_id, verdict, count in view.execute(standing):
        done = found[review_id, level, person_id]
        done.approved += count if verdict == Verdict.APPROVED.value else 0
        done.rejected += count if verdict == Verdict.REJECTED.value else 0
        done.changed += count if verdict == Verdict.CHANGED.value else 0
    taken = (
        select(*who, type_coerce(Decision.how, String), func.count())
        .where(Decision.review_id.in_(ids), Decision.by_person_id.is_not(None))
        .where(Decision.how.in_([How.SINGLE, How.BULK]))
        .where(Decision.item_id.not_in(planted_ids(ids)))
        .group_by(*who, Decision.how)
    )
    for review_id, level, person_id, how, count in view.execute(taken):
        done = found[review_id, level, person_id]
        done.taken += count
        done.bulk += count if how == How.BULK.value else 0
    _count_undecided(view, ids, found)
    _measure_pace(view, ids, found)
    return dict(found)


def _count_undecided(view: Connection, ids: list[int], found: dict[Key, Work]) -> None:
    """What waits for somebody, at the level it is in."""
    rows = view.execute(
        select(Item.review_id, Assignment.level, Assignment.person_id, func.count())
        .join(Assignment, Assignment.item_id == Item.id)
        .where(real_in(ids), Item.verdict == Verdict.UNDECIDED)
        .where(Assignment.level == Item.level)
        .group_by(Item.review_id, Assignment.level, Assignment.person_id)
    )
    for review_id, level, person_id, count in rows:
        found[review_id, level, person_id].undecided = count


def _measure_pace(view: Connection, ids: list[int], found: dict[Key, Work]) -> None:
    """Collect the seconds between two single decisions of the same person."""
    rows = view.execute(
        select(Decision.review_id, Decision.level, Decision.by_person_id, Decision.decided_at)
        .where(Decision.review_id.in_(ids), Decision.how == How.SINGLE)
        .where(Decision.by_person_id.is_not(None))
        .where(Decision.item_id.not_in(planted_ids(ids)))
        .order_by(Decision.by_person_id, Decision.decided_at, Decision.id),
        execution_options={"yield_per": 2000},
    )
    before: tuple[int | None, datetime] | None = None
    for review_id, level, person_id, at in rows:
        if before and before[0] == person_id:
            gap = (at - before[1]).total_seconds()
            if gap <= LONGEST_PAUSE:
                found[review_id, level, person_id].gaps.append(gap)
        before = (person_id, at)
