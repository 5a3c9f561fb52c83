"""Whose the accounts were, and how that changed while the reviews ran."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, String, case, cast, func, or_, select
from sqlalchemy.orm import aliased

from policies.lifecycle import Verdict
from portal.models import Application, Item, Person, ReassignedItem, Reassignment, Review, Vote
from portal.queries.evidence_rows import Texts, stream
from portal.queries.evidence_text import plain, utc_text
from portal.reports.facts import Finding

EXAMPLES = 12


def change_rows(view: Connection, review_ids: list[int]) -> Iterator[Texts]:
    """Each account that went to somebody else, with who had it: the columns CHANGES.

    A change made before the review started has one row, without an account.
    """
    before, taker = aliased(Person), aliased(Person)
    query = (
        select(
            cast(Reassignment.id, String),
            cast(Reassignment.review_id, String),
            Application.name,
            cast(Reassignment.level, String),
            plain(Reassignment.change),
            func.coalesce(cast(ReassignedItem.item_id, String), ""),
            func.coalesce(Item.login, ""),
            func.coalesce(before.name, ""),
            func.coalesce(ReassignedItem.was_basis, ""),
            case((Reassignment.to_id.is_(None), "rules of the campaign"), else_=taker.name),
            Reassignment.reason,
            Reassignment.by_name,
            utc_text(Reassignment.at),
        )
        .join(Review, Review.id == Reassignment.review_id)
        .join(Application, Application.id == Review.application_id)
        .outerjoin(ReassignedItem, ReassignedItem.reassignment_id == Reassignment.id)
        .outerjoin(Item, Item.id == ReassignedItem.item_id)
        .outerjoin(before, before.id == func.coalesce(ReassignedItem.was_id, Reassignment.from_id))
        .outerjoin(taker, taker.id == Reassignment.to_id)
        .where(Reassignment.review_id.in_(review_ids))
        .where(or_(Item.id.is_(None), ~Item.is_planted))
        .order_by(Reassignment.id, ReassignedItem.item_id, ReassignedItem.was_id)
    )
    for row in stream(view, query):
        yield tuple(row)


def vote_rows(view: Connection, review_ids: list[int]) -> Iterator[Texts]:
    """What each said where several decide together, in order: the columns VOTES."""
    said = case((Vote.verdict == Verdict.UNDECIDED, "withdrawn"), else_=plain(Vote.verdict))
    query = (
        select(
            cast(Vote.id, String),
            cast(Vote.item_id, String),
            cast(Vote.review_id, String),
            Application.name,
            Item.login,
            cast(Vote.level, String),
            said,
            Vote.comment,
            Vote.by_name,
            utc_text(Vote.voted_at),
        )
        .join(Item, Item.id == Vote.item_id)
        .join(Review, Review.id == Vote.review_id)
        .join(Application, Application.id == Review.application_id)
        .where(Vote.review_id.in_(review_ids), ~Item.is_planted)
        .order_by(Vote.id)
    )
    for row in stream(view, query):
        yield tuple(row)


def changes_found(view: Connection, review_ids: list[int]) -> Finding:
    """Reviewers who were changed after the launch, as an exception to look at."""
    giver, taker = aliased(Person), aliased(Person)
    rows = view.execute(
        select(
            Application.name.label("application"),
            plain(Reassignment.change).label("change"),
            Reassignment.items,
            Reassignment.reason,
            Reassignment.by_name,
            giver.name.label("giver"),
            taker.name.label("taker"),
        )
        .join(Review, Review.id == Reassignment.review_id)
        .join(Application, Application.id == Review.application_id)
        .outerjoin(giver, giver.id == Reassignment.from_id)
        .outerjoin(taker, taker.id == Reassignment.to_id)
        .where(Reassignment.review_id.in_(review_ids))
        .order_by(Reassignment.id)
    ).all()
    return Finding(
        "Reviewers changed while it ran",
        "Accounts went to another reviewer than the launch gave them; each is in "
        "reviewer-changes.csv.",
        len(rows),
        [_example(row) for row in rows[:EXAMPLES]],
    )


def _example(row: Any) -> str:
    who = f"from {row.giver} " if row.giver else ""
    to = f"to {row.taker}" if row.taker else "as the campaign’s rules say"
    count = f"{row.items:,} accounts" if row.items else "before it started"
    return f"{row.application}: {row.change} {who}{to}, {count}, by {row.by_name}: “{row.reason}”"
