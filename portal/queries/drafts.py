"""A campaign with something changed that is only typed so far, for its preview. Never stored."""

from typing import Any

from portal.models import Campaign

_PLANNED = (
    "name",
    "application_filter",
    "user_scope",
    "user_filter",
    "services",
    "inactive_days",
    "again",
    "granularity",
    "reviewing",
    "owner_id",
    "due_at",
)


def tried(campaign: Campaign, **changes: Any) -> Campaign:
    """The same plan with these columns changed. It never enters the session."""
    return Campaign(**{**{key: getattr(campaign, key) for key in _PLANNED}, **changes})
