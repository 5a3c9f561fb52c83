"""How far each permission goes for somebody: the matrix of roles, asked of the rules themselves.

Nothing here says who may do what. Every answer comes from putting a thing before the rules
that the guard at the door puts real things before.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from policies import permissions
from policies.lifecycle import ReviewState
from policies.rules import Actor, Permission, can
from policies.scopes import Access, Scope

ME, SOMEBODY_ELSE, THEIR_THING = 1, 2, 7

NOBODYS_ROLE = Actor(ME, "Without a role")
A_TOKEN = Actor(None, "API token", purpose="provisioning")
OTHERS = (NOBODYS_ROLE, A_TOKEN)  # who acts without a role


class Extent(StrEnum):
    """How far: on everything, on what is one's own, not at all."""

    ALL = "yes"
    OWN = "own only"
    NONE = "no"


@dataclass(frozen=True)
class Sample:
    """A thing of any kind, just as open as it takes for the answer to depend on who asks.

    It has what every Protocol of policies.things asks for; a permission on a new kind of thing
    adds here what its rules ask.
    """

    id: int = THEIR_THING
    application_id: int = THEIR_THING
    name: str = "Sample"
    is_built_in: bool = False
    state: ReviewState = ReviewState.IN_REVIEW
    accepts_decisions: bool = True
    lets_reassign: bool = True
    is_clearing: bool = False
    is_joint: bool = False
    is_prepared: bool = False
    reviewer_ids: Collection[int] = ()
    present_reviewer_ids: Collection[int] = ()
    remediation_owner_id: int | None = None
    person_id: int | None = SOMEBODY_ELSE
    by_person_id: int | None = SOMEBODY_ELSE
    review_id: int | None = THEIR_THING
    signed_off: bool = False
    is_losing: bool = False
    noun: str = "accounts"
    review: Any = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "review", self)


THEIRS = Sample()
MINE = Sample(
    reviewer_ids=(ME,), present_reviewer_ids=(ME,), remediation_owner_id=ME, by_person_id=ME
)


def every_permission() -> Sequence[Permission[Any]]:
    """Every permission there is, in the order of their table."""
    return [each for each in vars(permissions).values() if isinstance(each, Permission)]


def extent(permission: Permission[Any], actor: Actor) -> Extent:
    """How far `actor`, whose person_id is ME or None, may go with this permission."""
    if can(permission, replace(actor, owns=frozenset()), THEIRS):
        return Extent.ALL
    owner = replace(actor, owns=frozenset({THEIR_THING} if actor.person_id else ()))
    return Extent.OWN if can(permission, owner, MINE) else Extent.NONE


def sentences(permission: Permission[Any]) -> list[str]:
    """What is said to whoever may not, rule by rule."""
    return [rule.otherwise for rule in permission.rules]


def opens(scope: Scope, level: Access) -> list[Permission[Any]]:
    """What this level of one scope lets somebody do that the level below does not."""
    above, below = (
        Actor(ME, "", {scope: Access(max(step, 0))}) for step in (level, level.value - 1)
    )
    return [p for p in every_permission() if extent(p, above) != extent(p, below)]
