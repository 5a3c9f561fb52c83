"""What a careful owner thinks of an account."""

from collections.abc import Sequence
from typing import NamedTuple

from policies.filters import Condition, Filter, Op
from policies.lifecycle import Verdict
from portal.demo.chance import chance, happens
from portal.models import Item
from portal.models.account import AccountKind

_UNDECIDED = Condition("verdict", Op.IS, "undecided")
UNDECIDED = Filter(((_UNDECIDED,),))
_ADMINS = (
    "Administers it together with the on-call rota.",
    "Deputy administrator; confirmed with the team lead.",
    "Needed for the monthly close; looked at the log of changes.",
    "Named in the runbook as second administrator.",
)
_EXTERNALS = (
    "Contract runs to the end of the project.",
    "Still on site twice a week; contract checked.",
    "Works on the winter release with us.",
)
_SERVICES = (
    "Interface in daily use; its owner confirmed it.",
    "Runs every night. Its password is in the vault.",
)


class Judgement(NamedTuple):
    verdict: Verdict
    comment: str = ""


def judged(item: Item) -> Judgement | None:
    """What is to be said of an account that one looks at by itself; None for all others."""
    dice = chance("judged", item.login, item.review_id)
    if item.is_past:
        when = f" on {item.end_date:%-d %b %Y}" if item.end_date else ""
        return Judgement(Verdict.REJECTED, f"Left the company{when}.")
    if item.is_orphan:
        return Judgement(Verdict.REJECTED, "Nobody knows whose this is, and nobody uses it.")
    if item.kind is AccountKind.SERVICE:
        return Judgement(Verdict.APPROVED, dice.choice(_SERVICES))
    if item.is_inactive and dice.random() < 0.6:
        return Judgement(Verdict.REJECTED, f"Not used since {item.last_used_at:%b %Y}.")
    if item.is_privileged:
        if dice.random() < 0.15:
            return Judgement(Verdict.REJECTED, "No longer administers this; a user role will do.")
        return Judgement(Verdict.APPROVED, dice.choice(_ADMINS))
    if item.is_external:
        return Judgement(Verdict.APPROVED, dice.choice(_EXTERNALS))
    if happens(0.012, "moved", item.login, item.review_id):
        return Judgement(Verdict.REJECTED, f"Moved within {item.department}; not needed any more.")
    return None


def sweeps(items: Sequence[Item]) -> list[Filter]:
    """The views one approves at once: the largest department first, then what is left."""
    departments = [item.department for item in items if item.department]
    if not items:
        return []
    if len(items) < 25:
        return [UNDECIDED]
    largest = max(sorted(set(departments)), key=departments.count)
    return [Filter(((Condition("department", Op.IS, largest), _UNDECIDED),)), UNDECIDED]
