"""Conflicts of duties: the pairs that Settings name, and who holds both sides of one."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, and_, func, literal, or_, select, union_all
from sqlalchemy.orm import aliased

from portal.db import db
from portal.models import Account, Application, DutyConflict, Entitlement, Grant, Instance
from portal.queries.filters import contains, same_text
from portal.queries.settings import setting

Side = tuple[int, str]  # application, name of an entitlement


def duty_conflicts() -> Sequence[DutyConflict]:
    """All pairs, the oldest first."""
    return db.session.scalars(select(DutyConflict).order_by(DutyConflict.id)).all()


def conflicting_accounts(application_id: int, *, by_grant: bool = False) -> Any | None:
    """A subquery of the accounts of an application that are one side of a conflict of whoever
    holds them: id, and the conflicts in words. None where no pair is about it. With `by_grant`
    there is a row, with its `entitlement_id`, for each grant that is such a side."""
    pairs = [pair for pair in duty_conflicts() if application_id in _both(pair)]
    if not pairs:
        return None
    more = [Grant.entitlement_id] if by_grant else []
    sides = [
        _holding(side, other, literal(pair.name)).add_columns(*more)
        for pair in pairs
        for side, other in _sides(pair)
        if side[0] == application_id
    ]
    every = union_all(*sides).subquery()
    pairs_of = select(*every.c).distinct().order_by(every.c.words).subquery()
    words = func.aggregate_strings(pairs_of.c.words, ", ").label("words")
    key = [column for column in pairs_of.c if column.key != "words"]
    return select(*key, words).group_by(*key).cte("conflicts")


def holders_of_both() -> dict[int, int]:
    """How many people (and accounts of nobody) hold both sides of each pair now, by its id."""
    counts = []
    for pair in duty_conflicts():
        (side, other), _ = _sides(pair)
        query = _holding(side, other, literal(pair.name))
        holder = func.coalesce(Account.person_id, -Account.id)
        both = query.with_only_columns(holder.label("holder")).distinct().subquery()
        counts.append(
            select(literal(pair.id).label("id"), func.count().label("n")).select_from(both)
        )
    return dict(db.session.execute(union_all(*counts)).all()) if counts else {}


def names_in(application_id: int, text: str, *, exactly: bool = False) -> Sequence[str]:
    """Up to five names of entitlements of an application that are `text`, or contain it."""
    name = func.lower(Entitlement.name)
    like = name == text.lower() if exactly else contains(Entitlement.name, text)
    query = (
        select(Entitlement.name)
        .join(Instance, Instance.id == Entitlement.instance_id)
        .where(Instance.application_id == application_id, like)
    )
    return db.session.scalars(query.distinct().order_by(Entitlement.name).limit(5)).all()


def application_named(name: str) -> Application | None:
    """The application of that name, whatever its case."""
    query = select(Application).where(same_text(Application.name, name)).order_by(Application.id)
    return db.session.scalars(query.limit(1)).first()


def same_side(pair: DutyConflict) -> frozenset[tuple[int, str]]:
    """Both sides in whichever order, as they are compared."""
    one, other = _sides(pair)[0]
    return frozenset((key, name.lower()) for key, name in (one, other))


def _both(pair: DutyConflict) -> tuple[int, int]:
    return pair.application_id, pair.other_application_id


def _sides(pair: DutyConflict) -> tuple[tuple[Side, Side], tuple[Side, Side]]:
    one = (pair.application_id, pair.entitlement)
    other = (pair.other_application_id, pair.other_entitlement)
    return (one, other), (other, one)


def _holding(side: Side, other: Side, words: Any) -> Select[Any]:
    """The accounts that hold one side, and whose person (or which themselves) hold the other."""
    second, grant = aliased(Account), aliased(Grant)
    theirs = (
        select(grant.account_id)
        .join(second, second.id == grant.account_id)
        .where(
            grant.entitlement_id.in_(_entitlements(*other)),
            _is_there(second),
            or_(second.person_id == Account.person_id, second.id == Account.id),
        )
        .correlate(Account)
    )
    return (
        select(Account.id.label("account_id"), words.label("words"))
        .join(Grant, Grant.account_id == Account.id)
        .where(Grant.entitlement_id.in_(_entitlements(*side)))
        .where(_is_there(Account), theirs.exists())
    )


def _entitlements(application_id: int, name: str) -> list[int]:
    """Few, and looked up at once: the statement that holds accounts together stays small."""
    query = (
        select(Entitlement.id)
        .join(Instance, Instance.id == Entitlement.instance_id)
        .where(Instance.application_id == application_id)
        .where(func.lower(Entitlement.name) == name.lower())
    )
    return list(db.session.scalars(query))


def _is_there(account: Any) -> Any:
    words = setting("no_access_words")
    return and_(account.gone_at.is_(None), func.lower(account.status).not_in(words))
