"""Sources of uploaded lists: found or added, and who may upload to them."""

from sqlalchemy import select

from policies.columns import ACCOUNTS, PEOPLE
from policies.permissions import (
    IMPORT_ACCOUNTS,
    IMPORT_PEOPLE,
    SYSTEM,
    UPLOAD_LIST,
    Actor,
    require,
)
from portal import clock
from portal.db import db
from portal.models import Instance, Review, Source
from portal.usecases.trail import record
from portal.usecases.unit import usecase


@usecase
def people_source(*, by: Actor = SYSTEM) -> Source:
    """The source of uploaded people lists, added when it is first asked for."""
    return _source(PEOPLE, None, by)


@usecase
def accounts_source(instance: Instance, *, by: Actor = SYSTEM) -> Source:
    """The source of uploaded account lists of this instance, added when first asked for."""
    return _source(ACCOUNTS, instance, by)


def _source(noun: str, instance: Instance | None, by: Actor) -> Source:
    place = instance.id if instance else None
    known = db.session.scalar(
        select(Source).where(
            Source.noun == noun,
            Source.kind == "file",
            Source.instance_id.is_(None) if place is None else Source.instance_id == place,
            Source.removed_at.is_(None),
        )
    )
    if known:
        return known
    source = Source(noun=noun, instance_id=place, created_at=clock.now())
    db.session.add(source)
    record("source added", source, by=by, noun=noun, instance=place)
    return source


def require_upload(source: Source, review: Review | None, by: Actor) -> None:
    """Raise Denied to all but who may import such lists, and those whose review it serves."""
    if review and source.instance and source.instance.application_id == review.application_id:
        require(UPLOAD_LIST, by, review)
    else:
        require(IMPORT_PEOPLE if source.noun == PEOPLE else IMPORT_ACCOUNTS, by, None)
