"""What people hold, counted: how many accounts, and when one was last used.

The counts are kept as holdings (portal.usecases.holdings); here they are only made.
"""

from typing import Any

from sqlalchemy import func, select

from portal.db import db
from portal.models import Account, HoldingsCount, Sync

_THEIRS = Account.gone_at.is_(None), Account.person_id > 0


def lists_to_count() -> int | None:
    """How many lists were applied so far, where the last count knew of another number.

    Accounts and whose they are change with lists alone. Their number, because lists that are
    applied at the same time need not be there in the order of their moments.
    """
    lists = db.session.scalar(select(func.count(Sync.applied_at))) or 0
    known = db.session.scalar(select(HoldingsCount.lists))
    return None if lists == known else lists


def holders() -> Any:
    """The ids of everybody who has accounts now."""
    return select(Account.person_id).where(*_THEIRS)


def counted_holdings() -> Any:
    """They, with how many accounts they have and when one was last used."""
    columns = Account.person_id, func.count(), func.max(Account.last_used_at)
    return select(*columns).where(*_THEIRS).group_by(Account.person_id)
