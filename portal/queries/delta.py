"""What the freeze compares a line with: its item in the last completed review.

Line with line where both reviews are by entitlement. Where one of them is by account, accounts are
compared: of one line whether the account held it then, of an account what all its lines came to.

The words are those of policies.delta; a test holds the two equal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, case, func, literal, or_, select

from policies.delta import ADDED, COMPARED, HOLDS, NOTHING, REMOVED, Delta
from policies.lifecycle import Verdict
from portal.models import Account, Decision, Entitlement, Grant, Item, ItemGrant, Review
from portal.queries.evidence_text import plain
from portal.queries.items import items_of
from portal.queries.scope import is_new_since_review, last_completed_reviews

KEPT = ("previous_id", "previous_verdict", "previous_by", "previous_at", "delta", "changes")
READ = ("id", "account_id", "person_id", "roles", "verdict", "decided_at", *COMPARED)


def last_review_of(application_id: int) -> Review | None:
    """The review that what is frozen now is compared with."""
    return next(iter(last_completed_reviews([application_id]).values()), None)


def previous_items(last: Review, review: Review) -> Any:
    """What `review` compares with of the items of the last one, as a slim table of its own.

    Items lie in the order of their labels, accounts do not: to look up each in its place would
    read a page of the database 100,000 times over.
    """
    by_name = func.coalesce(Decision.by_name, "").label("by_name")
    columns: list[Any] = [*(getattr(Item, key) for key in READ), by_name]
    if last.by_entitlement:
        columns += [Item.entitlement_kind, Item.entitlement]
    query = select(*columns).outerjoin(Decision, Decision.id == Item.decision_id)
    query = query.where(items_of(last))
    if last.by_entitlement and not review.by_entitlement:
        query = _account_by_account(query)
    return query.cte("previous").prefix_with("MATERIALIZED")


def nothing_before() -> dict[str, Any]:
    """The columns KEPT of an item, and `is_new`, where there was no review before."""
    return {
        **{key: literal("") for key in KEPT},
        "previous_id": literal(None, Item.previous_id.type),
        "previous_at": literal(None, Item.previous_at.type),
        "is_new": literal(False),
    }


def delta_columns(
    review: Review, last: Review, was: Any, facts: Mapping[str, Any]
) -> dict[str, Any]:
    """The same, compared with `was`, the columns of `previous_items`; `facts` are those of
    portal.queries.scope."""
    unseen, verdict = was.id.is_(None), plain(was.verdict)
    if review.by_entitlement and not last.by_entitlement:
        unseen, verdict = or_(unseen, ~_held_then(was)), _said_of_grant(was)
    by = review.campaign.granularity
    is_new = is_new_since_review([review.application_id], unseen=unseen, by=by)
    held = _Held(was, facts, by_line=review.by_entitlement, lines_before=last.by_entitlement)
    differs = _differs(held)
    return {
        "previous_id": was.id,
        "previous_verdict": verdict,
        "previous_by": func.coalesce(was.by_name, ""),
        "previous_at": was.decided_at,
        "is_new": is_new,
        "delta": case(
            (is_new, Delta.NEW.value),
            (was.id.is_(None), Delta.NONE.value),
            (differs, Delta.CHANGED.value),
            else_=Delta.UNCHANGED.value,
        ),
        "changes": case((differs, func.rtrim(_words(held), "; ")), else_=""),
    }


def gone_since(review: Review, last: Review) -> Any:
    """Select the items of `last` whose accounts are not in the application any more; where both
    reviews are by entitlement, also those whose accounts do not hold it any more."""
    gone: Any = Account.gone_at.is_not(None)
    if review.by_entitlement and last.by_entitlement:
        gone = or_(gone, and_(Item.entitlement != "", ~holds_now().exists()))
    return (
        select(literal(review.id), Item.id)
        .join(Account, Account.id == Item.account_id)
        .where(items_of(last), gone)
    )


def holds_now() -> Any:
    """Select the grant of Account that a line, Item beside it, is about."""
    return (
        select(Grant.account_id)
        .join(Entitlement, Entitlement.id == Grant.entitlement_id)
        .where(
            Grant.account_id == Account.id,
            Entitlement.kind == Item.entitlement_kind,
            Entitlement.name == Item.entitlement,
        )
        .correlate(Account, Item)
    )


@dataclass(frozen=True)
class _Held:
    """What the words of a change are made of: the columns before, the facts now, and what a line
    is now and was before."""

    was: Any
    facts: Mapping[str, Any]
    by_line: bool
    lines_before: bool


def _account_by_account(lines: Any) -> Any:
    """The lines of each account as one: approved or rejected where all are, undecided where one
    is, else kept with less."""
    each = lines.cte("lines").c
    said = (func.min(plain(each.verdict)), func.max(plain(each.verdict)))
    open_ = func.count().filter(each.verdict == Verdict.UNDECIDED)
    verdict = case(
        (open_ > 0, Verdict.UNDECIDED.value),
        (said[0] == said[1], said[0]),
        else_=Verdict.CHANGED.value,
    )
    merged = {"id": func.min(each.id), "verdict": verdict, "decided_at": func.max(each.decided_at)}
    others = (key for key in (*READ, "by_name") if key not in {"account_id", *merged})
    merged |= {key: func.max(each[key]) for key in others}
    columns = (column.label(key) for key, column in merged.items())
    return select(each.account_id, *columns).group_by(each.account_id)


def _held_then(was: Any) -> Any:
    """Whether the account held the line's entitlement when it was reviewed as a whole."""
    return or_(Entitlement.id.is_(None), _grant_then(was).exists())


def _said_of_grant(was: Any) -> Any:
    """What was decided of the account then, and of this grant where only some were to go."""
    goes = _grant_then(was).where(ItemGrant.taken_at.is_not(None)).exists()
    of_part = case((goes, Verdict.REJECTED.value), else_=Verdict.APPROVED.value)
    return case((was.verdict == Verdict.CHANGED, of_part), else_=plain(was.verdict))


def _grant_then(was: Any) -> Any:
    return (
        select(ItemGrant.item_id)
        .where(
            ItemGrant.item_id == was.id,
            ItemGrant.kind == Entitlement.kind,
            ItemGrant.name == Entitlement.name,
        )
        .correlate(was.id.table, Entitlement)
    )


def _differs(held: _Held) -> Any:
    was, facts = held.was, held.facts
    pairs = [_unlike(key, was, facts) for key in COMPARED]
    if not held.by_line:
        pairs.insert(0, was.roles != facts["roles"])
    return and_(was.id.is_not(None), or_(*pairs))


def _unlike(key: str, was: Any, facts: Mapping[str, Any]) -> Any:
    if key == "label":
        before, now = was.person_id, facts["person_id"]
        return and_(func.coalesce(before, 0) != func.coalesce(now, 0), was.label != facts[key])
    return getattr(was, key) != facts[key]


def _words(held: _Held) -> Any:
    was, facts = held.was, held.facts
    names: Any = literal("")
    if not held.by_line:
        names = case((was.roles != facts["roles"], _other_grants(held)), else_="")
    for key, word in COMPARED.items():
        before, now = getattr(was, key), facts[key]
        said = literal(f"{word}: ") + _or_nothing(before) + " → " + _or_nothing(now) + "; "
        names = names + case((_unlike(key, was, facts), said), else_="")
    return names


def _other_grants(held: _Held) -> Any:
    was, now = held.was, held.facts["roles"]
    if not held.lines_before:
        return _part(ADDED, _added(was)) + _part(REMOVED, _removed(was))
    # Of a review by entitlement only the lines in its scope are known one by one.
    return literal(f"{HOLDS}: ") + _or_nothing(was.roles) + " → " + _or_nothing(now) + "; "


def _part(word: str, names: Any) -> Any:
    return func.coalesce(literal(f"{word}: ") + names + "; ", "")


def _added(was: Any) -> Any:
    names = (
        select(Entitlement.name)
        .join(Grant, Grant.entitlement_id == Entitlement.id)
        .where(Grant.account_id == Account.id, ~_grant_then(was).exists())
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
