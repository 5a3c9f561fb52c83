"""What changes for somebody who gets another role, in words, before it is saved."""

from collections.abc import Mapping
from typing import NamedTuple

from policies.scopes import ADMIN, MEANINGS, Access, Scope


class Change(NamedTuple):
    """One part of the console that opens, closes, or opens further. `now_may` is what is then
    possible there."""

    part: str
    was: str
    now: str
    is_more: bool
    now_may: str


class Holding(NamedTuple):
    """A role by its name, with the level it gives for each scope it names."""

    name: str
    levels: Mapping[Scope, Access]


def role_changes(was: Holding, now: Holding) -> list[Change]:
    """Every difference between two roles, in the order of the scopes; empty where none is."""
    found = []
    for scope in Scope:
        before, after = (each.levels.get(scope, Access.NONE) for each in (was, now))
        if before != after:
            may = MEANINGS[scope].get(after, "")
            found.append(Change(scope.value, before.label, after.label, after > before, may))
    return found + _administration(was.name, now.name)


def _administration(was: str, now: str) -> list[Change]:
    """What only an Admin does is no scope."""
    if (was == ADMIN) is (now == ADMIN):
        return []
    may = "Roles, members, letters and keys are for Admins only."
    if now == ADMIN:
        may = "Create roles, invite and suspend members, read letters, hold the keys."
    yes, no = "All of it", "None of it"
    return [
        Change("Administration", no, yes, True, may)
        if now == ADMIN
        else Change("Administration", yes, no, False, may)
    ]
