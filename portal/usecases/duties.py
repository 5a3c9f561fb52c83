"""Naming two entitlements that nobody is to hold together, and no longer naming them."""

from policies.errors import Invalid
from policies.permissions import EDIT_SETTINGS, Actor, require
from portal import clock
from portal.db import db
from portal.models import Application, DutyConflict
from portal.queries.duties import duty_conflicts, names_in, same_side
from portal.usecases.trail import record
from portal.usecases.unit import usecase

Side = tuple[Application, str]
LONGEST_WHY = 300


@usecase
def name_conflict(one: Side, other: Side, why: str, *, by: Actor) -> DutyConflict:
    """Name a pair. Invalid where an application has no such entitlement, both sides are the
    same, or the pair is named already."""
    require(EDIT_SETTINGS, by, None)
    for application, entitlement in (one, other):
        _check(application, entitlement)
    sides = [(application.id, entitlement.lower()) for application, entitlement in (one, other)]
    if sides[0] == sides[1]:
        raise Invalid("Both sides are the same. Name two things that one person should not hold.")
    if any(same_side(pair) == frozenset(sides) for pair in duty_conflicts()):
        raise Invalid("This pair is named already.")
    pair = DutyConflict(
        application_id=one[0].id,
        entitlement=one[1],
        other_application_id=other[0].id,
        other_entitlement=other[1],
        why=why.strip()[:LONGEST_WHY],
        by_name=by.name,
        created_at=clock.now(),
    )
    db.session.add(pair)
    db.session.flush()
    record("conflict of duties named", pair, by=by, why=pair.why)
    return pair


@usecase
def drop_conflict(pair: DutyConflict, *, by: Actor) -> None:
    """Name it no longer. Reviews that were frozen with it keep what they say."""
    require(EDIT_SETTINGS, by, None)
    record("conflict of duties dropped", pair, by=by, why=pair.why)
    db.session.delete(pair)


def _check(application: Application, entitlement: str) -> None:
    if not entitlement:
        raise Invalid(f"Say which role, group, license or permission of {application.name}.")
    if not names_in(application.id, entitlement, exactly=True):
        some = names_in(application.id, "")
        known = f" Its lists have, for example, {', '.join(some)}." if some else ""
        raise Invalid(f"No list of {application.name} has “{entitlement}”.{known}")
