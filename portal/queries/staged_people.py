"""Staged people compared with those who are known: what applying them would do."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, case, false, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from policies.columns import ATTRIBUTE
from policies.provisioning import FIELDS
from portal.db import db
from portal.models import Member, Person, StagedPerson, Sync
from portal.models.person import Standing

P, S = Person, StagedPerson
MISSED = "no longer in the list"  # the status of people whom a complete list left out

# What a column fills; a field that no column fills is left as it is.
_FILLS = {
    "name": ("name",),
    "first_name": ("name",),
    "last_name": ("name",),
    "department": ("department",),
    "title": ("title",),
    "manager": ("manager_email",),
    "status": ("status", "standing"),
    "start_date": ("start_date",),
    "end_date": ("end_date", "standing"),
    ATTRIBUTE: ("attributes",),
}


def count_people(sync: Sync) -> dict[str, int]:
    """What applying would do: new, changed, gone, unchanged; nobody is unmatched here."""
    row = db.session.execute(
        select(
            func.count().label("rows"),
            func.coalesce(func.sum(case((P.id.is_(None), 1), else_=0)), 0).label("new"),
            func.coalesce(func.sum(case((is_other(sync), 1), else_=0)), 0).label("changed"),
        )
        .select_from(S)
        .outerjoin(P, P.id == S.person_id)
        .where(people_in(sync))
    ).one()
    gone = db.session.scalar(select(func.count()).select_from(P).where(gone_people(sync))) or 0
    unchanged = row.rows - row.new - row.changed
    counts = {"new": row.new, "changed": row.changed, "unchanged": unchanged}
    return {**counts, "gone": gone, "unmatched": 0}


def gone_people(sync: Sync) -> ColumnElement[bool]:
    """People from this source, not past yet, whom its complete list no longer names."""
    if not sync.is_complete:
        return false()
    provisioned = P.provisioned.contains(",standing,")
    present = and_(_came_from(sync), P.standing != Standing.PAST, ~provisioned)
    named = select(S.person_id).where(people_in(sync), S.person_id.is_not(None))
    return P.id.in_(select(P.id).where(present).except_(named))


def present_people(sync: Sync) -> int:
    """How many people of this source are not past."""
    present = and_(_came_from(sync), P.standing != Standing.PAST)
    return db.session.scalar(select(func.count()).select_from(P).where(present)) or 0


def members_readdressed(sync: Sync, limit: int = 5) -> Sequence[str]:
    """Members whose address this list changes: whoever reads mail there signs in as them."""
    return db.session.scalars(
        select(P.name)
        .join(Member, Member.person_id == P.id)
        .join(S, S.person_id == P.id)
        .where(people_in(sync), S.email.is_not(None), S.email.is_distinct_from(P.email))
        .order_by(P.name)
        .limit(limit)
    ).all()


def people_in(sync: Sync) -> ColumnElement[bool]:
    return S.sync_id == sync.id


def is_other(sync: Sync) -> ColumnElement[bool]:
    return and_(
        P.id.is_not(None),
        or_(
            *(getattr(P, name).is_distinct_from(value) for name, value in new_values(sync).items())
        ),
    )


def new_values(sync: Sync) -> dict[str, Any]:
    """What each column becomes. Who was missed and is back is current, whatever else is said."""
    missed = P.status == MISSED
    back = {
        "standing": case((missed, Standing.CURRENT.value), else_=P.standing),
        "status": case((missed, ""), else_=P.status),
    }
    values = {
        **back,
        **{name: getattr(S, name) for name in filled_fields(sync)},
        "email": func.coalesce(S.email, P.email),
        "employee_number": func.coalesce(S.employee_number, P.employee_number),
    }
    return {name: _unless_provisioned(name, value) for name, value in values.items()}


def _unless_provisioned(name: str, value: Any) -> Any:
    """Provisioning wins for the fields it fills; `status` goes with the standing it speaks of."""
    field = "standing" if name == "status" else name
    if field not in FIELDS:
        return value
    return case((P.provisioned.contains(f",{field},"), getattr(P, name)), else_=value)


def filled_fields(sync: Sync) -> list[str]:
    """The columns of a person that this list fills, its keys apart."""
    filled = [name for field in sync.mapping.values() for name in _FILLS.get(field, ())]
    return list(dict.fromkeys(filled))


def _came_from(sync: Sync) -> ColumnElement[bool]:
    ours = select(Sync.id).where(Sync.source_id == sync.source_id)
    return P.last_sync_id.in_(ours)
