"""Managers by a second source: a column of a list names them where people data names none."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import aliased

from portal.models import Account, Item, Person, Review

second = aliased(Person, name="second_manager")


def is_second(column: str, accounts: Any, people: Any) -> ColumnElement[bool]:
    """Whether `second` is who the list of the account, else that of its person, names in `column`.

    `accounts` and `people` are their attributes; Person is whose account it is, if anybody's.
    """
    own = func.nullif(accounts[column].as_string(), "")
    named = func.lower(func.trim(func.coalesce(own, people[column].as_string(), "")))
    return and_(Person.manager_id.is_(None), second.email == named)


def second_managers(
    column: str, application_ids: Sequence[int], review: Review | None = None
) -> Select[Any]:
    """Select the ids of everybody a list of these applications names so, or named at the freeze."""
    if review is not None and review.frozen_at is not None:
        named = is_second(column, Item.attributes, Item.person_attributes)
        query = select(second.id).select_from(Item).outerjoin(Person, Person.id == Item.person_id)
        return query.join(second, named).where(Item.review_id == review.id)
    named = is_second(column, Account.attributes, Person.attributes)
    query = select(second.id).select_from(Account)
    query = query.outerjoin(Person, Person.id == Account.person_id).join(second, named)
    return query.where(Account.application_id.in_(application_ids), Account.gone_at.is_(None))
