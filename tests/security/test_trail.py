"""What somebody with the database in hand can do to the evidence, and what is noticed."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal.db import db
from portal.queries.trail import first_broken_line


def test_a_trail_without_its_head_does_not_verify(cast):
    assert first_broken_line() is None
    db.session.execute(text("DELETE FROM trail_head"))
    db.session.commit()
    assert "head" in first_broken_line().reason


@pytest.mark.parametrize("table", ["decisions", "sign_offs", "trail"])
def test_evidence_is_not_emptied_by_one_statement(cast, table):
    on_postgresql = db.engine.dialect.name == "postgresql"
    statement = f"TRUNCATE {table} CASCADE" if on_postgresql else f"DELETE FROM {table}"
    if not on_postgresql and not db.session.scalar(text(f"SELECT count(*) FROM {table}")):
        pytest.skip("SQLite asks row by row, and there is none")
    with pytest.raises(DBAPIError, match="append-only"):
        db.session.execute(text(statement))
    db.session.rollback()
