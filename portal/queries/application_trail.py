"""The trail of one application: its own lines, and those of its documents, sources and imports."""

from collections.abc import Mapping

from sqlalchemy import Select, String, and_, cast, false, literal, or_, select

from policies.filters import Field, Filter, Kind
from policies.permissions import Actor
from portal.models import Application, Document, Instance, Source, Sync, TrailLine
from portal.queries.filters import Clause, Columns, Expression, contains, where
from portal.queries.paging import Order
from portal.queries.syncs import sees_all_syncs_of

_COLUMNS: Columns = {
    "who": TrailLine.actor_name,
    "what": TrailLine.verb,
    "name": TrailLine.name,
    "at": TrailLine.at,
}
TRAIL_FIELDS: Mapping[str, Field] = {
    field.key: field
    for field in (
        Field("who", "Who"),
        Field("what", "What"),
        Field("name", "To what"),
        Field("at", "When", Kind.DATE),
    )
}
SORTS: Mapping[str, Expression] = {"line": TrailLine.id}


def trail_of(
    application: Application,
    filter: Filter,  # noqa: A002  the word of the grammar
    text: str = "",
    *,
    seen_by: Actor,
) -> Select[TrailLine]:
    """Select what happened to the application; lines of imports only where all may be seen."""
    query = select(TrailLine).where(
        or_(
            TrailLine.thing == f"application:{application.id}",
            TrailLine.thing.in_(_documents(application)),
            _among_many(application),
            _of_lists(application) if sees_all_syncs_of(application, seen_by) else false(),
        )
    )
    if filter:
        query = query.where(where(filter, TRAIL_FIELDS, _COLUMNS))
    if text:
        places = (TrailLine.actor_name, TrailLine.verb, TrailLine.name)
        query = query.where(or_(*(contains(place, text) for place in places)))
    return query


def trail_order(*, descending: bool) -> Order:
    return Order(TrailLine.id, TrailLine.id, descending)


def _among_many(application: Application) -> Clause:
    """Lines of changes to many applications at once, where this was one of them."""
    numbers = TrailLine.details["applications"].as_string()
    return and_(TrailLine.verb == "applications changed", contains(numbers, f",{application.id},"))


def _documents(application: Application) -> Select[str]:
    its = Document.application_id == application.id
    return select(_thing("document", Document.id)).where(its)


def _of_lists(application: Application) -> Clause:
    sources = (
        select(Source.id)
        .join(Instance, Instance.id == Source.instance_id)
        .where(Instance.application_id == application.id)
    )
    syncs = select(_thing("sync", Sync.id)).where(Sync.source_id.in_(sources))
    own = sources.with_only_columns(_thing("source", Source.id), maintain_column_froms=True)
    return or_(TrailLine.thing.in_(syncs), TrailLine.thing.in_(own))


def _thing(noun: str, key: Expression) -> Expression:
    return literal(f"{noun}:") + cast(key, String)
