"""Reading the accounts of an application as they are now."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import aliased, contains_eager

from policies.filters import Field, Filter, Kind
from portal.db import db
from portal.models import Account, Application, Entitlement, Grant, Instance, Person
from portal.models.account import AccountKind
from portal.models.person import Standing
from portal.queries.filters import Columns, Expression, contains, where
from portal.queries.order import in_order, off_index
from portal.queries.paging import Order, count_of
from portal.queries.privileged import is_privileged

_owner = aliased(Person)
EVERY_ACCOUNT = (
    select(Account)
    .outerjoin(Account.instance)  # there always is one; but SQLite leaves out what nobody asks of
    .outerjoin(Account.person)
    .outerjoin(Account.owner.of_type(_owner))
    .options(
        contains_eager(Account.instance),
        contains_eager(Account.person),
        contains_eager(Account.owner.of_type(_owner)),
    )
)
IS_ORPHAN = or_(
    and_(Account.kind == AccountKind.HUMAN, Account.person_id.is_(None)),
    and_(Account.kind == AccountKind.SERVICE, Account.owner_id.is_(None)),
)
_OWN_COLUMNS: Columns = {
    "login": Account.login,
    "name": Account.name,
    "email": Account.email,
    "roles": Account.roles,
    "status": Account.status,
    "person": Person.name,
    "department": Person.department,
    "standing": Person.standing,
    "kind": Account.kind,
    "orphan": IS_ORPHAN,
    "instance": Instance.name,
    "used": Account.last_used_at,
    "created": Account.created_on,
    "gone": Account.gone_at.is_not(None),
}
ACCOUNT_FIELDS: Mapping[str, Field] = {
    field.key: field
    for field in (
        Field("login", "Login"),
        Field("name", "Name in the application"),
        Field("email", "Email"),
        Field("roles", "Roles"),
        Field("status", "Status"),
        Field("person", "Person"),
        Field("department", "Department"),
        Field("kind", "Kind", Kind.CHOICE, tuple(kind.value for kind in AccountKind)),
        Field("privileged", "Privileged", Kind.YES_NO),
        Field("orphan", "Orphan", Kind.YES_NO),
        Field("standing", "Standing", Kind.CHOICE, tuple(each.value for each in Standing)),
        Field("instance", "Instance"),
        Field("used", "Last used", Kind.DATE),
        Field("created", "Created", Kind.DATE),
        Field("gone", "Gone", Kind.YES_NO),
    )
}
SORTS: Mapping[str, Expression] = {
    "login": Account.login_key,
    "name": in_order(Account.name),
    "status": in_order(Account.status),
    "roles": in_order(Account.roles),
    "used": func.coalesce(Account.last_used_at, datetime(1970, 1, 1, tzinfo=UTC)),
}


def accounts_of(
    application: Application,
    filter: Filter,  # noqa: A002  the word of the grammar
    text: str = "",
    *,
    by: str = "",
) -> Select[Account]:
    """Select the application's accounts, to be put in order `by` one of SORTS; those gone only
    where the filter speaks of "gone"."""
    is_whole = not filter and not text
    here = _as_logins_lie(application) if is_whole and by == "login" else None
    query = EVERY_ACCOUNT.where(
        Account.application_id == application.id if here is None else here,
        where(filter, ACCOUNT_FIELDS, _columns()),
    )
    if all(condition.field != "gone" for condition in filter.conditions):
        query = query.where(Account.gone_at.is_(None))
    if text:
        query = query.where(or_(*(contains(each, text) for each in _SEARCHED)))
    return query


def accounts_count(application: Application, filter: Filter, text: str = "") -> int:  # noqa: A002  as above
    """How many accounts that is. All of them are counted without looking at any."""
    if filter or text:
        return count_of(accounts_of(application, filter, text))
    present = Account.application_id == application.id, Account.gone_at.is_(None)
    return db.session.scalar(select(func.count()).where(*present)) or 0


def accounts_order(key: str, *, descending: bool) -> Order:
    return Order(SORTS[key], Account.id, descending)


def privileged_grants() -> Select[Any]:
    """Select present accounts by the privileged entitlements they hold: one row a grant.

    There are few privileged entitlements (portal.queries.privileged), so that finding their
    holders takes no look at any other account.
    """
    return (
        select(Account.id)
        .join(Grant, Grant.account_id == Account.id)
        .join(Entitlement, Entitlement.id == Grant.entitlement_id)
        .where(Account.gone_at.is_(None), is_privileged(Entitlement.name, Account.application_id))
    )


def privileged_ids() -> Select[Any]:
    """The ids of accounts, gone ones among them, with a privileged entitlement: one row a grant."""
    return (
        select(Grant.account_id)
        .join(Entitlement, Entitlement.id == Grant.entitlement_id)
        .join(Instance, Instance.id == Entitlement.instance_id)
        .where(is_privileged(Entitlement.name, Instance.application_id))
    )


def flags_of(privileged_words: Sequence[str]) -> Callable[[Account], list[str]]:
    """A function that names the badges of an account."""

    def flags(account: Account) -> list[str]:
        standing = account.person.standing if account.person else None
        held = {
            "past user": standing is Standing.PAST,
            "external": standing is Standing.EXTERNAL,
            "privileged": any(word in account.roles.lower() for word in privileged_words),
            "service": account.kind is AccountKind.SERVICE,
            "orphan": is_orphan(account),
        }
        return [name for name, holds in held.items() if holds]

    return flags


def is_orphan(account: Account) -> bool:
    """Nobody is known who uses the account or, for a service account, answers for it."""
    if account.kind is AccountKind.SERVICE:
        return account.owner_id is None
    return account.person_id is None


def orphans_of(application: Application) -> int:
    """How many present accounts belong to nobody."""
    query = select(func.count()).where(
        Account.application_id == application.id, Account.gone_at.is_(None), IS_ORPHAN
    )
    return db.session.scalar(query) or 0


def _as_logins_lie(application: Application) -> ColumnElement[bool] | None:
    """The accounts of an application with one instance, which an index has in order of login."""
    instances = select(Instance.id).where(Instance.application_id == application.id).limit(2)
    ids = db.session.scalars(instances).all()
    if len(ids) != 1:
        return None
    return and_(Account.instance_id == ids[0], off_index(Account.application_id) == application.id)


def _columns() -> Columns:
    return {**_OWN_COLUMNS, "privileged": Account.id.in_(privileged_ids())}


_SEARCHED: tuple[Expression, ...] = (
    *(Account.login, Account.name, Account.email),
    *(Person.name, Person.email),
)
