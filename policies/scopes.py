"""Scopes, access levels, and the roles that come with the product.

A role gives one access level for each scope; take action includes read-only.
"""

from collections.abc import Mapping
from enum import IntEnum, StrEnum


class Access(IntEnum):
    NONE = 0
    READ = 1
    ACT = 2

    @property
    def label(self) -> str:
        return {0: "No access", 1: "Read-only", 2: "Take action"}[self.value]


class Scope(StrEnum):
    REVIEWS = "App User Access Reviews"
    APPLICATIONS = "Applications"
    USERS = "User Attributes"
    INTEGRATIONS = "Integrations"
    SETTINGS = "Settings"
    TRAIL = "Trail"


_EVERYTHING = dict.fromkeys(Scope, Access.ACT)
_NOTHING_TO_CHANGE = dict.fromkeys(Scope, Access.READ)

ADMIN = "Admin"

BUILT_IN_ROLES: Mapping[str, Mapping[Scope, Access]] = {
    ADMIN: _EVERYTHING,
    "IT Admin": {
        **_EVERYTHING,
        Scope.REVIEWS: Access.READ,
        Scope.TRAIL: Access.READ,
    },
    "Compliance": {
        **_NOTHING_TO_CHANGE,
        Scope.REVIEWS: Access.ACT,
    },
    "Auditor": _NOTHING_TO_CHANGE,
    "Read-only": {
        Scope.REVIEWS: Access.READ,
        Scope.APPLICATIONS: Access.READ,
        Scope.USERS: Access.READ,
        Scope.INTEGRATIONS: Access.READ,
        Scope.SETTINGS: Access.NONE,
        Scope.TRAIL: Access.NONE,
    },
}
