"""What the votes of an item's reviewers come to, by the rule of its level."""

from policies.assignment import Outcome
from policies.lifecycle import Verdict


def outcome_of(rule: Outcome, approved: int, rejected: int, reviewers: int) -> Verdict:
    """The verdict once `approved` and `rejected` of the `reviewers` of an item have voted.

    ANY: whoever spoke last decided, so there is one vote at most. ALL: one rejection is enough,
    an approval takes everybody. MAJORITY: more than half approve; where half of them reject, no
    majority can come about any more, and that is a rejection.
    """
    if rule is Outcome.ANY:
        needed, enough = 1, 1
    elif rule is Outcome.ALL:
        needed, enough = reviewers, 1
    else:
        needed, enough = reviewers // 2 + 1, (reviewers + 1) // 2
    if rejected >= enough:
        return Verdict.REJECTED
    return Verdict.APPROVED if reviewers and approved >= needed else Verdict.UNDECIDED
