"""Which accounts of its applications a campaign reviews, and line by line of what: the choices,
and their words."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from policies.errors import Invalid
from policies.fields import stored_fields
from policies.filters import from_data

LONGEST_DAYS = 3_650


class UserScope(StrEnum):
    ALL = "all"
    PRIVILEGED = "privileged"
    EXTERNAL = "external"
    INACTIVE = "inactive"
    NEW = "new"
    FILTER = "filter"
    AGAIN = "again"


class Services(StrEnum):
    """Whether accounts of machines are reviewed, beside the choice above."""

    IN = "in"
    OUT = "out"
    ONLY = "only"


class Granularity(StrEnum):
    """What one line of a review is: an account with all it holds, or one thing that it holds."""

    ACCOUNT = "account"
    ENTITLEMENT = "entitlement"

    @property
    def noun(self) -> str:
        """What people call one line: an account, or just a line."""
        return "account" if self is Granularity.ACCOUNT else "line"


@dataclass(frozen=True)
class Users:
    """The accounts a campaign is about. `filter` is Filter.as_data(), for that scope; `again`, for
    that scope, is {"follow_up": id, "said": which accounts those are, in words}. `by` is what
    their lines are."""

    scope: UserScope = UserScope.ALL
    services: Services = Services.IN
    inactive_days: int = 90
    filter: list[Any] = field(default_factory=list)
    again: dict[str, Any] = field(default_factory=dict)
    by: Granularity = Granularity.ACCOUNT

    @property
    def is_everybody(self) -> bool:
        return self.scope is UserScope.ALL and self.services is Services.IN

    @property
    def by_entitlement(self) -> bool:
        return self.by is Granularity.ENTITLEMENT

    def in_words(self) -> str:
        """Say it for the page, the scope report and the evidence: "external people"."""
        stored = from_data(self.filter)
        chosen = stored.in_words(stored_fields(stored)) or "no condition yet"
        words: dict[UserScope, str] = {
            UserScope.ALL: "everybody",
            UserScope.PRIVILEGED: "accounts with privileged access",
            UserScope.EXTERNAL: "external people",
            UserScope.INACTIVE: f"accounts not used for {self.inactive_days} days",
            UserScope.NEW: "accounts that are new since the last review of their application",
            UserScope.FILTER: chosen,
            UserScope.AGAIN: str(self.again.get("said", "")),
        }
        if self.by_entitlement:
            words[UserScope.PRIVILEGED] = "privileged entitlements"
            words[UserScope.NEW] = "what is new since the last review of its application"
        return words[self.scope] + _SERVICES[self.services] + _LINES[self.by]


_SERVICES = {
    Services.IN: "",
    Services.OUT: ", without service accounts",
    Services.ONLY: ", service accounts only",
}

_LINES = {Granularity.ACCOUNT: "", Granularity.ENTITLEMENT: "; one line per entitlement"}


def check_users(users: Users) -> None:
    """Raise Invalid, with a sentence, where the choice is not finished."""
    if users.scope is UserScope.FILTER and not users.filter:
        raise Invalid("Add a condition, or review everybody.")
    if users.scope is UserScope.AGAIN and not users.again:
        raise Invalid("This campaign follows up no other. Choose which accounts it is about.")
    if users.scope is UserScope.INACTIVE and not 1 <= users.inactive_days <= LONGEST_DAYS:
        raise Invalid(f"Say how many days without use, from 1 to {LONGEST_DAYS:,}.")
