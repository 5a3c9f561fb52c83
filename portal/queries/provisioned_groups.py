"""Groups as SCIM has them: found, with or without their members."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.sql.elements import ColumnElement

from portal.db import db
from portal.models import Group, GroupMember
from portal.queries.provisioning import GROUPS, USERS, in_turn, key_of, meta_of

GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


def find_group(id_: str, *, lock: bool = False) -> Group | None:
    query = select(Group).where(Group.id == key_of(GROUPS, id_))
    return db.session.scalar(query.with_for_update() if lock else query)


def group_page(
    where: ColumnElement[bool] | None,
    order: Sequence[Any],
    start: int,
    count: int | None,
    *,
    members: bool,
) -> tuple[int, list[dict[str, Any]]]:
    """How many match, and the documents of one page; `start` counts from 0."""
    counted, query = select(func.count()).select_from(Group), select(Group)
    if where is not None:
        counted, query = counted.where(where), query.where(where)
    total = db.session.scalar(counted) or 0
    if count == 0 or start >= total:
        return total, []
    page = query.order_by(*in_turn(order, Group.id)).offset(start).limit(count)
    groups = db.session.scalars(page).all()
    inside = members_of([group.id for group in groups]) if members else {}
    return total, [as_group(group, inside.get(group.id, [])) for group in groups]


def as_group(group: Group, members: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The SCIM group; `members` as `members_of` gives them."""
    found = {
        "schemas": [GROUP],
        "id": f"{GROUPS}{group.id}",
        "externalId": group.external_id,
        "displayName": group.name,
        "members": list(members) or None,
        "meta": meta_of("Group", group.created_at, group.changed_at, revision_of(group)),
    }
    return {key: value for key, value in found.items() if value is not None}


def revision_of(group: Group) -> str:
    """A weak ETag: how often it changed."""
    return f'W/"{group.revision}"'


def members_of(group_ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """The members of each group, as they stand in it."""
    found = defaultdict(list)
    rows = select(
        GroupMember.group_id, GroupMember.person_id, GroupMember.inner_id, GroupMember.display
    )
    query = rows.where(GroupMember.group_id.in_(group_ids)).order_by(GroupMember.id)
    for group_id, person_id, inner_id, display in db.session.execute(query):
        found[group_id].append(dict(_member(person_id, inner_id, display)))
    return found


def _member(person_id: int | None, inner_id: int | None, display: str) -> Iterator[tuple[str, str]]:
    id_ = f"{USERS}{person_id}" if person_id else f"{GROUPS}{inner_id}"
    yield "value", id_
    yield "$ref", f"Users/{id_}" if person_id else f"Groups/{id_}"
    yield "type", "User" if person_id else "Group"
    if display:
        yield "display", display
