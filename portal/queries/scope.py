"""Which accounts a campaign is about: the frozen facts of an item, as SQL over live accounts.

`facts()` is the one place that says what an item's columns are made of, and `present_lines()` what
there is one item of: the preview, the filters of the user scope and the freeze all use them.
"""

from collections.abc import Iterable, Mapping
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
    true,
)
from sqlalchemy.orm import aliased, joinedload

from policies.fields import stored_fields
from policies.filters import from_data
from policies.lifecycle import ReviewState
from policies.user_scope import Granularity, Services, Users, UserScope
from portal import clock
from portal.db import db
from portal.models import (
    Account,
    Campaign,
    Entitlement,
    Grant,
    Instance,
    Item,
    ItemGrant,
    Person,
    Review,
    Sync,
)
from portal.models.account import AccountKind
from portal.models.person import Standing
from portal.queries.filters import Columns, Several, where
from portal.queries.follow_ups import accounts_again
from portal.queries.privileged import is_privileged
from portal.queries.settings import all_settings

manager = aliased(Person, name="manager")
owner = aliased(Person, name="owner")


def facts(by: Granularity = Granularity.ACCOUNT) -> dict[str, Any]:
    """Every frozen column of an item but `is_new`, as an expression over `present_lines(by)`."""
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
        "is_privileged": is_privileged(_named(by), Account.application_id),
        "is_past": _known(or_(Person.standing == Standing.PAST, Person.end_date < today)),
        "is_external": _known(Person.standing == Standing.EXTERNAL),
        "is_orphan": case(
            (Account.kind == AccountKind.SERVICE, Account.owner_id.is_(None)),
            else_=Account.person_id.is_(None),
        ),
        "is_inactive": _known(Account.last_used_at < long_ago),
        "attributes": Account.attributes,
        "person_attributes": func.coalesce(Person.attributes, _empty_json()),
        **dict(zip(("entitlement_kind", "entitlement"), line_key(by), strict=True)),
    }


def line_key(by: Granularity) -> tuple[Any, Any]:
    """Kind and name of what a line is about, over `present_lines(by)`; "" for all of an account."""
    if by is Granularity.ACCOUNT:
        return literal(""), literal("")
    return func.coalesce(Entitlement.kind, ""), func.coalesce(Entitlement.name, "")


def _named(by: Granularity) -> Any:
    """What a line holds, by name."""
    return Account.roles if by is Granularity.ACCOUNT else line_key(by)[1]


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


def present_lines(by: Granularity, application_ids: Any = None) -> Select[Any]:
    """What there would be one item of: each of `present_accounts`, or each grant of theirs.

    An account that holds nothing is one line either way, so that nobody is left out.
    """
    query = present_accounts(application_ids)
    if by is Granularity.ACCOUNT:
        return query
    grants = query.outerjoin(Grant, Grant.account_id == Account.id)
    return grants.outerjoin(Entitlement, Entitlement.id == Grant.entitlement_id)


def in_user_scope(
    campaign: Campaign, columns: Mapping[str, Any] | None = None
) -> ColumnElement[bool] | None:
    """The campaign's user scope as a condition over `present_lines`; None: everybody."""
    users = campaign.users
    if users.is_everybody:
        return None
    parts = [_chosen(users, columns or facts(users.by)), _SERVICES[users.services]]
    return and_(true(), *(part for part in parts if part is not None))


def lines_in_scope(
    campaign: Campaign, application_ids: Any, columns: Mapping[str, Any] | None = None
) -> Select[Any]:
    """What `campaign` would review in these applications now, line by line: ids of accounts.

    `columns` are its `facts`, where they are at hand.
    """
    query = present_lines(campaign.users.by, application_ids)
    condition = in_user_scope(campaign, columns)
    return query if condition is None else query.where(condition)


def scope_columns(
    columns: Mapping[str, Any], keys: Iterable[str], by: Granularity = Granularity.ACCOUNT
) -> Columns:
    """What each of policies.fields.stored_fields is made of, for the `keys` asked for."""
    own = {"a": Account.attributes, "p": Person.attributes}
    made: dict[str, Any] = {}
    for key in keys:
        if key in GRANTED:
            made[key] = _granted(key)
        elif key[:2] in ("a.", "p."):
            made[key] = func.coalesce(own[key[0]][key[2:]].as_string(), "")
        else:
            made[key] = is_new_since_review(by=by) if key == "is_new" else columns[key]
    return made


def is_new_since_review(
    application_ids: Any = None,
    *,
    unseen: ColumnElement[bool] | None = None,
    by: Granularity = Granularity.ACCOUNT,
) -> ColumnElement[bool]:
    """Whether the account was not there when the last completed review of its application froze;
    of a line by entitlement, whether the account did not hold it then.

    A review of everybody is a record of who was there. One of narrower scope is not: there an
    account is new that a list named for the first time afterwards. Where there was no review,
    nothing is new. `unseen` is the condition that the account was not in it, where it is at hand.
    """
    last = last_completed_reviews(application_ids)
    if not last:
        return false()
    if unseen is None:
        unseen = _unseen_in(last, by)
    known = {review.application_id for review in last.values()}
    whole = {r.application_id for r in last.values() if r.campaign.users.is_everybody}
    first: Any = Account.first_sync_id
    if by is Granularity.ENTITLEMENT:
        first = func.coalesce(Grant.first_sync_id, first)
    later = (
        exists()
        .where(Sync.id == first, Sync.applied_at > Review.frozen_at)
        .where(Review.id.in_(last), Review.application_id == Account.application_id)
    )
    either = or_(Account.application_id.in_(whole), later) if known - whole else true()
    return and_(Account.application_id.in_(known), unseen, either)


def _unseen_in(reviews: Iterable[int], by: Granularity) -> ColumnElement[bool]:
    known = exists().where(Item.review_id.in_(reviews), Item.account_id == Account.id)
    if by is Granularity.ACCOUNT:
        return ~known
    theirs = (ItemGrant.kind == Entitlement.kind, ItemGrant.name == Entitlement.name)
    held = known.where(ItemGrant.item_id == Item.id, *theirs).correlate(Account, Entitlement)
    return case((Entitlement.id.is_(None), ~known.correlate(Account)), else_=~held)


def last_completed_reviews(application_ids: Any = None) -> dict[int, Review]:
    """Of each of these applications (or of all) the review that was submitted last, by its id."""
    done = Review.state == ReviewState.COMPLETED
    newest = func.row_number().over(
        partition_by=Review.application_id, order_by=(Review.submitted_at.desc(), Review.id.desc())
    )
    ranked = select(Review.id, newest.label("place")).where(done)
    if application_ids is not None:
        ranked = ranked.where(Review.application_id.in_(application_ids))
    ranks = ranked.subquery()
    query = select(Review).join(ranks, ranks.c.id == Review.id).where(ranks.c.place == 1)
    found = db.session.scalars(query.options(joinedload(Review.campaign)))
    return {review.id: review for review in found}


def _chosen(users: Users, columns: Mapping[str, Any]) -> ColumnElement[bool] | None:
    if users.scope is UserScope.FILTER:
        chosen = from_data(users.filter)
        fields = stored_fields(chosen)
        made = scope_columns(columns, chosen.fields, users.by)
        return where(chosen, fields, made) if chosen else None
    if users.scope is UserScope.INACTIVE:
        return _known(Account.last_used_at < clock.now() - timedelta(days=users.inactive_days))
    if users.scope is UserScope.AGAIN:
        return accounts_again(users.again.get("follow_up", 0), users.by)
    if users.scope is UserScope.NEW:
        last = [review.application_id for review in last_completed_reviews().values()]
        return or_(Account.application_id.not_in(last), is_new_since_review(by=users.by))
    return columns[_BADGES[users.scope]] if users.scope in _BADGES else None


_BADGES = {UserScope.PRIVILEGED: "is_privileged", UserScope.EXTERNAL: "is_external"}
_SERVICES: Mapping[Services, ColumnElement[bool] | None] = {
    Services.IN: None,
    Services.OUT: Account.kind != AccountKind.SERVICE,
    Services.ONLY: Account.kind == AccountKind.SERVICE,
}
GRANTED = ("license", "group", "permission")


def _granted(kind: str) -> Several:
    held = (
        select(Entitlement.id)
        .join(Grant, Grant.entitlement_id == Entitlement.id)
        .where(Grant.account_id == Account.id, Entitlement.kind == kind)
        .correlate(Account)
    )
    return Several(held, (Entitlement.name,))


def _known(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """False where SQL would say NULL."""
    return func.coalesce(condition, false())


def _empty_json() -> ColumnElement[Any]:
    return literal({}, type_=Person.attributes.type)
