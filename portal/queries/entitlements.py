"""Reading what accounts of an application can hold: by name, with its owner and its holders."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import contains_eager

from policies.columns import GRANT_KINDS
from policies.filters import Field, Filter, Kind
from portal.db import db
from portal.models import Account, Application, Entitlement, Grant, Instance, Person
from portal.queries.filters import Columns, Expression, contains, where
from portal.queries.order import in_order
from portal.queries.paging import Order


def _owner_has(column: Any) -> Any:
    theirs = select(column).where(Person.id == Entitlement.owner_id)
    return func.coalesce(theirs.correlate(Entitlement).scalar_subquery(), "")


_OWNER = _owner_has(Person.name)
_HOLDERS = (
    select(func.count())
    .select_from(Grant)
    .join(Account, Account.id == Grant.account_id)
    .where(Grant.entitlement_id == Entitlement.id, Account.gone_at.is_(None))
    .correlate(Entitlement)
    .scalar_subquery()
)
_COLUMNS: Columns = {
    "name": Entitlement.name,
    "kind": Entitlement.kind,
    "owner": _OWNER,
    "holders": _HOLDERS,
    "instance": Instance.name,
    "description": Entitlement.description,
}
ENTITLEMENT_FIELDS: Mapping[str, Field] = {
    field.key: field
    for field in (
        Field("name", "Entitlement"),
        Field("kind", "Kind", Kind.CHOICE, tuple(GRANT_KINDS)),
        Field("owner", "Owner"),
        Field("holders", "Accounts", Kind.NUMBER),
        Field("instance", "Instance"),
        Field("description", "Description"),
    )
}
SORTS: Mapping[str, Expression] = {
    "name": in_order(Entitlement.name),
    "kind": in_order(Entitlement.kind),
    "owner": in_order(_OWNER),
    "holders": _HOLDERS,
}


def entitlements_of(application: Application, filter: Filter, text: str = "") -> Select[Any]:  # noqa: A002  the word of the grammar
    """Select the application's entitlements with their owners and instances."""
    query = (
        select(Entitlement)
        .join(Entitlement.instance)
        .outerjoin(Entitlement.owner)
        .options(contains_eager(Entitlement.instance), contains_eager(Entitlement.owner))
        .where(
            Instance.application_id == application.id,
            where(filter, ENTITLEMENT_FIELDS, _COLUMNS),
        )
    )
    places = (Entitlement.name, Entitlement.description)
    return query.where(or_(*(contains(each, text) for each in places))) if text else query


def entitlements_order(key: str, *, descending: bool) -> Order:
    return Order(SORTS[key], Entitlement.id, descending)


def holders_of(ids: Sequence[int]) -> dict[int, int]:
    """How many present accounts hold each of these, by its id."""
    query = (
        select(Grant.entitlement_id, func.count())
        .join(Account, Account.id == Grant.account_id)
        .where(Grant.entitlement_id.in_(ids), Account.gone_at.is_(None))
        .group_by(Grant.entitlement_id)
    )
    return dict(db.session.execute(query).all())


def entitlement_in(application: Application, number: int) -> Entitlement | None:
    """The application's entitlement of that id."""
    its = select(Entitlement).join(Entitlement.instance)
    here = Instance.application_id == application.id
    return db.session.scalar(its.where(Entitlement.id == number, here))
