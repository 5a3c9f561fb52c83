"""What came out of each review, counted in the database."""

from typing import Any

from sqlalchemy import Connection, String, and_, func, or_, select, type_coerce

from policies.lifecycle import LOSING, RemovalState, Verdict
from portal.models import Application, Campaign, Item, Removal, Review
from portal.queries.planted import real_in
from portal.reports.facts import Result

_REDUCED = and_(Item.is_reduced, Item.verdict.not_in(LOSING))


def results(view: Connection, ids: list[int]) -> list[Result]:
    counted = {
        row.review_id: row
        for row in view.execute(
            select(
                Item.review_id,
                func.count().label("items"),
                *(
                    func.count().filter(Item.verdict == verdict).label(verdict.value)
                    for verdict in Verdict
                ),
                func.count().filter(Item.is_privileged).label("privileged"),
                func.count().filter(_REDUCED).label("reduced"),
            )
            .where(real_in(ids))
            .group_by(Item.review_id)
        )
    }
    active = dict(_still_active(view, ids))
    rows = view.execute(
        select(
            Review.id,
            type_coerce(Review.state, String).label("state"),
            Review.signed_off_at,
            Review.submitted_at,
            Application.name,
            Campaign.due_at,
        )
        .join(Application, Application.id == Review.application_id)
        .join(Campaign, Campaign.id == Review.campaign_id)
        .where(Review.id.in_(ids))
        .order_by(func.lower(Application.name), Review.id)
    )
    return [_result(row, counted.get(row.id), active.get(row.id, 0)) for row in rows]


def _still_active(view: Connection, ids: list[int]) -> list[tuple[int, int]]:
    rows = view.execute(
        select(Item.review_id, func.count())
        .outerjoin(Removal, Removal.item_id == Item.id)
        .where(
            real_in(ids),
            or_(Item.verdict.in_(LOSING), Item.is_reduced),
            func.coalesce(Removal.state, RemovalState.ACTION_REQUIRED)
            == RemovalState.ACTION_REQUIRED,
        )
        .group_by(Item.review_id)
    )
    return [(review_id, count) for review_id, count in rows]


def _result(row: Any, counted: Any, still_active: int) -> Result:
    ended = row.submitted_at or row.signed_off_at
    return Result(
        application=row.name,
        state=row.state,
        items=counted.items if counted else 0,
        approved=counted.approved if counted else 0,
        rejected=counted.rejected if counted else 0,
        undecided=counted.undecided if counted else 0,
        privileged=counted.privileged if counted else 0,
        signed_off_at=row.signed_off_at,
        submitted_at=row.submitted_at,
        is_late=bool(ended and ended > row.due_at),
        still_active=still_active,
        changed=counted.changed if counted else 0,
        reduced=counted.reduced if counted else 0,
    )
