"""What is recommended for an account, and why, in words. Nobody is bound by it.

One table of rules. portal.queries.recommending says each of them in SQL, for the freeze; a test
holds the two equal over the whole table. docs/reviewers/recommendations.md explains them.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from policies.lifecycle import Verdict


class Advice(StrEnum):
    """UNKNOWN: nothing speaks against it, but nothing is known that speaks for it either."""

    REJECT = "reject"
    LOOK = "look closely"
    APPROVE = "approve"
    UNKNOWN = "no information"


OPPOSED: Mapping[str, Verdict] = {
    Advice.REJECT.value: Verdict.APPROVED,
    Advice.APPROVE.value: Verdict.REJECTED,
}
FOLLOWED: Mapping[str, Verdict] = {
    Advice.REJECT.value: Verdict.REJECTED,
    Advice.APPROVE.value: Verdict.APPROVED,
}
UNSAID: Mapping[str, str] = {  # what there is to say without a reason
    Advice.APPROVE.value: "in use, and nothing speaks against it",
    Advice.UNKNOWN.value: "nothing speaks against it, but when it was used, or whose it is, "
    "is not known",
}


@dataclass(frozen=True)
class Limits:
    """From the settings, and of the day of the freeze."""

    now: datetime
    inactive_days: int = 90
    recent_days: int = 30  # within which privileged access is to be used
    grace_days: int = 30  # after its creation an account need not have been used

    @property
    def today(self) -> date:
        return self.now.date()

    def ago(self, days: int) -> datetime:
        return self.now - timedelta(days=days)


@dataclass(frozen=True)
class Facts:
    """What the rules need to know of an account.

    `tells_use`: its list says of some account when it was last used. `few_peers` and `conflicts`
    are in words, empty where there are none (policies.peers).
    """

    is_service: bool = False
    has_access: bool = True
    is_orphan: bool = False
    is_past: bool = False  # the list of people says so
    is_external: bool = False
    is_privileged: bool = False
    is_new: bool = False
    end_date: date | None = None
    last_used_at: datetime | None = None
    created_on: date | None = None
    tells_use: bool = True
    department: str = ""
    department_before: str = ""
    verdict_before: str = ""
    few_peers: str = ""
    conflicts: str = ""


@dataclass(frozen=True)
class Rule:
    """`words` are what it says of an account; `means` explains it where it is switched."""

    key: str
    name: str
    advice: Advice
    means: str
    holds: Callable[[Facts, Limits], bool]
    words: Callable[[Facts, Limits], str]


def _unused(facts: Facts, limits: Limits) -> bool:
    """It was never used, and had time enough to be."""
    if facts.last_used_at or not facts.tells_use:
        return False
    if facts.created_on is None:
        return not facts.is_new
    return facts.created_on < limits.ago(limits.grace_days).date()


def _not_since(facts: Facts, limits: Limits, days: int) -> bool:
    return bool(facts.last_used_at and facts.last_used_at < limits.ago(days))


_TABLE = (
    Rule(
        "past",
        "Past user",
        Advice.REJECT,
        "Its person has left.",
        lambda facts, _: facts.is_past,
        lambda *_: "past user",
    ),
    Rule(
        "ended",
        "Contract ended",
        Advice.REJECT,
        "The end date of its person has passed.",
        lambda facts, limits: bool(facts.end_date and facts.end_date < limits.today),
        lambda facts, _: f"contract ended on {facts.end_date}",
    ),
    Rule(
        "inactive",
        "Inactive",
        Advice.REJECT,
        "It was used before, but not within the days that Settings name.",
        lambda facts, limits: _not_since(facts, limits, limits.inactive_days),
        lambda _, limits: f"not used in the last {limits.inactive_days} days",
    ),
    Rule(
        "unused",
        "Never used",
        Advice.REJECT,
        "Its list tells when accounts were used, and this one never was, though it had the time.",
        _unused,
        lambda *_: "never used",
    ),
    Rule(
        "idle",
        "Privileged without recent use",
        Advice.REJECT,
        "Privileged access that was not used within the days that Settings name.",
        lambda facts, limits: (
            facts.is_privileged
            and (_not_since(facts, limits, limits.recent_days) or _unused(facts, limits))
        ),
        lambda _, limits: f"privileged, and not used in the last {limits.recent_days} days",
    ),
    Rule(
        "orphan",
        "Orphan",
        Advice.REJECT,
        "An account that was matched to nobody.",
        lambda facts, _: facts.is_orphan and not facts.is_service,
        lambda *_: "belongs to nobody",
    ),
    Rule(
        "again",
        "Rejected before and still there",
        Advice.REJECT,
        "The last completed review rejected it, and it still has access.",
        lambda facts, _: facts.has_access and facts.verdict_before == Verdict.REJECTED.value,
        lambda *_: "rejected last time, and still there",
    ),
    Rule(
        "duties",
        "Conflict of duties",
        Advice.LOOK,
        "Its person holds two things that nobody is to hold together, by the list in Settings.",
        lambda facts, _: bool(facts.conflicts),
        lambda facts, _: f"conflict of duties: {facts.conflicts}",
    ),
    Rule(
        "few",
        "Few peers hold it",
        Advice.LOOK,
        "Of the colleagues with the same department and title, a smaller share than Settings "
        "name hold what it holds.",
        lambda facts, _: bool(facts.few_peers),
        lambda facts, _: f"few peers hold it: {facts.few_peers}",
    ),
    Rule(
        "moved",
        "Changed department",
        Advice.LOOK,
        "Its person is in another department than at the last completed review.",
        lambda facts, _: facts.department_before not in ("", facts.department),
        lambda facts, _: (
            f"moved from {facts.department_before} to {facts.department or 'no department'}"
        ),
    ),
    Rule(
        "unowned",
        "Service account without an owner",
        Advice.LOOK,
        "Nobody is named who answers for it.",
        lambda facts, _: facts.is_orphan and facts.is_service,
        lambda *_: "service account without an owner",
    ),
    Rule(
        "external",
        "External",
        Advice.LOOK,
        "Its person is not of the organisation.",
        lambda facts, _: facts.is_external,
        lambda *_: "external",
    ),
)
RULES: Mapping[str, Rule] = {rule.key: rule for rule in _TABLE}


@dataclass(frozen=True)
class Recommendation:
    """The advice, and every reason for it in words, those against it first."""

    advice: Advice | None = None
    reasons: tuple[str, ...] = ()

    @property
    def in_words(self) -> str:
        return "; ".join(self.reasons)


def recommend(facts: Facts, limits: Limits, on: Collection[str]) -> Recommendation:
    """What the rules that are `on` come to; no advice at all where none is."""
    if not on:
        return Recommendation()
    found = [rule for rule in _TABLE if rule.key in on and rule.holds(facts, limits)]
    advice = {rule.advice for rule in found}
    reasons = tuple(rule.words(facts, limits) for rule in found)
    if advice:
        return Recommendation(Advice.REJECT if Advice.REJECT in advice else Advice.LOOK, reasons)
    is_known = facts.last_used_at is not None and not facts.is_orphan
    return Recommendation(Advice.APPROVE if is_known else Advice.UNKNOWN)


def is_against(recommendation: str, verdict: Verdict) -> bool:
    """Whether a decision is the opposite of what was recommended."""
    return OPPOSED.get(recommendation) is verdict
