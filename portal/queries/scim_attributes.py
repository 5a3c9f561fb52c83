"""The attributes of SCIM users and groups as columns: what can be filtered and sorted by."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from scim2_models import InvalidFilterException
from sqlalchemy import String, and_, case, cast, collate, func, literal, null, or_, select, true
from sqlalchemy.sql.elements import ColumnElement

from policies.provisioning import ENTERPRISE, same
from portal.db import db
from portal.models import Group, GroupMember, Person, Provisioned, ProvisionedEmail, Role
from portal.models.person import Standing
from portal.queries.provisioning import GROUPS, USERS, key_of

P, E = Person, ProvisionedEmail
Where = ColumnElement[bool]


@dataclass(frozen=True)
class Attribute:
    """One value of a resource. `exact` minds the case; `quick` is equality by an index."""

    column: Any
    kind: str = "text"
    exact: bool = False
    quick: Callable[[Any], Where] | None = None

    def read(self, operand: Any) -> Any:
        """The operand of a comparison, as the column holds such values."""
        if self.kind == "moment":
            return _moment(operand)
        if self.kind == "bool":
            return operand if isinstance(operand, bool) else str(operand).lower() == "true"
        return str(operand) if self.exact else same(str(operand))

    def equal(self, value: Any) -> Where:
        if self.quick is not None:
            return self.quick(value)
        found: Where = folded(self) == value
        return found


@dataclass(frozen=True)
class Values:
    """The values of an attribute that has many, as rows of their own."""

    columns: Mapping[str, Attribute]
    any: Callable[[Where], Where]
    sorted_by: Mapping[str, Attribute]

    def first(self, sub: str) -> Attribute | None:
        """The value that resources are sorted by."""
        return self.sorted_by.get(sub or "value")


def folded(attribute: Attribute) -> Any:
    """The column in the form comparisons use."""
    if attribute.kind != "text" or attribute.exact:
        return attribute.column
    is_sqlite = db.engine.dialect.name == "sqlite"
    return func.fold(attribute.column) if is_sqlite else func.lower(attribute.column)


def sortable(attribute: Attribute) -> Any:
    """The same, ordered by code points on every database."""
    value = folded(attribute)
    if attribute.kind == "text" and db.engine.dialect.name == "postgresql":
        return collate(value, "C")
    return value


@cache
def user_attributes() -> dict[str, Attribute | Values]:
    """By name in lower case; those of the enterprise extension begin with "enterprise:"."""
    document = Provisioned.document
    role = case((P.provisioned == "", Role.name), else_=document["userType"].as_string())
    shown = case((_owns("name"), document["displayName"].as_string()), else_=P.name)
    return {
        "id": _identifier(P.id, USERS),
        "externalid": Attribute(P.external_id, exact=True, quick=lambda v: P.external_id == v),
        "username": Attribute(func.coalesce(P.user_name, P.email), quick=_named),
        "displayname": Attribute(shown),
        "title": Attribute(_filled(P.title)),
        "usertype": Attribute(role),
        "active": Attribute(_active(), kind="bool"),
        "meta.created": Attribute(P.created_at, kind="moment"),
        "meta.lastmodified": Attribute(func.coalesce(P.changed_at, P.created_at), kind="moment"),
        **_names(),
        **{key.lower(): Attribute(document[key].as_string()) for key in _PLAIN},
        "enterprise:employeenumber": Attribute(P.employee_number),
        "enterprise:department": Attribute(_filled(P.department)),
        **{
            f"enterprise:{key.lower()}": Attribute(document[ENTERPRISE, key].as_string())
            for key in ("costCenter", "organization", "division")
        },
        "enterprise:manager.value": Attribute(_managed(), exact=True),
        "emails": _emails(),
        "groups": _groups(),
    }


@cache
def group_attributes() -> dict[str, Attribute | Values]:
    """By name in lower case."""
    return {
        "id": _identifier(Group.id, GROUPS),
        "externalid": Attribute(
            Group.external_id, exact=True, quick=lambda value: Group.external_id == value
        ),
        "displayname": Attribute(Group.name, quick=lambda value: Group.name_key == value),
        "meta.created": Attribute(Group.created_at, kind="moment"),
        "meta.lastmodified": Attribute(Group.changed_at, kind="moment"),
        "members": _members(),
    }


def _identifier(column: Any, prefix: str) -> Attribute:
    text = literal(prefix) + cast(column, String)
    return Attribute(text, exact=True, quick=lambda value: column == key_of(prefix, value))


def _names() -> dict[str, Attribute | Values]:
    keys = ("formatted", "familyName", "givenName", "middleName")
    more = ("honorificPrefix", "honorificSuffix")
    said = {key: Provisioned.document["name", key].as_string() for key in (*keys, *more)}
    columns = {key: case((_owns("name"), value)) for key, value in said.items()}
    columns["formatted"] = case((_owns("name"), said["formatted"]), else_=P.name)
    found: dict[str, Attribute | Values] = {
        f"name.{key.lower()}": Attribute(column) for key, column in columns.items()
    }
    return found | {"name": Attribute(func.coalesce(*columns.values()))}


def _emails() -> Values:
    """What was said of provisioned people; of all others, the one address that is known."""
    said = select(E.person_id, E.key, E.kind, E.is_primary, E.display)
    known = select(P.id, P.email, literal("work"), true(), literal("")).where(
        P.email.is_not(None), ~_owns("email")
    )
    rows = said.union_all(known).subquery()
    first = (
        select(E.key, E.kind)
        .where(E.person_id == P.id)
        .order_by(case((E.is_primary.is_(True), 0), else_=1), E.id)
        .limit(1)
        .correlate(P)
    )
    mine = {"value": first.with_only_columns(E.key), "type": first.with_only_columns(E.kind)}
    other = {"value": P.email, "type": case((P.email.is_not(None), "work"))}
    return Values(
        columns={
            "value": Attribute(rows.c.key, quick=lambda value: rows.c.key == value),
            "type": Attribute(_filled(rows.c.kind)),
            "primary": Attribute(rows.c.is_primary, kind="bool"),
            "display": Attribute(_filled(rows.c.display)),
        },
        any=lambda where: P.id.in_(select(rows.c.person_id).where(where)),
        sorted_by={
            key: Attribute(case((_owns("email"), _filled(mine[key].scalar_subquery())),
                                else_=other[key]))
            for key in mine
        },
    )  # fmt: skip


def _groups() -> Values:
    inside = select(GroupMember.person_id).join(Group, Group.id == GroupMember.group_id)
    return Values(
        columns={"value": _identifier(Group.id, GROUPS), "display": Attribute(Group.name)},
        any=lambda where: P.id.in_(inside.where(where, GroupMember.person_id.is_not(None))),
        sorted_by={},
    )


def _members() -> Values:
    is_person = GroupMember.person_id.is_not(None)
    person = literal(USERS) + cast(GroupMember.person_id, String)
    inner = literal(GROUPS) + cast(GroupMember.inner_id, String)

    def is_member(value: str) -> Where:
        return or_(
            GroupMember.person_id == key_of(USERS, value),
            GroupMember.inner_id == key_of(GROUPS, value),
        )

    return Values(
        columns={
            "value": Attribute(func.coalesce(person, inner), exact=True, quick=is_member),
            "type": Attribute(case((is_person, "User"), else_="Group")),
            "display": Attribute(_filled(GroupMember.display)),
        },
        any=lambda where: Group.id.in_(select(GroupMember.group_id).where(where)),
        sorted_by={},
    )


def _owns(field: str) -> Where:
    return P.provisioned.contains(f",{field},")


def _filled(column: Any) -> Any:
    return func.nullif(column, "")


def _active() -> Any:
    document = Provisioned.document["active"].as_boolean()
    said = or_(P.provisioned == "", _owns("standing"), document.is_not(None))
    return case((said, P.standing != Standing.PAST), else_=null())


def _managed() -> Any:
    said = Provisioned.document[ENTERPRISE, "manager", "value"].as_string()
    known = literal(USERS) + cast(P.manager_id, String)
    return case((_owns("manager_email"), said), else_=known)


def _named(value: str) -> Where:
    return or_(P.user_name == value, and_(P.user_name.is_(None), P.email == value))


def _moment(operand: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(str(operand))
    except ValueError as error:
        raise InvalidFilterException(detail=f"“{operand}” is not a moment.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_PLAIN = ("nickName", "profileUrl", "preferredLanguage", "locale", "timezone")
