"""What a sign-in means for a membership: an invitation is accepted by coming in."""

from sqlalchemy import select

from policies.permissions import Actor
from portal import clock
from portal.db import db
from portal.models import ApplicationOwner, OwnerVisit, Person
from portal.models.member import MemberState
from portal.models.person import Standing
from portal.queries.actors import is_present, member_of
from portal.usecases.trail import record
from portal.usecases.unit import usecase


@usecase
def owner_came(person: Person, *, by: Actor) -> None:
    """Somebody came by more than a link to tasks: if they own applications, that is a visit."""
    owns = select(ApplicationOwner.person_id).where(ApplicationOwner.person_id == person.id)
    if db.session.scalar(owns.limit(1)) is None:
        return
    now, visit = clock.now(), db.session.get(OwnerVisit, person.id)
    if visit is not None:
        visit.seen_at = now
        return
    db.session.add(OwnerVisit(person_id=person.id, came_at=now, seen_at=now))
    record("owner arrived", person, by=by)


@usecase
def member_came(person: Person, *, by: Actor) -> None:
    """Somebody signed in: if they were invited, they have accepted, whichever way they came."""
    member = member_of(person.id)
    if member is None or not is_present(member) or person.standing is Standing.PAST:
        return
    member.last_seen_at = clock.now()
    if member.state is MemberState.PENDING:
        member.state = MemberState.ACTIVE
        record("invitation accepted", member, by=by, person=person.name, role=member.role.name)
