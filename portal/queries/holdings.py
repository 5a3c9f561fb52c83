"""What one person holds, everywhere: accounts they use or answer for, and applications they own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import contains_eager

from policies.filters import Field, Filter, Kind
from policies.permissions import Actor
from portal.db import db
from portal.models import (
    Account,
    Application,
    ApplicationOwner,
    Entitlement,
    Grant,
    Instance,
    Person,
    Sync,
)
from portal.queries.accounts import privileged_ids
from portal.queries.applications import applications_in_list, applications_seen_by
from portal.queries.filters import Columns, Expression, contains, where
from portal.queries.order import in_order
from portal.queries.paging import Order

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
HOLDING_FIELDS: Mapping[str, Field] = {
    field.key: field
    for field in (
        Field("application", "Application"),
        Field("login", "Login"),
        Field("roles", "Roles"),
        Field("privileged", "Privileged", Kind.YES_NO),
        Field("status", "Status"),
        Field("instance", "Instance"),
        Field("answers", "Answers for it", Kind.YES_NO),
        Field("used", "Last used", Kind.DATE),
        Field("created", "Created", Kind.DATE),
        Field("gone", "Gone", Kind.YES_NO),
    )
}


def _of_application(column: Expression) -> Expression:
    its = select(column).where(Application.id == Account.application_id)
    return its.correlate(Account).scalar_subquery()


SORTS: Mapping[str, Expression] = {
    "application": _of_application(in_order(Application.name)),
    "login": Account.login_key,
    "roles": in_order(Account.roles),
    "status": in_order(Account.status),
    "used": func.coalesce(Account.last_used_at, _NEVER),
}


@dataclass(frozen=True)
class Beside:
    """What is known of an account besides: its application, its rights by kind, its last list."""

    application: Application
    entitlements: Mapping[str, Sequence[str]]
    is_privileged: bool
    sync: Sync | None


def holdings_of(
    person: Person,
    filter: Filter,  # noqa: A002  the word of the grammar
    text: str = "",
    *,
    seen_by: Actor,
) -> Select[Account]:
    """Select the accounts that `person` uses or answers for, in applications `seen_by` may see.

    Those gone only where the filter speaks of "gone".
    """
    query = (
        select(Account)
        .join(Application, Application.id == Account.application_id)
        .join(Account.instance)
        .options(contains_eager(Account.instance))
        .where(
            or_(Account.person_id == person.id, Account.owner_id == person.id),
            applications_seen_by(seen_by),
        )
    )
    if filter:
        query = query.where(where(filter, HOLDING_FIELDS, _columns(person)))
    if "gone" not in filter.fields:
        query = query.where(Account.gone_at.is_(None))
    places = (Application.name, Account.login, Account.roles)
    return query.where(or_(*(contains(each, text) for each in places))) if text else query


def holdings_order(key: str, *, descending: bool) -> Order:
    return Order(SORTS[key], Account.id, descending)


def beside_holdings(accounts: Sequence[Account]) -> dict[int, Beside]:
    """What lists show beside these accounts, by id."""
    ids = [account.id for account in accounts]
    of = Application.id.in_({account.application_id for account in accounts})
    applications = {each.id: each for each in db.session.scalars(select(Application).where(of))}
    listed = Sync.id.in_({account.last_sync_id for account in accounts} - {None})
    syncs = {each.id: each for each in db.session.scalars(select(Sync).where(listed))}
    privileged = set(db.session.scalars(privileged_ids().where(Grant.account_id.in_(ids))))
    held = _entitlements(ids)
    return {
        each.id: Beside(
            applications[each.application_id],
            held.get(each.id, {}),
            each.id in privileged,
            syncs.get(each.last_sync_id or 0),
        )
        for each in accounts
    }


def with_beside_holdings(query: Select[Account]) -> Iterator[tuple[Account, Beside]]:
    """Each account with what lists show beside, as a stream."""
    for some in db.session.scalars(query.execution_options(yield_per=200)).partitions():
        beside = beside_holdings(some)
        yield from ((account, beside[account.id]) for account in some)


def owned_by(
    person: Person,
    filter: Filter,  # noqa: A002  as above
    text: str = "",
    *,
    seen_by: Actor,
) -> Select[Application]:
    """Select the applications that `person` answers for and `seen_by` may see; hidden ones too."""
    theirs = select(ApplicationOwner.application_id).where(ApplicationOwner.person_id == person.id)
    query = applications_in_list(filter, text, with_hidden=True)
    return query.where(Application.id.in_(theirs), applications_seen_by(seen_by))


def _columns(person: Person) -> Columns:
    return {
        "application": Application.name,
        "login": Account.login,
        "roles": Account.roles,
        "privileged": Account.id.in_(privileged_ids()),
        "status": Account.status,
        "instance": Instance.name,
        "answers": func.coalesce(Account.person_id, 0) != person.id,
        "used": Account.last_used_at,
        "created": Account.created_on,
        "gone": Account.gone_at.is_not(None),
    }


def _entitlements(ids: Sequence[int]) -> dict[int, dict[str, list[str]]]:
    query = (
        select(Grant.account_id, Entitlement.kind, Entitlement.name)
        .join(Entitlement, Entitlement.id == Grant.entitlement_id)
        .where(Grant.account_id.in_(ids))
        .order_by(Grant.account_id, Entitlement.kind, Entitlement.name)
    )
    found: dict[int, dict[str, list[str]]] = {}
    for account_id, kind, name in db.session.execute(query):
        found.setdefault(account_id, {}).setdefault(kind, []).append(name)
    return found
