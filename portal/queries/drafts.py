"""A campaign that is only typed so far, for its preview. It never enters the session."""

from collections.abc import Sequence

from policies.filters import Filter
from portal import clock
from portal.models import Campaign, Level, LevelReviewer, Person
from portal.models.campaign import UserScope


def unsaved_campaign(
    applications: Filter, user_scope: str, users: Filter, named: Sequence[Person]
) -> Campaign:
    """A campaign as it would be stored, with one level of named reviewers or of owners."""
    scope = UserScope(user_scope) if users or user_scope != "filter" else UserScope.ALL
    level = Level(number=1, basis="named" if named else "owner")
    campaign = Campaign(
        name="",
        due_at=clock.now(),
        application_filter=applications.as_data(),
        user_scope=scope,
        user_filter=users.as_data(),
    )
    campaign.levels = [level]
    level.reviewers = [LevelReviewer(person_id=person.id) for person in named]
    for reviewer, person in zip(level.reviewers, named, strict=True):
        reviewer.__dict__["person"] = person  # set_committed_value would cascade it into a session
    return campaign
