"""Saying what an entitlement means, and who owns it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update

from policies.errors import Invalid
from policies.permissions import EDIT_APPLICATION, EDIT_APPLICATIONS, Actor, require
from portal.db import db
from portal.models import Application, Entitlement, Instance, Person
from portal.models.person import Standing
from portal.usecases.trail import record
from portal.usecases.unit import usecase

LONGEST = 500  # characters of a description


@usecase
def describe_entitlement(
    application: Application, entitlement: Entitlement, description: str, *, by: Actor
) -> None:
    """What it lets its holders do, in words for reviewers. Invalid where that is too long."""
    require(EDIT_APPLICATION, by, application)
    said = " ".join(description.split())
    if len(said) > LONGEST:
        raise Invalid(f"Say it in {LONGEST} characters; these are {len(said):,}.")
    was = entitlement.description
    if was == said:
        return
    entitlement.description = said
    told = {"entitlement": entitlement.name, "was": was, "now": said}
    record("entitlement described", application, by=by, **told)


@usecase
def set_entitlement_owner(
    application: Application, ids: Sequence[int], owner: Person | None, *, by: Actor
) -> int:
    """Let `owner` (None: nobody) own these entitlements of the application.

    Returns how many that changes. Invalid where the owner has left. Reviews that are frozen stay
    with whoever has them.
    """
    require(EDIT_APPLICATIONS, by, application)
    if owner and owner.standing is Standing.PAST:
        raise Invalid(f"{owner.name} left the organisation and cannot own an entitlement.")
    number = owner.id if owner else None
    its = select(Instance.id).where(Instance.application_id == application.id)
    changing = (
        Entitlement.id.in_(list(ids)),
        Entitlement.instance_id.in_(its),
        Entitlement.owner_id.is_distinct_from(number),
    )
    names = db.session.scalars(select(Entitlement.name).where(*changing)).all()
    if not names:
        return 0
    db.session.execute(
        update(Entitlement)
        .where(*changing)
        .values(owner_id=number)
        .execution_options(synchronize_session=False)
    )
    db.session.expire_all()
    who = owner.name if owner else "nobody"
    told: dict[str, Any] = {"owner": who, "count": len(names), "entitlements": sorted(names)}
    record("entitlement owner set", application, by=by, **told)
    return len(names)
