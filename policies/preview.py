"""Seeing the portal as a role: an Admin looks, and changes nothing."""

from collections.abc import Mapping
from dataclasses import replace

from policies.rules import Actor
from policies.scopes import Access, Scope

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def as_seen_by(actor: Actor, role: str, levels: Mapping[Scope, Access]) -> Actor:
    """The actor with the rights of `role`, never more than their own, and nothing they own.

    They stay themselves: their own tasks are still theirs.
    """
    both = {
        scope: min(level, actor.scopes.get(scope, Access.NONE)) for scope, level in levels.items()
    }
    return replace(actor, scopes=both, is_admin=False, role=role, owns=frozenset(), preview=role)


def refusal_while_looking(role: str) -> str:
    """The sentence said to whoever tries to change something while seeing the portal as `role`."""
    return (
        f"You see the portal as {role}, and nothing can be changed meanwhile. "
        "Stop the preview first, with the button on top of the page."
    )
