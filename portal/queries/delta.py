"""What the freeze compares an account with: its item in the last completed review.

The words are those of policies.delta; a test holds the two equal.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import and_, case, func, literal, or_, select

from policies.delta import ADDED, COMPARED, NOTHING, REMOVED, Delta
from portal.models import Account, Decision, Entitlement, Grant, Item, ItemGrant, Review
from portal.queries.evidence_text import plain
from portal.queries.items import items_of
from portal.queries.scope import is_new_since_review, last_completed_reviews

KEPT = ("previous_id", "previous_verdict", "previous_by", "previous_at", "delta", "changes")
READ = ("id", "account_id", "person_id", "roles", "verdict", "decided_at", *COMPARED)


def last_review_of(application_id: int) -> Review | None:
    """The review that what is frozen now is compared with."""
    return next(iter(last_completed_reviews([application_id]).values()), None)


def previous_items(last: Review) -> Any:
    """What is compared of the items of the last review, as a slim table of its own.

    Items lie in the order of their labels, accounts do not: to look up each in its place would
    read a page of the database 100,000 times over.
    """
    columns = (getattr(Item, key) for key in READ)
    query = (
        select(*columns, func.coalesce(Decision.by_name, "").label("by_name"))
        .outerjoin(Decision, Decision.id == Item.decision_id)
        .where(items_of(last))
    )
    return query.cte("previous").prefix_with("MATERIALIZED")


def nothing_before() -> dict[str, Any]:
    """The columns KEPT of an item, and `is_new`, where there was no review before."""
    return {
        **{key: literal("") for key in KEPT},
        "previous_id": literal(None, Item.previous_id.type),
        "previous_at": literal(None, Item.previous_at.type),
        "is_new": literal(False),
    }


def delta_columns(application_id: int, was: Any, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The same, compared with `was`, the columns of `previous_items`; `facts` are those of
    portal.queries.scope."""
    is_new = is_new_since_review([application_id], unseen=was.id.is_(None))
    differs = _differs(was, facts)
    return {
        "previous_id": was.id,
        "previous_verdict": plain(was.verdict),
        "previous_by": func.coalesce(was.by_name, ""),
        "previous_at": was.decided_at,
        "is_new": is_new,
        "delta": case(
            (is_new, Delta.NEW.value),
            (was.id.is_(None), Delta.NONE.value),
            (differs, Delta.CHANGED.value),
            else_=Delta.UNCHANGED.value,
        ),
        "changes": case((differs, func.rtrim(_words(was, facts), "; ")), else_=""),
    }


def gone_since(review: Review, last: Review) -> Any:
    """Select the items of `last` whose accounts are not in the application any more."""
    return (
        select(literal(review.id), Item.id)
        .join(Account, Account.id == Item.account_id)
        .where(items_of(last), Account.gone_at.is_not(None))
    )


def _differs(was: Any, facts: Mapping[str, Any]) -> Any:
    pairs = [_unlike(key, was, facts) for key in COMPARED]
    return and_(was.id.is_not(None), or_(was.roles != facts["roles"], *pairs))


def _unlike(key: str, was: Any, facts: Mapping[str, Any]) -> Any:
    if key == "label":
        before, now = was.person_id, facts["person_id"]
        return and_(func.coalesce(before, 0) != func.coalesce(now, 0), was.label != facts[key])
    return getattr(was, key) != facts[key]


def _words(was: Any, facts: Mapping[str, Any]) -> Any:
    names: Any = case(
        (was.roles != facts["roles"], _part(ADDED, _added(was)) + _part(REMOVED, _removed(was))),
        else_="",
    )
    for key, word in COMPARED.items():
        before, now = getattr(was, key), facts[key]
        said = literal(f"{word}: ") + _or_nothing(before) + " → " + _or_nothing(now) + "; "
        names = names + case((_unlike(key, was, facts), said), else_="")
    return names


def _part(word: str, names: Any) -> Any:
    return func.coalesce(literal(f"{word}: ") + names + "; ", "")


def _added(was: Any) -> Any:
    before = select(ItemGrant.item_id).where(
        ItemGrant.item_id == was.id,
        ItemGrant.kind == Entitlement.kind,
        ItemGrant.name == Entitlement.name,
    )
    names = (
        select(Entitlement.name)
        .join(Grant, Grant.entitlement_id == Entitlement.id)
        .where(
            Grant.account_id == Account.id, ~before.correlate(was.id.table, Entitlement).exists()
        )
        .correlate(Account, was.id.table)
    )
    return _listed(names)


def _removed(was: Any) -> Any:
    now = (
        select(Grant.account_id)
        .join(Entitlement, Entitlement.id == Grant.entitlement_id)
        .where(
            Grant.account_id == Account.id,
            Entitlement.kind == ItemGrant.kind,
            Entitlement.name == ItemGrant.name,
        )
    )
    names = (
        select(ItemGrant.name)
        .where(ItemGrant.item_id == was.id, ~now.correlate(Account, ItemGrant).exists())
        .correlate(Account, was.id.table)
    )
    return _listed(names)


def _listed(names: Any) -> Any:
    each = names.distinct().order_by(names.selected_columns[0]).subquery()
    return select(func.aggregate_strings(each.c.name, ", ")).scalar_subquery()


def _or_nothing(text: Any) -> Any:
    return func.coalesce(func.nullif(plain(text), ""), NOTHING)
