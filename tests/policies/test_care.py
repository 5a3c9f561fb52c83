"""How careful a campaign asks its reviewers to be: the whole table of comment rules."""

from datetime import timedelta

import pytest

from policies.assignment import reviewing_from_data
from policies.care import Care, CommentRule, Comments, Needing, care_from_data, refuse_uncommented
from policies.errors import CommentMissing, Invalid
from policies.lifecycle import Verdict
from policies.pace import LONGEST, seconds_taken
from portal import clock

A, R, C, U = Verdict.APPROVED, Verdict.REJECTED, Verdict.CHANGED, Verdict.UNDECIDED
REQUIRED = Comments.REQUIRED


@pytest.mark.parametrize(
    ("on", "verdict", "privileged", "against", "needed"),
    [
        ((), A, False, False, True),
        ((), U, True, True, False),
        ((Needing.REJECT,), R, False, False, True),
        ((Needing.REJECT,), C, False, False, True),
        ((Needing.REJECT,), A, True, True, False),
        ((Needing.AGAINST,), A, False, True, True),
        ((Needing.AGAINST,), R, False, True, False),
        ((Needing.AGAINST,), A, True, False, False),
        ((Needing.PRIVILEGED,), A, True, False, True),
        ((Needing.PRIVILEGED,), R, True, False, True),
        ((Needing.PRIVILEGED,), R, False, True, False),
        (tuple(Needing), A, False, False, False),
    ],
)
def test_where_a_comment_is_required(on, verdict, privileged, against, needed):
    rule, facts = CommentRule(REQUIRED, frozenset(on)), (privileged, against)
    refuse = lambda said: refuse_uncommented(  # noqa: E731  asked three times
        rule, verdict, said, is_privileged=facts[0], is_against=facts[1]
    )
    refuse("because")
    if needed:
        with pytest.raises(CommentMissing):
            refuse("  ")
    else:
        refuse("")


def test_where_comments_are_optional_or_not_taken():
    facts = {"is_privileged": True, "is_against": True}
    refuse_uncommented(CommentRule(), R, "", **facts)
    refuse_uncommented(CommentRule(Comments.NONE), R, "", **facts)
    with pytest.raises(Invalid, match="takes no comments"):
        refuse_uncommented(CommentRule(Comments.NONE), R, "why", **facts)


def test_what_was_said_of_care_is_read_again_as_it_was():
    care = Care(
        CommentRule(REQUIRED, frozenset({Needing.REJECT})),
        {2: CommentRule(Comments.NONE)},
        ("Moved", "Left"),
        bulk_privileged=False,
        second_look=5,
    )
    assert care_from_data(care.as_data()) == care
    assert reviewing_from_data({"care": care.as_data()}).care == care
    assert (care.rule_at(1).mode, care.rule_at(2).mode) == (REQUIRED, Comments.NONE)


@pytest.mark.parametrize(
    "data",
    [
        {"comments": {"mode": "loud"}},
        {"comments": {"on": ["moon"]}},
        {"suggestions": ["x"] * 1 + [str(n) for n in range(20)]},
        {"suggestions": ["x" * 201]},
        {"second_look": 51},
    ],
)
def test_what_makes_no_sense_is_refused(data):
    with pytest.raises(Invalid):
        care_from_data(data)


@pytest.mark.parametrize(
    ("before", "opened", "seconds"),
    [
        (None, None, None),
        (9, None, 9.0),
        (None, 4, 4.0),
        (9, 4, 4.0),
        (4, 9, 4.0),
        (5000, 4000, LONGEST),
        (9, -60, 9.0),
    ],
)
def test_a_decision_takes_as_long_as_since_the_one_before_or_the_list_was_opened(
    before, opened, seconds
):
    now = clock.now()
    ago = lambda n: None if n is None else now - timedelta(seconds=n)  # noqa: E731  twice
    assert seconds_taken(now, ago(before), ago(opened)) == seconds
