"""The first page of the console: what needs somebody today, what is under way, what is next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, url_for

from policies.permissions import ENTER_CONSOLE, SEE_CAMPAIGNS, can
from portal import clock
from portal.queries.home import active_count, needs_of, next_launches, running_campaigns
from portal.web.access import current_actor, requires
from portal.web.formats import plural
from portal.web.pages import page

bp = Blueprint("home", __name__, url_prefix="/home")


@dataclass(frozen=True)
class Kind:
    """Something that needs somebody: what it is called, why it matters, and where its list is."""

    one: str
    many: str
    why: str
    endpoint: str
    conditions: Sequence[tuple[str, str, str]] = ()


@dataclass(frozen=True)
class Need:
    """One of them today: "3 reviews in error"."""

    count: int
    what: str
    why: str
    url: str


_ACTIVE = ("campaign_state", "is", "active")
KINDS: Mapping[str, Kind] = {
    "unassigned": Kind(
        "account without a reviewer",
        "accounts without a reviewer",
        "Nobody was asked to decide on them. Name somebody, or they stay undecided.",
        "progress.index",
        (_ACTIVE, ("unassigned", "is", "yes")),
    ),
    "errors": Kind(
        "review in error",
        "reviews in error",
        "They stand still until somebody relaunches them, or cancels them.",
        "progress.index",
        (_ACTIVE, ("state", "is", "error")),
    ),
    "overdue": Kind(
        "review is overdue",
        "reviews are overdue",
        "The due date is past, and somebody still has to decide.",
        "progress.index",
        (_ACTIVE, ("overdue", "is", "yes")),
    ),
    "stale": Kind(
        "review waits for a fresh list",
        "reviews wait for a fresh list",
        "Of the application there is no list of accounts, or one that is too old to begin with.",
        "progress.index",
        (_ACTIVE, ("stale", "is", "yes")),
    ),
    "removals": Kind(
        "review with overdue removals",
        "reviews with overdue removals",
        "Access was rejected, and is still active.",
        "progress.index",
        (_ACTIVE, ("late_removals", "is", "yes")),
    ),
    "letters": Kind(
        "letter could not be delivered",
        "letters could not be delivered",
        "Whoever it was written to does not know.",
        "letters.index",
        (("state", "is", "failed"),),
    ),
    "imports": Kind(
        "import waits to be confirmed",
        "imports wait to be confirmed",
        "Nothing of a list has an effect before somebody looked at it.",
        "syncs.index",
        (("state", "is", "mapping"), ("state", "is", "preview")),
    ),
    "jobs": Kind(
        "piece of background work is stuck",
        "pieces of background work are stuck",
        "It failed too often, and waits to be tried again.",
        "background.index",
    ),
    "paused": Kind(
        "job is paused",
        "jobs are paused",
        "What waits for it is kept, and not done.",
        "background.index",
    ),
}


@bp.get("")
@requires(ENTER_CONSOLE)
def index() -> Response:
    return page("home/index.html", parts=("home",), needs=_needs(), now=clock.now(), **_campaigns())


def _campaigns() -> dict[str, Any]:
    """What is under way and what is next, for those who see campaigns."""
    if not can(SEE_CAMPAIGNS, current_actor(), None):
        return {"sees_campaigns": False}
    launches, launch_count = next_launches()
    return {
        "sees_campaigns": True,
        "running": running_campaigns(),
        "active": active_count(),
        "launches": launches,
        "launch_count": launch_count,
    }


def _needs() -> list[Need]:
    found = needs_of(current_actor())
    return [_need(KINDS[key], found[key]) for key in KINDS if key in found]


def _need(kind: Kind, count: int) -> Need:
    what = plural(count, kind.one, kind.many).partition(" ")[2]
    return Need(count, what, kind.why, url_for(kind.endpoint, **_filter(kind.conditions)))


def _filter(conditions: Sequence[tuple[str, str, str]]) -> dict[str, Any]:
    """The conditions as a list's URL has them: all of them, or any where they are of one field."""
    if not conditions:
        return {}
    fields, ops, values = (list(part) for part in zip(*conditions, strict=True))
    join = "or" if len(set(fields)) < len(fields) else "and"
    return {"join": [join] * len(fields), "field": fields, "op": ops, "value": values}
