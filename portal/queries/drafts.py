"""A campaign that is only typed so far, for its preview. It never enters the session."""

from collections.abc import Sequence

from policies.assignment import reviewed_by
from policies.filters import Filter
from portal import clock
from portal.models import Campaign, Person
from portal.models.campaign import UserScope


def unsaved_campaign(
    applications: Filter, user_scope: str, users: Filter, named: Sequence[Person]
) -> Campaign:
    """A campaign as it would be stored, with one level of named reviewers or of owners."""
    scope = UserScope(user_scope) if users or user_scope != "filter" else UserScope.ALL
    return Campaign(
        name="",
        due_at=clock.now(),
        application_filter=applications.as_data(),
        user_scope=scope,
        user_filter=users.as_data(),
        reviewing=reviewed_by(person.id for person in named).as_data(),
    )
