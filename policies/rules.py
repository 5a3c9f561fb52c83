"""What rules, permissions and actors are. The permissions are in policies.permissions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

from policies.errors import Denied
from policies.scopes import Access, Scope

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)


@dataclass(frozen=True)
class Actor:
    """Whoever is acting: a signed-in person, or a job acting for the system.

    `method` says how they proved who they are, and is printed in the evidence; `proved_at`
    when they last did. `owns` are the ids of the applications they answer for, where that
    lets them in. `session_id` is the session they act in, if any. `preview` is the name of
    the role an Admin looks at the portal as; then nothing may be changed. `purpose` is what
    an API token is good for, where one acts.
    """

    person_id: int | None
    name: str
    scopes: Mapping[Scope, Access] = field(default_factory=dict)
    is_admin: bool = False
    method: str = "system"
    role: str = ""
    owns: frozenset[int] = frozenset()
    session_id: int | None = None
    proved_at: datetime | None = None
    preview: str = ""
    purpose: str = ""

    def has(self, scope: Scope, access: Access) -> bool:
        return self.scopes.get(scope, Access.NONE) >= access


SYSTEM = Actor(None, "Countersign", dict.fromkeys(Scope, Access.ACT), is_admin=True)
OPERATOR = replace(SYSTEM, name="command line", method="command line")


class Rule(NamedTuple, Generic[T_contra]):
    """A condition, and the sentence said to whoever fails it."""

    holds: Callable[[Actor, T_contra], bool]
    otherwise: str


class Permission(Generic[T_contra]):
    """Something one may do to a thing; held when every rule holds.

    Whoever can read `scope` is told why they are refused; for everybody else the page does
    not exist. Without a scope, that goes by whether they see the thing it is about.
    """

    def __init__(self, name: str, *rules: Rule[T_contra], scope: Scope | None = None) -> None:
        if not rules:
            raise ValueError("a permission without rules would admit everyone")
        self.name = name
        self.rules = rules
        self.scope = scope

    def hides_from(self, actor: Actor) -> bool:
        """Whether to `actor`, who was refused, the whole page does not exist."""
        return self.scope is not None and not actor.scopes.get(self.scope)

    def refusal(self, actor: Actor, thing: T_contra) -> str | None:
        """Say why `actor` may not, or return None if they may."""
        return next((r.otherwise for r in self.rules if not r.holds(actor, thing)), None)


def can(permission: Permission[T], actor: Actor, thing: T) -> bool:
    return permission.refusal(actor, thing) is None


def require(permission: Permission[T], actor: Actor, thing: T) -> None:
    """Raise Denied, with the sentence of the first rule that fails."""
    if why := permission.refusal(actor, thing):
        raise Denied(why)
