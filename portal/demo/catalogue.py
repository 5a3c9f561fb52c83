"""The kind of thing an application of the demo is; the applications are in the two shelves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from portal.models.application import ApplicationState

EVERYBODY = "*"


@dataclass(frozen=True)
class Service:
    """An account that no human signs in with. `owner` is a title; empty: nobody answers for it.

    `days` ago it was made; long ago where that is not said.
    """

    login: str
    role: str
    owner: str = ""
    days: int = 0


@dataclass(frozen=True)
class Product:
    """One application: who has an account in it, what they may hold, how its export looks.

    `audience` is the share of each department; `roles` are (name, weight) of ordinary users.
    `forgotten` is the share of leavers whose account nobody removes by himself.
    """

    name: str
    description: str
    owners: Sequence[str]  # titles; the first is primary
    classification: str
    cost_centre: str
    audience: Mapping[str, float]
    roles: Sequence[tuple[str, int]]
    lead_role: str
    admin_role: str
    admins: int
    form: str  # see portal.demo.lists
    in_audit: bool = False
    instances: Sequence[str] = ("Main",)
    services: Sequence[Service] = ()
    strays: Mapping[str, int] = field(default_factory=dict)  # nobody's logins, days old
    forgotten: float = 0.25
    state: ApplicationState = ApplicationState.SANCTIONED
    has_list: bool = True
