"""People as the users of SCIM: found, laid out as documents, told apart by version."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from policies.provisioning import ENTERPRISE, USER, Document, owned_of
from portal.db import db
from portal.models import Group, GroupMember, Member, Person, Provisioned, Role
from portal.models.person import Standing

_COUNT = select(func.count()).select_from(Person)
# Everybody but those who were deleted, who alone are in an index by that.
_EVERYBODY = select(
    _COUNT.scalar_subquery() - _COUNT.where(Person.withdrawn_at.is_not(None)).scalar_subquery()
)
USERS, GROUPS = "p", "g"  # what ids begin with: never to be taken for an employee number


class UserRow(NamedTuple):
    """A person with what a document needs besides."""

    person: Person
    document: Document | None
    role: str | None


def key_of(prefix: str, text: str) -> int:
    """The key behind an id as SCIM has it ("p17"); 0, which nothing has, for any other text."""
    number = text.removeprefix(prefix)
    known = text.startswith(prefix) and number.isascii() and number.isdecimal()
    return int(number) if known and len(number) < 10 else 0


def user_rows() -> Select[Any]:
    """Everybody who was not deleted by provisioning, with their document and their role."""
    return (
        select(Person, Provisioned.document, Role.name)
        .outerjoin(Provisioned, Provisioned.person_id == Person.id)
        .outerjoin(Member, Member.person_id == Person.id)
        .outerjoin(Role, Role.id == Member.role_id)
        .where(Person.withdrawn_at.is_(None))
    )


def find_user(id_: str, *, lock: bool = False) -> UserRow | None:
    """The user of this id; None where there is none (any more)."""
    query = user_rows().where(Person.id == key_of(USERS, id_))
    row = db.session.execute(query.with_for_update(of=Person) if lock else query).first()
    return UserRow(*row) if row else None


def manager_meant(said: str) -> int | None:
    """Whom a provider means as manager: an id of ours, a userName, an address, a number."""
    if not said:
        return None
    key = key_of(USERS, said)
    names = (Person.user_name == said.lower(), Person.email == said.lower())
    found = or_(Person.id == key, *names, Person.employee_number == said)
    return db.session.scalar(select(Person.id).where(found).order_by(Person.id != key).limit(1))


def user_page(
    where: ColumnElement[bool] | None, order: Sequence[Any], start: int, count: int | None
) -> tuple[int, list[dict[str, Any]]]:
    """How many match, and the documents of one page; `start` counts from 0."""
    query = user_rows() if where is None else user_rows().where(where)
    counted = _EVERYBODY if where is None else query.with_only_columns(func.count())
    total = db.session.scalar(counted) or 0
    if count == 0 or start >= total:
        return total, []
    query = query.with_only_columns(Person.id).order_by(*in_turn(order, Person.id))
    ids = list(db.session.scalars(query.offset(start).limit(count)))
    rows = {row[0].id: UserRow(*row) for row in db.session.execute(_of(ids))}
    groups = groups_of(ids)
    return total, [as_user(rows[id_], groups.get(id_, ())) for id_ in ids]


def in_turn(order: Sequence[Any], key: Any) -> tuple[Any, ...]:
    """By `order`; unasked, who came last comes first, so that what was just made is seen at once.

    Somebody who comes while pages are read is then shown twice at worst, and nobody is missed.
    """
    return (*order, key) if order else (key.desc(),)


def as_user(row: UserRow, groups: Sequence[Any] = ()) -> dict[str, Any]:
    """The SCIM user: what its provider said, and what the portal knows where it said nothing."""
    user = _said(row)
    version = version_of(user)
    boss = (user.get(ENTERPRISE) or {}).get("manager")
    if boss and row.person.manager_id:
        boss["$ref"] = f"Users/{USERS}{row.person.manager_id}"
    if groups:
        user["groups"] = list(groups)
    user["id"] = f"{USERS}{row.person.id}"
    changed = row.person.changed_at or row.person.created_at
    user["meta"] = meta_of("User", row.person.created_at, changed, version)
    return user


def version_of(user: Document) -> str:
    """A weak ETag over what was said of somebody (RFC 7644, 3.14)."""
    text = json.dumps(user, sort_keys=True, separators=(",", ":"))
    return f'W/"{hashlib.sha256(text.encode()).hexdigest()[:20]}"'


def meta_of(kind: str, created: datetime, changed: datetime, version: str) -> dict[str, Any]:
    return {"resourceType": kind, "created": created, "lastModified": changed, "version": version}


def groups_of(person_ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """The groups of each person, as they stand in a user."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    query = (
        select(GroupMember.person_id, Group.id, Group.name)
        .join(Group, Group.id == GroupMember.group_id)
        .where(GroupMember.person_id.in_(person_ids))
        .order_by(Group.id)
    )
    for person_id, group_id, name in db.session.execute(query):
        id_ = f"{GROUPS}{group_id}"
        found[person_id or 0].append(
            {"value": id_, "$ref": f"Groups/{id_}", "display": name, "type": "direct"}
        )
    return found


def role_names() -> Sequence[str]:
    return db.session.scalars(select(Role.name).order_by(Role.id)).all()


def _of(ids: Sequence[int]) -> Select[Any]:
    return user_rows().where(Person.id.in_(ids))


def _said(row: UserRow) -> dict[str, Any]:
    """The document with the portal's own knowledge where provisioning does not own a field."""
    person, owned = row.person, owned_of(row.person.provisioned)
    user = dict(row.document or _unsaid(row))
    user["schemas"] = [USER]
    if "name" not in owned:
        user |= {"displayName": person.name, "name": {"formatted": person.name}}
    if "email" not in owned:
        user["emails"] = [{"value": person.email, "type": "work", "primary": True}]
    if "standing" in owned or row.document is None or "active" in row.document:
        user["active"] = person.standing is not Standing.PAST
    user["externalId"], user["title"] = person.external_id, person.title
    more = {
        **(user.get(ENTERPRISE) or {}),
        "employeeNumber": person.employee_number,
        "department": person.department,
    }
    if "manager_email" not in owned and person.manager_id:
        more["manager"] = {"value": f"{USERS}{person.manager_id}"}
    if more := {key: dict(v) if key == "manager" else v for key, v in more.items() if v}:
        user[ENTERPRISE] = more
        user["schemas"].append(ENTERPRISE)
    if "emails" in user and not person.email and "email" not in owned:
        del user["emails"]
    return {key: value for key, value in user.items() if value not in (None, "")}


def _unsaid(row: UserRow) -> dict[str, Any]:
    """Of somebody whom no provider has spoken of yet."""
    return {"userName": row.person.email or f"{USERS}{row.person.id}", "userType": row.role}
