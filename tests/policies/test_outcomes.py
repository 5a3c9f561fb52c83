"""The whole table: what the votes of one, two, three and four reviewers come to, by each rule."""

import pytest

from policies.assignment import Outcome
from policies.lifecycle import Verdict
from policies.outcomes import outcome_of

LETTERS = {".": Verdict.UNDECIDED, "A": Verdict.APPROVED, "R": Verdict.REJECTED}

# By rule and reviewers: a row for each number of approvals, a column for each of rejections.
TABLE = {
    (Outcome.ANY, 1): (".R", "A"),
    (Outcome.ANY, 2): (".R", "A"),  # one voice stands at a time
    (Outcome.ALL, 1): (".R", "A"),
    (Outcome.ALL, 2): (".RR", ".R", "A"),
    (Outcome.ALL, 3): (".RRR", ".RR", ".R", "A"),
    (Outcome.ALL, 4): (".RRRR", ".RRR", ".RR", ".R", "A"),
    (Outcome.MAJORITY, 1): (".R", "A"),
    (Outcome.MAJORITY, 2): (".RR", ".R", "A"),
    (Outcome.MAJORITY, 3): ("..RR", "..R", "AA", "A"),
    (Outcome.MAJORITY, 4): ("..RRR", "..RR", "..R", "AA", "A"),
}
CASES = [
    (rule, reviewers, approved, rejected, LETTERS[letter])
    for (rule, reviewers), rows in TABLE.items()
    for approved, row in enumerate(rows)
    for rejected, letter in enumerate(row)
]


@pytest.mark.parametrize(("rule", "reviewers", "approved", "rejected", "expected"), CASES)
def test_what_the_votes_come_to(rule, reviewers, approved, rejected, expected):
    assert outcome_of(rule, approved, rejected, reviewers) is expected


def test_without_reviewers_nothing_is_decided():
    assert {outcome_of(rule, 0, 0, 0) for rule in (Outcome.ANY, Outcome.ALL)} == {Verdict.UNDECIDED}
