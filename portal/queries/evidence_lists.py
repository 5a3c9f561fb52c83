"""The lists an attestation prints: what was rejected, and which privileged access was kept."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    and_,
    func,
    or_,
    select,
    type_coerce,
)

from policies.grants import grant_text
from policies.lifecycle import LOSING, RemovalState, Verdict
from portal.models import Application, Decision, Item, Removal, Review, Sync
from portal.queries.evidence_changes import takes_in
from portal.queries.planted import real_in
from portal.reports.facts import ItemLine, RemovalLine, Some

MOST_REJECTED = 200
MOST_PRIVILEGED = 120

FLAGS = {
    "is_past": "past user",
    "is_external": "external",
    "is_orphan": "orphan",
    "is_inactive": "inactive",
}


def rejected_accounts(view: Connection, ids: list[int]) -> Some:
    """What was rejected, or is to be left with less; what is still active first."""
    condition = and_(real_in(ids), or_(Item.verdict.in_(LOSING), Item.is_reduced))
    query = (
        _lines(
            type_coerce(Removal.state, String).label("removal"),
            Removal.found_status,
            Removal.verified_at,
            Removal.note,
            Removal.sync_id,
            Item.id.label("item_id"),
            Item.review_id,
            Item.verdict,
            Sync.file_name,
            Sync.sha256,
        )
        .outerjoin(Removal, Removal.item_id == Item.id)
        .outerjoin(Sync, Sync.id == Removal.sync_id)
        .where(condition)
        .order_by(Removal.verified_at.is_not(None), Item.review_id, Item.id)
        .limit(MOST_REJECTED)
    )
    rows = view.execute(query).all()
    takes: dict[str, str] = {}
    for review_id in {row.review_id for row in rows if _is_part(row)}:
        takes |= takes_in(view, review_id)
    return Some([_removal(row, takes) for row in rows], _count(view, condition))


def privileged_approvals(view: Connection, ids: list[int]) -> Some:
    """Privileged access that was approved."""
    condition = and_(real_in(ids), Item.verdict == Verdict.APPROVED, Item.is_privileged)
    query = _lines().where(condition).order_by(Item.review_id, Item.id).limit(MOST_PRIVILEGED)
    return Some([item_line(row) for row in view.execute(query)], _count(view, condition))


def item_line(row: Any) -> ItemLine:
    """A row of `_lines` as it is printed."""
    return ItemLine(
        application=row.application,
        label=row.label,
        login=row.login,
        roles=row.roles,
        entitlement=grant_text(row.entitlement_kind, row.entitlement) if row.entitlement else "",
        decided_by=row.by_name or "",
        decided_at=row.decided_at,
        comment=row.comment,
        advice=f"{row.recommendation}: {row.reasons}" if row.reasons else row.recommendation,
        flags=[word for key, word in FLAGS.items() if getattr(row, key)],
    )


def _removal(row: Any, takes: Mapping[str, str]) -> RemovalLine:
    return RemovalLine(
        item=item_line(row),
        state=row.removal or RemovalState.ACTION_REQUIRED.value,
        found_status=row.found_status or "",
        verified_at=row.verified_at,
        sync_id=row.sync_id,
        file_name=row.file_name or "",
        sha256=row.sha256 or "",
        note=row.note or "",
        takes=takes.get(str(row.item_id), "") if _is_part(row) else "",
    )


def _is_part(row: Any) -> bool:
    """The account keeps the rest of what it holds."""
    return row.verdict is not Verdict.REJECTED or bool(row.entitlement)


def _lines(*more: Any) -> Select[Any]:
    return (
        select(
            Application.name.label("application"),
            Item.label,
            Item.login,
            *(getattr(Item, key) for key in ("roles", "entitlement_kind", "entitlement")),
            Item.comment,
            Item.recommendation,
            Item.reasons,
            Item.decided_at,
            *(getattr(Item, key) for key in FLAGS),
            Decision.by_name,
            *more,
        )
        .select_from(Item)
        .join(Review, Review.id == Item.review_id)
        .join(Application, Application.id == Review.application_id)
        .outerjoin(Decision, Decision.id == Item.decision_id)
    )


def _count(view: Connection, condition: ColumnElement[bool]) -> int:
    return view.execute(select(func.count()).select_from(Item).where(condition)).scalar_one()
