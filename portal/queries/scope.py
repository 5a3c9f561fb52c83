"""Which accounts a campaign is about: the frozen facts of an item, as SQL over live accounts.

`facts()` is the one place that says what an item's columns are made of; the preview,
the filters of the user scope and the freeze all use it.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from policies.fields import SCOPE_FIELDS
from policies.filters import from_data
from policies.lifecycle import ReviewState
from portal import clock
from portal.db import db
from portal.models import Account, Campaign, Instance, Item, Person, Review, Sync
from portal.models.account import AccountKind
from portal.models.campaign import UserScope
from portal.models.person import Standing
from portal.queries.filters import contains_any, where
from portal.queries.settings import all_settings

manager = aliased(Person, name="manager")
owner = aliased(Person, name="owner")


def facts() -> dict[str, Any]:
    """Every frozen column of an item but `is_new`, as an expression over `present_accounts()`."""
    settings = all_settings()
    today = clock.today()
    long_ago = clock.now() - timedelta(days=settings["inactive_days"])
    label = func.coalesce(Person.name, func.nullif(Account.name, ""), Account.login)
    return {
        "account_id": Account.id,
        "person_id": Account.person_id,
        "label": label,
        "login": Account.login,
        "email": func.coalesce(func.nullif(Account.email, ""), Person.email, ""),
        "instance": Instance.name,
        "account_name": Account.name,
        "status": Account.status,
        "kind": Account.kind,
        "roles": Account.roles,
        "department": func.coalesce(Person.department, ""),
        "title": func.coalesce(Person.title, ""),
        "manager": func.coalesce(manager.name, ""),
        "owner": func.coalesce(owner.name, ""),
        "employee_number": func.coalesce(Person.employee_number, Account.employee_number),
        "person_status": func.coalesce(cast(Person.standing, String), ""),
        "last_used_at": Account.last_used_at,
        "created_on": Account.created_on,
        "start_date": Person.start_date,
        "end_date": Person.end_date,
        "has_access": func.lower(Account.status).not_in(settings["no_access_words"]),
        "is_privileged": contains_any(Account.roles, settings["privileged_words"]),
        "is_past": _known(or_(Person.standing == Standing.PAST, Person.end_date < today)),
        "is_external": _known(Person.standing == Standing.EXTERNAL),
        "is_orphan": case(
            (Account.kind == AccountKind.SERVICE, Account.owner_id.is_(None)),
            else_=Account.person_id.is_(None),
        ),
        "is_inactive": _known(Account.last_used_at < long_ago),
        "attributes": Account.attributes,
        "person_attributes": func.coalesce(Person.attributes, _empty_json()),
    }


def present_accounts(application_ids: Any = None) -> Select[Any]:
    """Accounts that the last complete list contained, joined with what `facts` names."""
    query = (
        select(Account.id)
        .join(Instance, Instance.id == Account.instance_id)
        .outerjoin(Person, Person.id == Account.person_id)
        .outerjoin(manager, manager.id == Person.manager_id)
        .outerjoin(owner, owner.id == Account.owner_id)
        .where(Account.gone_at.is_(None))
    )
    if application_ids is not None:
        query = query.where(Account.application_id.in_(application_ids))
    return query


def in_user_scope(
    campaign: Campaign, columns: Mapping[str, Any] | None = None
) -> ColumnElement[bool] | None:
    """The campaign's user scope as a condition over `present_accounts`; None: everybody."""
    columns = columns or facts()
    if campaign.user_scope is UserScope.PRIVILEGED:
        privileged: ColumnElement[bool] = columns["is_privileged"]
        return privileged
    if campaign.user_scope is UserScope.FILTER and campaign.user_filter:
        return where(from_data(campaign.user_filter, SCOPE_FIELDS), SCOPE_FIELDS, columns)
    return None


def accounts_in_scope(campaign: Campaign, application_ids: Any) -> Select[Any]:
    """The ids of the accounts that `campaign` would review in these applications, now."""
    query = present_accounts(application_ids)
    condition = in_user_scope(campaign)
    return query if condition is None else query.where(condition)


def is_new_since(application_id: int) -> ColumnElement[bool]:
    """Whether the account was not there when the last completed review of its application froze.

    A review of everybody is a record of who was there. One of narrower scope is not: there an
    account is new that a list named for the first time afterwards. Where there was no review,
    nothing is new.
    """
    last = last_completed_review(application_id)
    if last is None:
        return false()
    unseen = ~exists().where(and_(Item.review_id == last.id, Item.account_id == Account.id))
    if last.campaign.user_scope is UserScope.ALL:
        return unseen
    later = select(Sync.id).where(Sync.applied_at > last.frozen_at)
    return and_(unseen, _known(Account.first_sync_id.in_(later)))


def last_completed_review(application_id: int) -> Review | None:
    """The completed review of an application that was submitted last."""
    return db.session.scalar(
        select(Review)
        .where(Review.application_id == application_id, Review.state == ReviewState.COMPLETED)
        .order_by(Review.submitted_at.desc(), Review.id.desc())
        .limit(1)
    )


def _known(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """False where SQL would say NULL."""
    return func.coalesce(condition, false())


def _empty_json() -> ColumnElement[Any]:
    return literal({}, type_=Person.attributes.type)
