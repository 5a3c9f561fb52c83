"""Staged accounts compared with those that are known: what applying them would do."""

from sqlalchemy import and_, case, false, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from portal.db import db
from portal.models import Account, StagedAccount, Sync

A, S = Account, StagedAccount


def count_accounts(sync: Sync) -> dict[str, int]:
    """What applying would do: new, changed, gone, unchanged, unmatched; and rows to apply."""
    same = and_(A.id.is_not(None), ~is_changed())
    row = db.session.execute(
        select(
            func.count().label("rows"),
            func.coalesce(func.sum(_one(A.id.is_(None))), 0).label("new"),
            func.coalesce(func.sum(_one(same)), 0).label("unchanged"),
            func.coalesce(func.sum(_one(S.person_id.is_(None))), 0).label("unmatched"),
        )
        .select_from(S)
        .outerjoin(A, same_login(sync))
        .where(staged_in(sync))
    ).one()
    counts = {"new": row.new, "unchanged": row.unchanged, "unmatched": row.unmatched}
    counts["changed"] = row.rows - row.new - row.unchanged
    gone = db.session.scalar(select(func.count()).select_from(A).where(gone_accounts(sync)))
    return {**counts, "gone": gone or 0}


def gone_accounts(sync: Sync) -> ColumnElement[bool]:
    """Present accounts of the instance that a complete list no longer names."""
    if not sync.is_complete:
        return false()
    present = and_(A.instance_id == sync.source.instance_id, A.gone_at.is_(None))
    named = select(A.id).join(S, same_login(sync)).where(staged_in(sync))
    return A.id.in_(select(A.id).where(present).except_(named))


def is_changed() -> ColumnElement[bool]:
    """The list says something else of an account than is known, or it is back."""
    return or_(A.content_hash != S.content_hash, A.gone_at.is_not(None))


def present_accounts(sync: Sync) -> int:
    """How many accounts the instance has now."""
    present = and_(A.instance_id == sync.source.instance_id, A.gone_at.is_(None))
    return db.session.scalar(select(func.count()).select_from(A).where(present)) or 0


def staged_in(sync: Sync) -> ColumnElement[bool]:
    return S.sync_id == sync.id


def same_login(sync: Sync) -> ColumnElement[bool]:
    return and_(A.instance_id == sync.source.instance_id, A.login_key == S.login_key)


def _one(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)
