"""Reading applications: the fields to filter them by, which of them match, and their lists.

Their accounts are in portal/queries/accounts.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Select, and_, func, select, true
from sqlalchemy.orm import contains_eager, selectinload

from policies.filters import Field, Filter, Kind
from policies.lifecycle import OPEN_REVIEWS, SyncState
from policies.permissions import Actor
from policies.scopes import Access, Scope
from portal import clock
from portal.db import db
from portal.models import (
    Account,
    Application,
    ApplicationOwner,
    CustomField,
    Instance,
    Person,
    Review,
    Source,
    Sync,
)
from portal.models.application import ApplicationState
from portal.queries.filters import Clause, Columns, Expression, Several, contains, where
from portal.queries.order import in_order
from portal.queries.paging import Order
from portal.queries.settings import all_settings

OUT_OF_SIGHT = (ApplicationState.CLOSED, ApplicationState.HIDDEN)

ACCOUNTS = (
    select(func.count())
    .where(Account.application_id == Application.id, Account.gone_at.is_(None))
    .correlate(Application)
    .scalar_subquery()
)
_OWNERS = Several(
    select(ApplicationOwner.person_id)
    .join(Person, Person.id == ApplicationOwner.person_id)
    .where(ApplicationOwner.application_id == Application.id)
    .correlate(Application),
    (Person.name, Person.email),
)
_LISTED_AT = (
    select(func.max(Sync.applied_at))
    .join(Source, Source.id == Sync.source_id)
    .join(Instance, Instance.id == Source.instance_id)
    .where(Instance.application_id == Application.id, Sync.state == SyncState.APPLIED)
    .correlate(Application)
    .scalar_subquery()
)
SORTS: Mapping[str, Expression] = {
    "name": in_order(Application.name),
    "state": Application.state,
    "accounts": ACCOUNTS,
    "listed": func.coalesce(_LISTED_AT, datetime(1970, 1, 1, tzinfo=UTC)),
}


@dataclass(frozen=True)
class Listed:
    """The last list of a source that was applied, and whether a review could start on it."""

    source: Source
    sync: Sync | None
    is_fresh: bool


@dataclass(frozen=True)
class Overview:
    """What the index shows beside the application itself."""

    accounts: int = 0
    listed_at: datetime | None = None
    is_fresh: bool = False


def custom_fields() -> list[CustomField]:
    """The fields the organisation added, in their order; new ones come after one another."""
    order = CustomField.position, CustomField.id
    return list(db.session.scalars(select(CustomField).order_by(*order)))


def application_fields() -> Mapping[str, Field]:
    """What applications can be filtered by; a custom field's key is "field.<key>"."""
    own = (
        Field("name", "Name"),
        Field("state", "State", Kind.CHOICE, tuple(state.value for state in ApplicationState)),
        Field("owner", "Owner"),
        Field("accounts", "Number of accounts", Kind.NUMBER),
    )
    added = (
        Field(f"field.{f.key}", f.label, Kind(f.kind), tuple(map(str, f.choices)))
        for f in custom_fields()
    )
    return {field.key: field for field in (*own, *added)}


def applications_matching(filter: Filter) -> Select[Application]:  # noqa: A002  the word of the grammar
    """Select the applications that `filter` matches, by name.

    Closed and hidden ones are left out, unless the filter says something about the state.
    """
    query = select(Application).where(_clause(filter)).order_by(Application.name, Application.id)
    if any(condition.field == "state" for condition in filter.conditions):
        return query
    return query.where(Application.state.not_in(OUT_OF_SIGHT))


def applications_in_list(filter: Filter, text: str = "") -> Select[Application]:  # noqa: A002  as above
    """Select applications for the index: of every state, with their owners."""
    query = select(Application).where(_clause(filter)).options(selectinload(Application.owners))
    return query.where(contains(Application.name, text)) if text else query


def applications_seen_by(actor: Actor) -> Clause:
    """The condition that `actor` may see the application: the twin of SEE_APPLICATION."""
    if actor.has(Scope.APPLICATIONS, Access.READ):
        return true()
    return Application.id.in_(actor.owns)


def own_applications(actor: Actor) -> Sequence[Application]:
    """Those that `actor` answers for, where that lets them in, by name."""
    mine = Application.id.in_(actor.owns), applications_seen_by(actor)
    return db.session.scalars(select(Application).where(*mine).order_by(SORTS["name"])).all()


def applications_order(key: str, *, descending: bool) -> Order:
    return Order(SORTS[key], Application.id, descending)


def overviews(ids: Sequence[int]) -> dict[int, Overview]:
    """Accounts and freshness of these applications, by id."""
    counted = (
        select(Account.application_id, func.count())
        .where(Account.application_id.in_(ids), Account.gone_at.is_(None))
        .group_by(Account.application_id)
    )
    counts = dict(db.session.execute(counted).all())
    listed = _last_lists(ids)
    return {key: _overview(counts.get(key, 0), listed.get(key, [])) for key in ids}


def rows_of_applications(query: Select[Application]) -> Iterator[tuple[Application, Overview]]:
    """Each application with what the index shows beside it, as a stream."""
    for rows in db.session.scalars(query.execution_options(yield_per=200)).partitions():
        beside = overviews([application.id for application in rows])
        yield from ((application, beside[application.id]) for application in rows)


def lists_of(application: Application) -> list[Listed]:
    """Every source of the application that is in use, with its last applied list."""
    return _last_lists([application.id]).get(application.id, [])


def reviews_of_application(application: Application) -> Select[Review]:
    """Every review the application was in."""
    return select(Review).where(Review.application_id == application.id)


def open_reviews_of(ids: Sequence[int]) -> dict[int, list[Review]]:
    """The reviews of these applications that are going on, by the application's id."""
    query = select(Review).where(Review.application_id.in_(ids), Review.state.in_(OPEN_REVIEWS))
    found: dict[int, list[Review]] = {}
    for review in db.session.scalars(query.order_by(Review.id)):
        found.setdefault(review.application_id, []).append(review)
    return found


def _overview(accounts: int, lists: list[Listed]) -> Overview:
    moments = [each.sync.applied_at for each in lists if each.sync and each.sync.applied_at]
    return Overview(
        accounts,
        max(moments, default=None),
        bool(lists) and all(each.is_fresh for each in lists),
    )


def _last_lists(ids: Sequence[int]) -> dict[int, list[Listed]]:
    last = (
        select(Sync.source_id, func.max(Sync.applied_at).label("at"))
        .where(Sync.state == SyncState.APPLIED)
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


def _is_fresh(sync: Sync | None, days: int) -> bool:
    applied = sync.applied_at if sync else None
    return applied is not None and clock.now() - applied <= timedelta(days=days)


def _clause(filter: Filter) -> Clause:  # noqa: A002  as above
    fields = application_fields()
    return where(filter, fields, _columns(fields))


def _columns(fields: Mapping[str, Field]) -> Columns:
    added = (key for key in fields if key.startswith("field."))
    return {
        "name": Application.name,
        "state": Application.state,
        "owner": _OWNERS,
        "accounts": ACCOUNTS,
        **{key: Application.fields[key.removeprefix("field.")] for key in added},
    }
