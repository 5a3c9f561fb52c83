"""What the freeze compares an account with: its item in the last completed review.

The words are those of policies.delta; a test holds the two equal.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import and_, case, func, literal, or_, select
from sqlalchemy.orm import aliased

from policies.delta import ADDED, COMPARED, NOTHING, REMOVED, Delta
from portal.models import Account, Decision, Entitlement, Grant, Item, ItemGrant, Review
from portal.queries.evidence_text import plain
from portal.queries.scope import is_new_since_review, last_completed_reviews

previous = aliased(Item, name="previous")
_said = aliased(Decision, name="said")

KEPT = ("previous_id", "previous_verdict", "previous_by", "previous_at", "delta", "changes")


def last_review_of(application_id: int) -> Review | None:
    """The review that what is frozen now is compared with."""
    return next(iter(last_completed_reviews([application_id]).values()), None)


def beside_previous(query: Any, last: Review | None) -> Any:
    """`query`, over `present_accounts`, with what the last review had of each account."""
    if last is None:
        return query
    same = and_(previous.review_id == last.id, previous.account_id == Account.id)
    return query.outerjoin(previous, same).outerjoin(_said, _said.id == previous.decision_id)


def delta_columns(
    application_id: int, last: Review | None, facts: Mapping[str, Any]
) -> dict[str, Any]:
    """The columns KEPT of an item, and `is_new`; `facts` are those of portal.queries.scope."""
    if last is None:
        empty = {key: literal("") for key in KEPT}
        return {
            **empty,
            "previous_id": literal(None, Item.previous_id.type),
            "previous_at": literal(None, Item.previous_at.type),
            "is_new": literal(False),
        }
    is_new = is_new_since_review([application_id], unseen=previous.id.is_(None))
    differs = _differs(facts)
    return {
        "previous_id": previous.id,
        "previous_verdict": plain(previous.verdict),
        "previous_by": func.coalesce(_said.by_name, ""),
        "previous_at": previous.decided_at,
        "is_new": is_new,
        "delta": case(
            (is_new, Delta.NEW.value),
            (previous.id.is_(None), Delta.NONE.value),
            (differs, Delta.CHANGED.value),
            else_=Delta.UNCHANGED.value,
        ),
        "changes": case((differs, func.rtrim(_words(facts), "; ")), else_=""),
    }


def gone_since(review: Review, last: Review) -> Any:
    """Select the items of `last` whose accounts are not in the application any more."""
    first, end = last.frozen.get("first", 0), last.frozen.get("last", 0)
    return (
        select(literal(review.id), Item.id)
        .join(Account, Account.id == Item.account_id)
        .where(Item.id >= first, Item.id <= end, Item.review_id == last.id)
        .where(Account.gone_at.is_not(None))
    )


def _differs(facts: Mapping[str, Any]) -> Any:
    pairs = [_unlike(key, facts) for key in COMPARED]
    return and_(previous.id.is_not(None), or_(previous.roles != facts["roles"], *pairs))


def _unlike(key: str, facts: Mapping[str, Any]) -> Any:
    if key == "label":
        was, now = previous.person_id, facts["person_id"]
        return and_(func.coalesce(was, 0) != func.coalesce(now, 0), previous.label != facts[key])
    return getattr(previous, key) != facts[key]


def _words(facts: Mapping[str, Any]) -> Any:
    names: Any = case(
        (previous.roles != facts["roles"], _part(ADDED, _added()) + _part(REMOVED, _removed())),
        else_="",
    )
    for key, word in COMPARED.items():
        was, now = getattr(previous, key), facts[key]
        said = literal(f"{word}: ") + _or_nothing(was) + " → " + _or_nothing(now) + "; "
        names = names + case((_unlike(key, facts), said), else_="")
    return names


def _part(word: str, names: Any) -> Any:
    return func.coalesce(literal(f"{word}: ") + names + "; ", "")


def _added() -> Any:
    before = select(ItemGrant.item_id).where(
        ItemGrant.item_id == previous.id,
        ItemGrant.kind == Entitlement.kind,
        ItemGrant.name == Entitlement.name,
    )
    names = (
        select(Entitlement.name)
        .join(Grant, Grant.entitlement_id == Entitlement.id)
        .where(Grant.account_id == Account.id, ~before.correlate(previous, Entitlement).exists())
        .correlate(Account, previous)
    )
    return _listed(names)


def _removed() -> Any:
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
        .where(ItemGrant.item_id == previous.id, ~now.correlate(Account, ItemGrant).exists())
        .correlate(Account, previous)
    )
    return _listed(names)


def _listed(names: Any) -> Any:
    each = names.distinct().order_by(names.selected_columns[0]).subquery()
    return select(func.aggregate_strings(each.c.name, ", ")).scalar_subquery()


def _or_nothing(text: Any) -> Any:
    return func.coalesce(func.nullif(plain(text), ""), NOTHING)
