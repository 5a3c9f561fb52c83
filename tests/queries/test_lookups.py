"""What pages ask of long lists is answered by an index, however long the lists are."""

import pytest
from sqlalchemy import Select, func, select, text
from sqlalchemy.dialects import sqlite

from policies.filters import Filter
from portal.db import db
from portal.models import Account, Application
from portal.queries.holders import holders_count, holders_of
from portal.queries.holdings import holdings_of
from portal.queries.paging import count_of
from tests.factories import make_account, make_application


def how(query: Select) -> str:
    """What SQLite would do for it."""
    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL decides by what it counted")
    said = query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
    rows = db.session.execute(text(f"EXPLAIN QUERY PLAN {said}".replace(":", r"\:")))
    return "\n".join(row[3] for row in rows)


def test_what_one_person_holds_is_looked_up(cast, acting):
    plan = how(holdings_of(cast.olive, Filter(), seen_by=acting("alma")))
    assert "ix_accounts_person_id" in plan
    assert "ix_accounts_owner_id" in plan


def test_accounts_are_counted_without_reading_one(cast):
    mine = select(func.count()).where(Account.application_id == 1, Account.gone_at.is_(None))
    theirs = select(func.count()).where(Account.person_id == 1, Account.gone_at.is_(None))
    for query in (mine, theirs):
        assert "COVERING INDEX" in how(query)


def test_holders_are_counted_as_they_are_listed(cast):
    figma: Application = make_application("Figma", cast.otto)
    for login, person in (("a", cast.olive), ("b", cast.olive), ("c", cast.rita), ("d", None)):
        make_account(figma, login, person=person)
    assert holders_count(figma, Filter()) == count_of(holders_of(figma, Filter())) == 2
    assert holders_count(figma, Filter(), "olive") == 1
