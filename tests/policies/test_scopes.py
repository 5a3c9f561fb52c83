"""The catalogue of scopes: what is offered opens something, and what is said is kept."""

import pytest

from policies.rights import ME, NOBODYS_ROLE, Extent, every_permission, extent, opens
from policies.rules import SYSTEM, Actor
from policies.scopes import (
    BUILT_IN_ROLES,
    DESCRIPTIONS,
    MEANINGS,
    NEEDS,
    Access,
    Scope,
    levels_of,
    shortfalls,
)

OFFERED = [(scope, level) for scope in Scope for level in levels_of(scope)]


@pytest.mark.parametrize(("scope", "level"), OFFERED)
def test_a_level_is_said_in_a_sentence_and_opens_something(scope, level):
    assert MEANINGS[scope][level].endswith(".")
    assert level is Access.NONE or opens(scope, level)


def test_a_level_that_is_not_offered_would_open_nothing():
    missing = [(s, a) for s in Scope for a in Access if a not in levels_of(s)]
    assert [(s, a) for s, a in missing if opens(s, a)] == []


@pytest.mark.parametrize("name", BUILT_IN_ROLES)
def test_a_role_that_comes_with_the_product_could_be_made_by_hand(name):
    levels = BUILT_IN_ROLES[name]
    assert shortfalls(levels) == []
    assert all(level in levels_of(scope) for scope, level in levels.items())
    assert DESCRIPTIONS[name]


@pytest.mark.parametrize("need", NEEDS, ids=lambda need: need.scope.value)
def test_what_a_scope_needs_is_named_with_the_reason(need):
    found = shortfalls({need.scope: need.at})
    assert {scope for scope, sentence in found if need.because in sentence} == set(need.others)
    enough = dict.fromkeys(Scope, Access.READ)
    assert shortfalls(enough | {need.scope: need.at}) == []


def test_nobody_without_a_role_may_do_more_than_their_own():
    allowed = {p.name for p in every_permission() if extent(p, NOBODYS_ROLE) is Extent.ALL}
    assert allowed <= {"see one's own tasks", "arrange one's own delegate and calendar"}


def test_an_auditor_may_do_nothing_but_look_and_their_own():
    """Whatever changes something is refused, or bound to a task somebody gave them."""
    auditor = Actor(ME, "Ada", BUILT_IN_ROLES["Auditor"], role="Auditor")
    looking = {p.name for p in every_permission() if extent(p, auditor) is Extent.ALL}
    assert all(name.startswith(("see ", "enter ", "download ")) for name in looking)


def test_an_admin_may_do_everything_but_what_only_a_machine_does():
    admin = Actor(ME, "Alma", SYSTEM.scopes, is_admin=True)
    refused = {p.name for p in every_permission() if extent(p, admin) is not Extent.ALL}
    assert refused == {"provision people"}
