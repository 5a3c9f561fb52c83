"""Sources of uploaded lists: found or added, what they are about, and who may upload."""

from sqlalchemy import select

from policies.columns import ACCOUNTS, PEOPLE
from policies.errors import Denied, Invalid
from policies.permissions import (
    IMPORT_INTO,
    IMPORT_PEOPLE,
    SYSTEM,
    UPLOAD_LIST,
    Actor,
    require,
)
from policies.scopes import Access, Scope
from portal import clock
from portal.db import db
from portal.models import Application, Instance, Review, Source, Sync
from portal.queries.filters import same_text
from portal.queries.staged_people import members_readdressed
from portal.usecases.applications import Description, add_instance, create_application
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
        _require_import(source, by)


def _require_import(source: Source, by: Actor) -> None:
    if source.instance is None:
        require(IMPORT_PEOPLE, by, None)
    else:
        require(IMPORT_INTO, by, source.instance.application)


def require_still_right(sync: Sync, by: Actor) -> None:
    """Refuse a list whose review closed meanwhile, and new sign-in addresses but by an Admin."""
    may_import = by.has(Scope.APPLICATIONS, Access.ACT)
    if sync.review_id and not may_import:
        require(UPLOAD_LIST, by, db.session.get_one(Review, sync.review_id))
    if sync.noun == PEOPLE and not by.is_admin and (names := members_readdressed(sync)):
        raise Denied(
            f"This list changes the address that {', '.join(names)} would sign in with. "
            "Only an Admin may apply it. Nothing was applied."
        )


@usecase
def main_instance(application: Application, instance_id: int | None, *, by: Actor) -> Instance:
    """The instance of the application with this id; without one the only one, made if need be.

    Invalid where several could be meant.
    """
    require(IMPORT_INTO, by, application)
    instances = application.instances
    found = [each for each in instances if instance_id in (None, each.id)]
    if len(found) == 1:
        return found[0]
    if instances:
        raise Invalid(f"Say which instance of {application.name} the list is of.")
    instance = Instance(application_id=application.id, name="Main")
    db.session.add(instance)
    db.session.flush()
    record("instance added", application, by=by, instance=instance.name)
    return instance


@usecase
def place_for_list(
    application_name: str, instance_name: str = "", *, create: bool = False, by: Actor
) -> Instance:
    """The instance of this application that a list of accounts is about, by names.

    With `create`, what is not there yet is added. Raises Invalid where it is not there, or where
    several instances could be meant.
    """
    name = application_name.strip()
    application = db.session.scalar(select(Application).where(same_text(Application.name, name)))
    if application is None:
        if not create:
            raise Invalid(f"There is no application “{name}”.")
        wanted = Description(name=name)
        application = create_application(wanted, instances=[instance_name or "Main"], by=by)
        db.session.flush()
        db.session.expire(application, ["instances"])
    return _instance(application, instance_name.strip(), create=create, by=by)


def _instance(application: Application, name: str, *, create: bool, by: Actor) -> Instance:
    instances = application.instances
    found = [one for one in instances if not name or one.name.lower() == name.lower()]
    if len(found) == 1:
        return found[0]
    if not found and create:
        return add_instance(application, name or "Main", by=by)
    known = ", ".join(f"“{one.name}”" for one in instances) or "none"
    if name:
        raise Invalid(f"{application.name} has no instance “{name}”. It has: {known}.")
    raise Invalid(f"Say which instance of {application.name} is meant. It has: {known}.")
