"""What a careful owner thinks of an account."""

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from policies.filters import Condition, Filter, Op
from policies.lifecycle import Verdict
from portal.demo.chance import chance
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
    thoughts = (thought(item, dice) for thought in (_left, _machine, _idle, _power, _guest, _moved))
    return next((thought for thought in thoughts if thought), None)


def sweeps(items: Sequence[Item]) -> list[Filter]:
    """The views one approves at once: the largest department first, then what is left."""
    departments = [item.department for item in items if item.department]
    if not items:
        return []
    if len(items) < 25:
        return [UNDECIDED]
    largest = max(sorted(set(departments)), key=departments.count)
    return [Filter(((Condition("department", Op.IS, largest), _UNDECIDED),)), UNDECIDED]


def _left(item: Item, _: Random) -> Judgement | None:
    if not item.is_past:
        return None
    when = f" on {item.end_date:%-d %b %Y}" if item.end_date else ""
    return Judgement(Verdict.REJECTED, f"Left the company{when}.")


def _machine(item: Item, dice: Random) -> Judgement | None:
    if item.is_orphan:
        return Judgement(Verdict.REJECTED, "Nobody knows whose this is, and nobody uses it.")
    if item.kind is AccountKind.SERVICE:
        return Judgement(Verdict.APPROVED, dice.choice(_SERVICES))
    return None


def _idle(item: Item, dice: Random) -> Judgement | None:
    if not item.is_inactive or dice.random() > 0.6:
        return None
    return Judgement(Verdict.REJECTED, f"Not used since {item.last_used_at:%b %Y}.")


def _power(item: Item, dice: Random) -> Judgement | None:
    if not item.is_privileged:
        return None
    if dice.random() < 0.15:
        return Judgement(Verdict.REJECTED, "No longer administers this; a user role will do.")
    return Judgement(Verdict.APPROVED, dice.choice(_ADMINS))


def _guest(item: Item, dice: Random) -> Judgement | None:
    if not item.is_external:
        return None
    if dice.random() < 0.18:
        return Judgement(Verdict.REJECTED, "The contract ended; the manager forgot to say so.")
    return Judgement(Verdict.APPROVED, dice.choice(_EXTERNALS))


def _moved(item: Item, dice: Random) -> Judgement | None:
    if not item.department or dice.random() > 0.012:
        return None
    return Judgement(Verdict.REJECTED, f"Moved within {item.department}; not needed any more.")
