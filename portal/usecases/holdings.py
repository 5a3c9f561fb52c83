"""Keeping holdings: what was counted of people's accounts is written where it changed."""

from sqlalchemy import delete, or_
from sqlalchemy.dialects import postgresql, sqlite

from portal import clock
from portal.db import db
from portal.models import Holding, HoldingsCount
from portal.queries.holding_counts import counted_holdings, holders, lists_to_count
from portal.usecases.bulk import count_rows_anew
from portal.usecases.unit import bookkeeping


@bookkeeping
def keep_holdings() -> None:
    """Count what everybody holds, where a list was applied since the last time."""
    lists = lists_to_count()
    if lists is None:
        return
    others = delete(Holding).where(Holding.person_id.not_in(holders()))
    db.session.execute(others.execution_options(synchronize_session=False))
    _write_counted()
    count_rows_anew(Holding)
    db.session.merge(HoldingsCount(id=1, lists=lists, counted_at=clock.now()))


def _write_counted() -> None:
    """Add who is new, and change those of whom something else is counted than before."""
    dialect = db.session.get_bind().dialect.name
    insert = postgresql.insert(Holding) if dialect == "postgresql" else sqlite.insert(Holding)
    adding = insert.from_select(["person_id", "accounts", "used_at"], counted_holdings())
    new = adding.excluded
    other = or_(
        Holding.accounts != new.accounts,
        Holding.used_at.is_distinct_from(new.used_at),
    )
    values = {"accounts": new.accounts, "used_at": new.used_at}
    changing = adding.on_conflict_do_update(
        index_elements=[Holding.person_id], set_=values, where=other
    )
    db.session.execute(changing)
