"""Bringing the accounts of an instance to what a staged list says.

A handful of statements over the whole list, in one transaction. last_sync_id names the last
list that held an account. It is written to added and changed accounts first, so that these are
told by it while their grants are brought, and to the unchanged ones at the very end.
"""

from typing import Any

from sqlalchemy import (
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.sql.elements import ColumnElement

from portal import clock
from portal.db import db
from portal.models import Account, Entitlement, Grant, Person, StagedAccount, StagedGrant, Sync
from portal.queries.staged_accounts import gone_accounts, is_changed, same_login, staged_in
from portal.usecases.bulk import count_rows_anew
from portal.usecases.matching import only_one

A, S, G, E = Account, StagedAccount, StagedGrant, Entitlement
_QUICK: Any = {"synchronize_session": False}
_FACTS = (
    "login",
    "email",
    "name",
    "employee_number",
    "status",
    "roles",
    "person_id",
    "matched_by",
    "last_used_at",
    "created_on",
    "attributes",
    "content_hash",
)


def apply_accounts(sync: Sync, counts: dict[str, int]) -> None:
    """Mark what is gone, write what changed, add what is new; then owners and grants."""
    if counts["gone"]:
        _mark_gone(sync)
    if counts["changed"]:
        _write_changed(sync)
    if counts["new"]:
        _add_new(sync)
    if counts["new"] or counts["changed"]:
        _find_owners(sync)
        _bring_grants(sync, has_changes=counts["changed"] > 0)
    if counts["unchanged"]:
        _write_people(sync)
        _mark_seen(sync)


def _mark_gone(sync: Sync) -> None:
    marking = update(A).where(gone_accounts(sync)).values(gone_at=clock.now())
    db.session.execute(marking.execution_options(**_QUICK))


def _write_changed(sync: Sync) -> None:
    values = {name: getattr(S, name) for name in _FACTS}
    values |= {"kind": S.kind, "gone_at": None, "last_sync_id": sync.id}
    db.session.execute(
        update(A)
        .where(staged_in(sync), same_login(sync), is_changed())
        .values(values)
        .execution_options(**_QUICK)
    )


def _write_people(sync: Sync) -> None:
    """An account that did not change itself may belong to somebody else by now."""
    other = or_(A.person_id.is_distinct_from(S.person_id), A.matched_by != S.matched_by)
    db.session.execute(
        update(A)
        .where(staged_in(sync), same_login(sync), other)
        .values(person_id=S.person_id, matched_by=S.matched_by)
        .execution_options(**_QUICK)
    )


def _mark_seen(sync: Sync) -> None:
    named = select(S.login_key).where(staged_in(sync))
    db.session.execute(
        update(A)
        .where(
            A.instance_id == sync.source.instance_id,
            A.login_key.in_(named),
            A.last_sync_id.is_distinct_from(sync.id),
        )
        .values(last_sync_id=sync.id)
        .execution_options(**_QUICK)
    )


def _add_new(sync: Sync) -> None:
    instance = sync.source.instance
    assert instance is not None  # noqa: S101  a source of accounts has one
    rest = {
        "application_id": literal(instance.application_id),
        "instance_id": literal(instance.id),
        "login_key": S.login_key,
        "kind": S.kind,
        "first_sync_id": literal(sync.id),
        "last_sync_id": literal(sync.id),
    }
    rows = (
        select(*(getattr(S, name) for name in _FACTS), *rest.values())
        .select_from(S)
        .outerjoin(A, same_login(sync))
        .where(staged_in(sync), A.id.is_(None))
        .order_by(S.row)
    )
    db.session.execute(insert(A).from_select([*_FACTS, *rest], rows))


def _find_owners(sync: Sync) -> None:
    """Owners of service accounts, by email, employee number, or a name that only one has."""
    if "owner" not in sync.mapping.values():
        return
    for key in (Person.email, func.lower(Person.employee_number), func.lower(Person.name)):
        people = only_one(key, key.is_not(None)).subquery()
        db.session.execute(
            update(A)
            .where(
                staged_in(sync),
                same_login(sync),
                func.lower(S.owner_email) == people.c.key,
                A.last_sync_id == sync.id,
            )
            .values(owner_id=people.c.person_id)
            .execution_options(**_QUICK)
        )


def _bring_grants(sync: Sync, *, has_changes: bool) -> None:
    """Give the touched accounts exactly the grants their rows name."""
    _add_entitlements(sync)
    count_rows_anew(A, E)
    wanted = _wanted(sync, A.id, E.id, literal(sync.id))
    if has_changes:
        _remove_grants(sync)
        held = exists().where(Grant.account_id == A.id, Grant.entitlement_id == E.id)
        wanted = wanted.where(or_(A.first_sync_id == sync.id, ~held))
    db.session.execute(
        insert(Grant).from_select(["account_id", "entitlement_id", "first_sync_id"], wanted)
    )


def _add_entitlements(sync: Sync) -> None:
    instance = literal(sync.source.instance_id)
    new = (
        select(instance, G.kind, G.name, literal(""))
        .distinct()
        .outerjoin(E, _same_entitlement(sync))
        .where(G.sync_id == sync.id, E.id.is_(None))
    )
    db.session.execute(insert(E).from_select(["instance_id", "kind", "name", "description"], new))


def _remove_grants(sync: Sync) -> None:
    """Take away what changed accounts hold no longer."""
    touched = select(A.id).where(
        A.instance_id == sync.source.instance_id,
        A.last_sync_id == sync.id,
        A.first_sync_id.is_distinct_from(sync.id),
        A.gone_at.is_(None),
    )
    held = select(Grant.account_id, Grant.entitlement_id).where(Grant.account_id.in_(touched))
    stale = held.except_(_wanted(sync, A.id, E.id))
    db.session.execute(
        delete(Grant)
        .where(tuple_(Grant.account_id, Grant.entitlement_id).in_(stale))
        .execution_options(**_QUICK)
    )


def _wanted(sync: Sync, *columns: Any) -> Select[Any]:
    """What the list says that touched accounts hold."""
    return (
        select(*columns)
        .select_from(S)
        .join(A, same_login(sync))
        .join(G, and_(G.sync_id == S.sync_id, G.grants_key == S.grants_key))
        .join(E, _same_entitlement(sync))
        .where(staged_in(sync), A.last_sync_id == sync.id)
    )


def _same_entitlement(sync: Sync) -> ColumnElement[bool]:
    return and_(E.instance_id == sync.source.instance_id, E.kind == G.kind, E.name == G.name)
