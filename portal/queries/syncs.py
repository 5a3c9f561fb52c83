"""Reading syncs: the list of them, what waits for a job, and their problems."""

from collections.abc import Mapping

from sqlalchemy import Select, and_, exists, func, or_, select, true
from sqlalchemy.orm import contains_eager

from policies.columns import PEOPLE
from policies.filters import Field, Filter, Kind
from policies.lifecycle import SyncState
from policies.permissions import Actor
from policies.scopes import Access, Scope
from portal import clock
from portal.db import db
from portal.models import (
    Application,
    Instance,
    Source,
    StagedAccount,
    StagedPerson,
    Sync,
    SyncProblem,
    TrailLine,
)
from portal.queries.filters import Clause, Columns, Expression, where
from portal.queries.order import in_order
from portal.queries.paging import Order
from portal.queries.staged_accounts import present_accounts
from portal.queries.staged_people import present_people

GONE_SHARE = 0.3  # more than this share gone, and somebody must say that it is right
_AT_WORK = (SyncState.QUEUED, SyncState.READING, SyncState.APPLYING)
_COLUMNS: Columns = {
    "noun": Source.noun,
    "application": Application.name,
    "instance": Instance.name,
    "state": Sync.state,
    "by": Sync.by_name,
    "file": Sync.file_name,
    "sha256": Sync.sha256,
    "uploaded": Sync.created_at,
}
SYNC_FIELDS: Mapping[str, Field] = {
    field.key: field
    for field in (
        Field("noun", "List of", Kind.CHOICE, ("people", "accounts")),
        Field("application", "Application"),
        Field("instance", "Instance"),
        Field("state", "State", Kind.CHOICE, tuple(state.value for state in SyncState)),
        Field("by", "By"),
        Field("file", "File name"),
        Field("sha256", "SHA-256"),
        Field("uploaded", "Uploaded", Kind.DATE),
    )
}
SORTS: Mapping[str, Expression] = {
    "uploaded": Sync.created_at,
    "file": in_order(Sync.file_name),
    "state": Sync.state,
    "rows": Sync.rows_read,
    "new": Sync.new,
    "changed": Sync.changed,
    "gone": Sync.gone,
    "took": func.coalesce(Sync.duration_ms, 0),
}


def all_syncs(filter: Filter, text: str = "") -> Select[Sync]:  # noqa: A002  the word of the grammar
    """Select syncs with their source and application."""
    query = (
        select(Sync)
        .join(Sync.source)
        .outerjoin(Source.instance)
        .outerjoin(Instance.application)
        .options(
            contains_eager(Sync.source)
            .contains_eager(Source.instance)
            .contains_eager(Instance.application)
        )
        .where(where(filter, SYNC_FIELDS, _COLUMNS))
    )
    if text:
        words = (Sync.file_name, Sync.by_name, Application.name, Sync.sha256)
        query = query.where(or_(*(word.icontains(text, autoescape=True) for word in words)))
    return query


def syncs_of(
    application: Application,
    filter: Filter,  # noqa: A002  the word of the grammar
    text: str = "",
    *,
    seen_by: Actor,
) -> Select[Sync]:
    """Select the imports of one application that `seen_by` may see."""
    its = Instance.application_id == application.id, syncs_seen_by(seen_by)
    return all_syncs(filter, text).where(*its)


def syncs_seen_by(actor: Actor) -> Clause:
    """The condition that `actor` may see an import: the twin of SEE_SYNC."""
    if _reads_all(actor):
        return true()
    return or_(Sync.by_person_id == actor.person_id, Instance.application_id.in_(actor.owns))


def sees_all_syncs_of(application: Application, actor: Actor) -> bool:
    """Whether `actor` may see every import of the application, whoever made it."""
    return _reads_all(actor) or application.id in actor.owns


def syncs_order(key: str, *, descending: bool) -> Order:
    return Order(SORTS[key], Sync.id, descending)


def _reads_all(actor: Actor) -> bool:
    return actor.has(Scope.INTEGRATIONS, Access.READ) or actor.has(Scope.REVIEWS, Access.READ)


def syncs_to_read() -> list[int]:
    """Uploads nobody has read, and those whose reader was not heard of for too long."""
    abandoned = and_(Sync.state == SyncState.READING, Sync.leased_until < clock.now())
    waiting = or_(Sync.state == SyncState.QUEUED, abandoned)
    return list(db.session.scalars(select(Sync.id).where(waiting).order_by(Sync.id)))


def syncs_to_apply() -> list[int]:
    """Lists that were confirmed, in the order they came."""
    applying = Sync.state == SyncState.APPLYING
    return list(db.session.scalars(select(Sync.id).where(applying).order_by(Sync.id)))


def syncs_to_tidy() -> list[int]:
    """Applied lists whose staged rows are still there."""
    staged = (exists().where(model.sync_id == Sync.id) for model in (StagedAccount, StagedPerson))
    applied = select(Sync.id).where(Sync.state == SyncState.APPLIED, or_(*staged))
    return list(db.session.scalars(applied.order_by(Sync.id)))


def is_at_work(sync: Sync) -> bool:
    """Whether something happens to it by itself."""
    return sync.state in _AT_WORK


def problems_of(sync: Sync, *, fatal: bool | None = None) -> Select[SyncProblem]:
    """Select its problems; only those that refuse the list, or only rows left out."""
    query = select(SyncProblem).where(SyncProblem.sync_id == sync.id)
    return query if fatal is None else query.where(SyncProblem.is_fatal.is_(fatal))


PROBLEM_ORDER = Order(SyncProblem.row, SyncProblem.id)


def skipped_by_reason(sync: Sync) -> list[tuple[str, int]]:
    """Rows left out: a reason, and how many. Reasons that name other rows are told as one."""
    rows = select(func.count()).where(
        SyncProblem.sync_id == sync.id, SyncProblem.is_fatal.is_(False)
    )
    count = db.session.scalar(rows) or 0
    return [("It repeats another row of the list", count)] if count else []


def all_instances() -> list[Instance]:
    """Every instance with its application, by name."""
    query = (
        select(Instance)
        .join(Instance.application)
        .options(contains_eager(Instance.application))
        .order_by(func.lower(Application.name), Instance.id)
    )
    return list(db.session.scalars(query))


def loses_much(sync: Sync) -> bool:
    """Whether so much would be gone that a cut-off file is likelier than the truth."""
    return sync.gone > GONE_SHARE * present_before(sync)


def present_before(sync: Sync) -> int:
    """How many accounts or people this source has as long as the list is not applied."""
    return present_people(sync) if sync.noun == PEOPLE else present_accounts(sync)


def is_overtaken(sync: Sync, *, by_people: bool = False) -> bool:
    """Whether another list of its source, or of people, was applied after it was read."""
    ours = Sync.source_id == sync.source_id
    people = Sync.source_id.in_(select(Source.id).where(Source.noun == PEOPLE))
    newer = exists().where(
        or_(ours, people) if by_people else ours,
        Sync.id != sync.id,
        Sync.applied_at > sync.started_at,
    )
    return bool(db.session.scalar(select(newer)))


def is_outdated(sync: Sync) -> bool:
    """Whether what was judged when it was read may be otherwise by now.

    Nothing changes without a line in the trail: where it has only this list's own since then,
    people are who they were.
    """
    if sync.noun != PEOPLE:
        return is_overtaken(sync, by_people=True)
    others = exists().where(TrailLine.at >= sync.started_at, TrailLine.thing != f"sync:{sync.id}")
    return bool(db.session.scalar(select(others)))
