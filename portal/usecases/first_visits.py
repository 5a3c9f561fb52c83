"""What a sign-in means for a membership: an invitation is accepted by coming in."""

from policies.permissions import Actor
from portal import clock
from portal.models import Person
from portal.models.member import MemberState
from portal.models.person import Standing
from portal.queries.actors import is_present, member_of
from portal.usecases.trail import record
from portal.usecases.unit import usecase


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
