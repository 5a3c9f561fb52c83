"""Scopes, access levels, what each lets one do, and the roles that come with the product.

A role gives one access level for each scope; take action includes read-only. A level is
offered only where it opens something.
"""

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import NamedTuple


class Access(IntEnum):
    NONE = 0
    READ = 1
    ACT = 2

    @property
    def label(self) -> str:
        return {0: "No access", 1: "Read-only", 2: "Take action"}[self.value]


class Scope(StrEnum):
    REVIEWS = "App User Access Reviews"
    EVIDENCE = "Evidence"
    APPLICATIONS = "Applications"
    USERS = "User Attributes"
    INTEGRATIONS = "Integrations"
    SETTINGS = "Settings"
    TRAIL = "Trail"


MEANINGS: Mapping[Scope, Mapping[Access, str]] = {
    Scope.REVIEWS: {
        Access.NONE: "Campaigns and reviews do not exist, but for one’s own tasks.",
        Access.READ: "See every campaign and review, its decisions and its trail, and download "
        "the list of a review.",
        Access.ACT: "Plan, launch and cancel campaigns; decide, sign off and submit in any review.",
    },
    Scope.EVIDENCE: {
        Access.NONE: "Reports and evidence packs do not exist.",
        Access.READ: "Download attestations and evidence packs.",
        Access.ACT: "Have attestations and evidence packs made, and made again; share them.",
    },
    Scope.APPLICATIONS: {
        Access.NONE: "Applications do not exist, but for those one owns.",
        Access.READ: "See every application, its owners, fields and accounts, and download them; "
        "see the settings Application details and Hidden applications.",
        Access.ACT: "Add and describe applications, set their owners and state, hide them, import "
        "their accounts, and change the fields that applications have.",
    },
    Scope.USERS: {
        Access.NONE: "The list of people does not exist; names stand only where they are needed.",
        Access.READ: "See everybody, with department, manager and all access they hold.",
        Access.ACT: "Import the list of people.",
    },
    Scope.INTEGRATIONS: {
        Access.NONE: "Imports do not exist, but for one’s own.",
        Access.READ: "See every import: where it came from, what it brought and what was wrong "
        "with it.",
    },
    Scope.SETTINGS: {
        Access.NONE: "Settings do not exist.",
        Access.READ: "See the settings, the members and what each role may do.",
        Access.ACT: "Change the settings: names, words that count as access, how old a list "
        "may be.",
    },
    Scope.TRAIL: {
        Access.NONE: "The trail as a whole does not exist.",
        Access.READ: "See and download every change that anybody ever made.",
    },
}


class Need(NamedTuple):
    """Access to `scope`, from the level `at` on, makes sense only with read-only on `others`."""

    scope: Scope
    at: Access
    others: tuple[Scope, ...]
    because: str


NEEDS = (
    Need(
        Scope.REVIEWS,
        Access.READ,
        (Scope.APPLICATIONS, Scope.USERS),
        "a review shows the accounts of people in applications",
    ),
    Need(
        Scope.EVIDENCE,
        Access.READ,
        (Scope.REVIEWS,),
        "a report holds the decisions of reviews",
    ),
    Need(
        Scope.INTEGRATIONS,
        Access.READ,
        (Scope.APPLICATIONS, Scope.USERS),
        "an import shows the accounts or the people it brings",
    ),
    Need(
        Scope.TRAIL,
        Access.READ,
        tuple(scope for scope in Scope if scope is not Scope.TRAIL),
        "the trail tells what happened everywhere",
    ),
)


def levels_of(scope: Scope) -> list[Access]:
    """The levels a role can give for this scope, the least first."""
    return sorted(MEANINGS[scope])


def shortfalls(levels: Mapping[Scope, Access]) -> list[tuple[Scope, str]]:
    """What a role with these levels lacks: each scope that is too low, and the sentence why.

    Source: the seed on roles, where dashboards mandate at least read-only on other scopes.
    """
    held = [need for need in NEEDS if levels.get(need.scope, Access.NONE) >= need.at]
    low = [scope for scope in Scope if levels.get(scope, Access.NONE) < Access.READ]
    needing = {scope: [need for need in held if scope in need.others] for scope in low}
    return [(scope, _sentence(scope, needs)) for scope, needs in needing.items() if needs]


def _sentence(scope: Scope, needs: list[Need]) -> str:
    reasons = "; and ".join(f"for {need.scope.value}, because {need.because}" for need in needs)
    return f"{scope.value}: at least “{Access.READ.label}” is needed {reasons}."


_EVERYTHING = {scope: max(MEANINGS[scope]) for scope in Scope}
_NOTHING_TO_CHANGE = dict.fromkeys(Scope, Access.READ)

ADMIN, AUDITOR = "Admin", "Auditor"

BUILT_IN_ROLES: Mapping[str, Mapping[Scope, Access]] = {
    ADMIN: _EVERYTHING,
    "IT Admin": {
        **_EVERYTHING,
        Scope.REVIEWS: Access.READ,
        Scope.EVIDENCE: Access.READ,
    },
    "Compliance": {
        **_NOTHING_TO_CHANGE,
        Scope.REVIEWS: Access.ACT,
        Scope.EVIDENCE: Access.ACT,
    },
    AUDITOR: _NOTHING_TO_CHANGE,
    "Read-only": {
        **_NOTHING_TO_CHANGE,
        Scope.SETTINGS: Access.NONE,
        Scope.TRAIL: Access.NONE,
    },
}

DESCRIPTIONS: Mapping[str, str] = {
    ADMIN: "Does everything, and alone creates roles and invites members.",
    "IT Admin": "Looks after applications, people, lists and settings; reads reviews.",
    "Compliance": "Runs campaigns and makes evidence; reads everything else.",
    AUDITOR: "Reads everything, changes nothing.",
    "Read-only": "Reads campaigns, evidence, applications and people; no settings, no trail.",
}
