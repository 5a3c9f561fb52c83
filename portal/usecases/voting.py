"""Where several decide together: each votes, and whoever's vote settles an item decides it.

A vote is a row of its own; what the votes come to is a decision like any other, so that items,
sign-offs and evidence are the same whatever the rule (policies.outcomes).
"""

import secrets
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, insert, literal, select, update
from sqlalchemy.orm import aliased

from policies.assignment import Outcome
from policies.errors import Invalid
from policies.lifecycle import Verdict
from policies.permissions import Actor
from portal import clock
from portal.db import db
from portal.models import Assignment, Decision, Item, Review, Vote
from portal.models.decision import How
from portal.usecases.appending import append_decisions, apply_bulk
from portal.usecases.trail import record

COLUMNS = (
    *("item_id", "review_id", "level", "person_id", "by_name"),
    *("verdict", "comment", "bulk_id", "voted_at"),
)


def vote_on_item(item: Item, verdict: Verdict, comment: str, by: Actor) -> Decision | None:
    """A step: one vote on one item; the decision, where that settles or unsettles it."""
    one, bulk_id = Item.id == item.id, secrets.token_hex(8)
    again = bool(comment) and verdict is not Verdict.UNDECIDED  # the same, with more to say
    news = one if again else and_(one, _otherwise(verdict, by))
    if not _vote(item.review, news, verdict, comment, bulk_id, by):
        raise Invalid("You said that already. Nothing was changed.")
    record("item voted on", item, by=by, vote=verdict.value, comment=comment, login=item.login)
    _settle(item.review, bulk_id, comment, How.SINGLE, by)
    db.session.execute(update(Item).where(one).values(version=Item.version + 1))
    db.session.refresh(item)
    return db.session.scalar(select(Decision).where(Decision.bulk_id == bulk_id))


def vote_on_all(
    review: Review,
    which: ColumnElement[bool],
    verdict: Verdict,
    comment: str,
    bulk_id: str,
    by: Actor,
) -> int:
    """A step: a vote on every item under `which`; returns how many that were."""
    news = and_(which, _otherwise(verdict, by))
    count = _vote(review, news, verdict, comment, bulk_id, by)
    _settle(review, bulk_id, comment, How.BULK, by)
    return count


def take_votes_back(
    review: Review, which: ColumnElement[bool], bulk_id: str, undone: str, by: Actor
) -> int:
    """A step: after a vote on all in view, let what this person said before stand again, on those
    items under `which` where they said nothing since; returns how many.

    Accepting recommendations votes under two ids, the second of which ends in "-1".
    """
    last, before = aliased(Vote), aliased(Vote)
    theirs = (Vote.item_id, Vote.level, Vote.person_id)
    later = select(last.id).where(last.id > Vote.id, *_same(last, theirs)).correlate(Vote)
    earlier = select(before.id).where(before.id < Vote.id, *_same(before, theirs)).correlate(Vote)
    newest = earlier.order_by(before.id.desc()).limit(1)

    def stood(column: Any, nothing: Any) -> Any:
        said = select(column).where(before.id == newest.scalar_subquery())
        return func.coalesce(said.correlate(Vote).scalar_subquery(), nothing)

    nothing = literal(Verdict.UNDECIDED, Vote.verdict.type)
    values = (
        *(Vote.item_id, Vote.review_id, Vote.level, Vote.person_id, literal(by.name)),
        *(stood(before.verdict, nothing), stood(before.comment, ""), literal(undone)),
        literal(clock.now(), Vote.voted_at.type),
    )
    query = (
        select(*values)
        .join(Item, Item.id == Vote.item_id)
        .where(Vote.bulk_id.in_((bulk_id, f"{bulk_id}-1")), Vote.person_id == by.person_id)
        .where(which, Vote.level == Item.level, ~later.exists())
        .order_by(Vote.item_id)
    )
    db.session.execute(insert(Vote).from_select(COLUMNS, query, include_defaults=False))
    _note_votes(review, undone, by)
    _settle(review, undone, "", How.UNDO, by)
    return db.session.scalar(select(func.count()).where(Vote.bulk_id == undone)) or 0


def recount_votes(review: Review, ids: Any, by: Actor) -> None:
    """A step: the reviewers of these items changed, and with them what their votes come to."""
    if review.is_joint:
        bulk_id = secrets.token_hex(8)
        _decide_anew(review, Item.id.in_(ids), bulk_id, "", How.POLICY, by)


def _vote(
    review: Review,
    which: ColumnElement[bool],
    verdict: Verdict,
    comment: str,
    bulk_id: str,
    by: Actor,
) -> int:
    held = aliased(Assignment)  # `which` asks for assignments too
    mine = and_(held.item_id == Item.id, held.level == Item.level, held.person_id == by.person_id)
    values = (
        Item.id,
        literal(review.id),
        Item.level,
        literal(by.person_id),
        literal(by.name),
        literal(verdict, Vote.verdict.type),
        literal(comment),
        literal(bulk_id),
        literal(clock.now(), Vote.voted_at.type),
    )
    query = select(*values).select_from(Item).join(held, mine)
    query = query.where(which).order_by(Item.id)
    db.session.execute(insert(Vote).from_select(COLUMNS, query, include_defaults=False))
    _note_votes(review, bulk_id, by)
    return db.session.scalar(select(func.count()).where(Vote.bulk_id == bulk_id)) or 0


def _note_votes(review: Review, bulk_id: str, by: Actor) -> None:
    """Put the votes of a bulk onto the assignments of whoever gave them."""
    mine = and_(Vote.bulk_id == bulk_id, Vote.item_id == Assignment.item_id)
    said = select(Vote.verdict).where(mine).correlate(Assignment).scalar_subquery()
    voted = select(Vote.item_id).where(Vote.bulk_id == bulk_id)
    db.session.execute(
        update(Assignment)
        .where(
            Assignment.level == review.level,
            Assignment.person_id == by.person_id,
            Assignment.item_id.in_(voted),
        )
        .values(vote=func.nullif(said, literal(Verdict.UNDECIDED, Vote.verdict.type)))
        .execution_options(synchronize_session=False)
    )


def _same(other: Any, theirs: tuple[Any, ...]) -> list[ColumnElement[bool]]:
    """The condition that another vote is on the same, by the same."""
    return [getattr(other, each.key) == each for each in theirs]


def _otherwise(verdict: Verdict, by: Actor) -> ColumnElement[bool]:
    """Whether somebody has not said this of an item already."""
    mine = aliased(Assignment)
    said = func.coalesce(mine.vote, literal(Verdict.UNDECIDED, Item.verdict.type))
    return (
        select(mine.item_id)
        .where(
            mine.item_id == Item.id,
            mine.level == Item.level,
            mine.person_id == by.person_id,
            said != verdict,
        )
        .correlate(Item)
        .exists()
    )


def _settle(review: Review, bulk_id: str, comment: str, how: How, by: Actor) -> None:
    voted = select(Vote.item_id).where(Vote.bulk_id == bulk_id)
    _decide_anew(review, Item.id.in_(voted), bulk_id, comment, how, by)


def _decide_anew(
    review: Review,
    which: ColumnElement[bool],
    bulk_id: str,
    comment: str,
    how: How,
    by: Actor,
) -> None:
    """A decision on each of these items that no longer stands where its votes put it."""
    outcome = _outcome(review.outcome)
    values = (
        Item.id,
        literal(review.id),
        Item.level,
        outcome,
        literal(comment),
        Item.verdict,
        Item.comment,
        literal(how, Decision.how.type),
        literal(bulk_id),
        literal(by.person_id),
        literal(by.name),
        literal(clock.now(), Decision.decided_at.type),
    )
    append_decisions(select(*values).where(which, outcome != Item.verdict))
    apply_bulk(review, bulk_id)


def _outcome(rule: Outcome) -> Any:
    """policies.outcomes.outcome_of, of an item's votes at its level, as SQL."""

    def count(*conditions: ColumnElement[bool]) -> Any:
        here = and_(Assignment.item_id == Item.id, Assignment.level == Item.level, *conditions)
        return select(func.count()).select_from(Assignment).where(here).scalar_subquery()

    approved = count(Assignment.vote == Verdict.APPROVED)
    rejected = count(Assignment.vote == Verdict.REJECTED)
    reviewers = count()
    if rule is Outcome.ALL:
        refused, agreed = rejected >= 1, approved >= reviewers
    else:
        refused, agreed = rejected * 2 >= reviewers, approved * 2 > reviewers
    words = {v: literal(v, Item.verdict.type) for v in Verdict}
    return case(
        (reviewers == 0, words[Verdict.UNDECIDED]),
        (refused, words[Verdict.REJECTED]),
        (agreed, words[Verdict.APPROVED]),
        else_=words[Verdict.UNDECIDED],
    )
