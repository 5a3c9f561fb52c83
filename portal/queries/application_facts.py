"""What is known of applications beside their own rows: accounts, age of their lists, reviews.

Each fact twice: as an expression to filter and to put in order by, and for one page at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, case, func, literal, select
from sqlalchemy.orm import contains_eager

from policies.lifecycle import ReviewState, SyncState
from portal import clock
from portal.db import db
from portal.models import Account, Application, Instance, Review, Source, Sync
from portal.queries.accounts import privileged_grants
from portal.queries.filters import Clause
from portal.queries.settings import all_settings

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def _of_it(query: Select[Any]) -> Any:
    return query.correlate(Application).scalar_subquery()


ACCOUNTS = _of_it(
    select(func.count()).where(Account.application_id == Application.id, Account.gone_at.is_(None))
)
LISTED_AT = _of_it(
    select(func.max(Sync.applied_at))
    .join(Source, Source.id == Sync.source_id)
    .join(Instance, Instance.id == Source.instance_id)
    .where(Instance.application_id == Application.id, Sync.state == SyncState.APPLIED)
)
REVIEWED_AT = _of_it(
    select(func.max(Review.submitted_at)).where(
        Review.application_id == Application.id, Review.state == ReviewState.COMPLETED
    )
)


@dataclass(frozen=True)
class Listed:
    """The last list of a source that was applied, and whether a review could start on it."""

    source: Source
    sync: Sync | None
    is_fresh: bool


@dataclass(frozen=True)
class Overview:
    """What lists show beside the application itself."""

    accounts: int = 0
    privileged: int = 0
    listed_at: datetime | None = None
    is_fresh: bool = False
    reviewed_at: datetime | None = None


def privileged_count() -> Any:
    """How many present accounts of an application hold a privileged entitlement."""
    counted = privileged_grants().with_only_columns(
        func.count(Account.id.distinct()), maintain_column_froms=True
    )
    return _of_it(counted.where(Account.application_id == Application.id))


def has_fresh_lists() -> Clause:
    """Whether every source of an application was heard of recently enough, and it has one."""
    settings, now = all_settings(), clock.now()
    oldest = {
        kind: literal(now - timedelta(days=settings[f"fresh_days_{kind}"]), Sync.applied_at.type)
        for kind in ("file", "integration")
    }
    last = (
        select(func.max(Sync.applied_at))
        .where(Sync.source_id == Source.id, Sync.state == SyncState.APPLIED)
        .correlate(Source)
        .scalar_subquery()
    )
    sources = (
        select(Source.id)
        .join(Instance, Instance.id == Source.instance_id)
        .where(Instance.application_id == Application.id, Source.removed_at.is_(None))
        .correlate(Application)
    )
    limit = case((Source.kind == "file", oldest["file"]), else_=oldest["integration"])
    stale = sources.where(func.coalesce(last, literal(LONG_AGO, limit.type)) < limit)
    return and_(sources.exists(), ~stale.exists())


def overviews(ids: Sequence[int]) -> dict[int, Overview]:
    """What lists show of these applications, by id."""
    accounts, privileged = _accounts(ids), _privileged(ids)
    reviewed, listed = _reviewed(ids), last_lists(ids)
    return {
        key: Overview(
            accounts.get(key, 0),
            privileged.get(key, 0),
            _latest(listed.get(key, [])),
            bool(listed.get(key)) and all(each.is_fresh for each in listed[key]),
            reviewed.get(key),
        )
        for key in ids
    }


def last_lists(ids: Sequence[int]) -> dict[int, list[Listed]]:
    """Every source in use of these applications with its last applied list, by application."""
    last = (
        select(Sync.source_id, func.max(Sync.applied_at).label("at"))
        .join(Source, Source.id == Sync.source_id)
        .join(Instance, Instance.id == Source.instance_id)
        .where(Instance.application_id.in_(ids), Sync.state == SyncState.APPLIED)
        .group_by(Sync.source_id)
        .subquery()
    )
    query = (
        select(Instance.application_id, Source, Sync)
        .join(Instance, Instance.id == Source.instance_id)
        .outerjoin(last, last.c.source_id == Source.id)
        .outerjoin(Sync, and_(Sync.source_id == Source.id, Sync.applied_at == last.c.at))
        .where(Instance.application_id.in_(ids), Source.removed_at.is_(None))
        .options(contains_eager(Source.instance))
        .order_by(Instance.id, Source.id)
    )
    settings = all_settings()
    found: dict[int, list[Listed]] = {}
    for application_id, source, sync in db.session.execute(query):
        fresh = _is_fresh(sync, settings[f"fresh_days_{source.kind}"])
        found.setdefault(application_id, []).append(Listed(source, sync, fresh))
    return found


def _accounts(ids: Sequence[int]) -> dict[int, int]:
    counted = (
        select(Account.application_id, func.count())
        .where(Account.application_id.in_(ids), Account.gone_at.is_(None))
        .group_by(Account.application_id)
    )
    return dict(db.session.execute(counted).all())


def _privileged(ids: Sequence[int]) -> dict[int, int]:
    counted = privileged_grants().with_only_columns(
        Account.application_id, func.count(Account.id.distinct()), maintain_column_froms=True
    )
    counted = counted.where(Account.application_id.in_(ids)).group_by(Account.application_id)
    return dict(db.session.execute(counted).all())


def _reviewed(ids: Sequence[int]) -> dict[int, datetime]:
    last = (
        select(Review.application_id, func.max(Review.submitted_at))
        .where(Review.application_id.in_(ids), Review.state == ReviewState.COMPLETED)
        .group_by(Review.application_id)
    )
    return {key: at for key, at in db.session.execute(last) if at}


def _latest(lists: Sequence[Listed]) -> datetime | None:
    moments = [each.sync.applied_at for each in lists if each.sync and each.sync.applied_at]
    return max(moments, default=None)


def _is_fresh(sync: Sync | None, days: int) -> bool:
    applied = sync.applied_at if sync else None
    return applied is not None and clock.now() - applied <= timedelta(days=days)
