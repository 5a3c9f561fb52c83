"""What was planned and what came of it: launch, due date and its moves, its rule, the end."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    type_coerce,
)

from policies.deadlines import Span, in_zone, late_spans
from policies.lifecycle import ReviewState
from portal.models import Campaign, Decision, Extension, Review
from portal.models.decision import How
from portal.reports.facts import Dates, Move


def dates_of(view: Connection, campaign_id: int) -> Dates:
    """The campaign's dates, as planned and as they came to be."""
    row = view.execute(
        select(
            *(getattr(Campaign, key) for key in _DATES),
            type_coerce(Campaign.undecided, String).label("undecided"),
        ).where(Campaign.id == campaign_id)
    ).one()
    moves = _moves(view, campaign_id)
    planned = (row.scope_report or {}).get("due_was")
    return Dates(
        planned_launch=row.starts_at,
        launched_at=row.launched_at,
        planned_due=datetime.fromisoformat(planned) if planned else _first_due(row, moves),
        due_at=row.due_at,
        due_in_words=in_zone(row.due_at, row.zone),
        moves=moves,
        settled_at=row.settled_at,
        outcome=_outcome(view, campaign_id, row),
        ended_at=row.ended_at,
        closed_by=row.closed_by,
        reason=row.reason,
    )


def spans_in(view: Connection, review_ids: Iterable[int]) -> list[Span]:
    """When decisions were late in the campaign that these reviews belong to."""
    mine = select(Review.campaign_id).where(Review.id.in_(list(review_ids))).limit(1)
    row = view.execute(
        select(Campaign.id, Campaign.due_at).where(Campaign.id.in_(mine.scalar_subquery()))
    ).first()
    if row is None:
        return []
    moves = _moves(view, row.id)
    return late_spans(row.due_at, [(move.at, move.was) for move in moves])


def was_late(moment: Any, spans: Sequence[Span]) -> ColumnElement[bool]:
    """Whether a person decided at `moment` after the due date that was in force then; beside it,
    the query has the decision."""
    within = (
        and_(moment > span.after, moment <= span.until) if span.until else moment > span.after
        for span in spans
    )
    return and_(Decision.how != How.POLICY, or_(*within))


def late_text(moment: Any, spans: Sequence[Span]) -> ColumnElement[str]:
    """ "yes" where somebody decided late, else an empty text."""
    return case((was_late(moment, spans), "yes"), else_="") if spans else literal("")


_DATES = (
    *("starts_at", "launched_at", "due_at", "zone", "settled_at", "ended_at"),
    *("closed_by", "reason", "scope_report", "accepts_late"),
)


def _moves(view: Connection, campaign_id: int) -> list[Move]:
    keys = (Extension.at, Extension.was, Extension.due_at, Extension.reason, Extension.by_name)
    rows = view.execute(
        select(*keys).where(Extension.campaign_id == campaign_id).order_by(Extension.id)
    )
    return [Move(*row) for row in rows]


def _first_due(row: Any, moves: Sequence[Move]) -> datetime:
    due: datetime = moves[0].was if moves else row.due_at
    return due


def _outcome(view: Connection, campaign_id: int, row: Any) -> str:
    """What the due date did, from the rows it left; empty where it has not come."""
    if row.settled_at is None:
        return ""
    mine = select(Review.id).where(Review.campaign_id == campaign_id)
    ruled, reviews = view.execute(
        select(func.count(), func.count(Decision.review_id.distinct())).where(
            Decision.review_id.in_(mine), Decision.how == How.POLICY
        )
    ).one()
    expired = view.execute(
        select(func.count()).where(
            Review.campaign_id == campaign_id, Review.state == ReviewState.EXPIRED
        )
    ).scalar_one()
    return _said(ruled, reviews, expired, late=row.accepts_late)


def _said(ruled: int, reviews: int, expired: int, *, late: bool) -> str:
    said = []
    if ruled:
        accounts = f"{ruled:,} account{'' if ruled == 1 else 's'}"
        where = f"{reviews:,} review{'' if reviews == 1 else 's'}"
        said.append(
            f"{accounts} in {where} were rejected by the rule of the campaign; nobody decided "
            "on them."
        )
    if expired:
        said.append(f"{expired:,} review{'' if expired == 1 else 's'} expired undecided.")
    open_ = "Late decisions were taken, and are marked." if late else "Decisions were refused."
    return " ".join(said) or f"Nothing was ended by a rule. {open_}"
