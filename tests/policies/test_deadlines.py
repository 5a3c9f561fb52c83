"""What is late, what is said ahead, and when a rule may act."""

from datetime import UTC, datetime, timedelta

import pytest

from policies.deadlines import (
    Open,
    Undecided,
    acts_at,
    foretold,
    foretold_late,
    in_zone,
    is_late,
    late_spans,
    later_by,
)

DUE = datetime(2026, 12, 4, 16, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SECOND = timedelta(seconds=1)


def test_the_very_second_of_the_due_date_is_in_time():
    spans = late_spans(DUE, [])
    assert not is_late(DUE, spans)
    assert is_late(DUE + timedelta(microseconds=1), spans)


def test_a_decision_that_was_late_stays_late_when_the_due_date_is_moved_afterwards():
    spans = late_spans(DUE + 7 * DAY, [(DUE + 2 * DAY, DUE)])
    late = {days: is_late(DUE + timedelta(days=days), spans) for days in (-1, 1, 2, 3, 7, 8)}
    assert late == {-1: False, 1: True, 2: True, 3: False, 7: False, 8: True}


def test_a_due_date_that_was_moved_before_it_came_leaves_no_trace_of_lateness():
    spans = late_spans(DUE + 7 * DAY, [(DUE - DAY, DUE)])
    assert not is_late(DUE + DAY, spans)


@pytest.mark.parametrize(
    ("warned", "acts"),
    [
        (None, None),
        (DUE - 48 * HOUR, DUE),
        (DUE - 48 * HOUR + timedelta(seconds=50), DUE),
        (DUE - 20 * HOUR, DUE + 28 * HOUR),
        (DUE + 5 * HOUR, DUE + 53 * HOUR),
    ],
)
def test_nobody_is_dealt_with_by_a_rule_less_than_two_days_after_hearing_of_it(warned, acts):
    assert acts_at(DUE, DUE - 14 * DAY, warned) == acts


def test_what_was_due_within_two_days_from_the_start_is_due_then():
    assert acts_at(DUE, DUE - 10 * HOUR, DUE - 10 * HOUR + timedelta(seconds=50)) == DUE


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("Europe/Berlin", "Fri 4 Dec 2026, 17:00 CET"),
        ("UTC", "Fri 4 Dec 2026, 16:00 UTC"),
        ("Asia/Dubai", "Fri 4 Dec 2026, 20:00 UTC+04:00"),
        ("Asia/Kolkata", "Fri 4 Dec 2026, 21:30 IST"),
        ("America/Sao_Paulo", "Fri 4 Dec 2026, 13:00 UTC-03:00"),
    ],
)
def test_a_moment_is_said_in_the_time_zone_of_the_campaign(zone, said):
    assert in_zone(DUE, zone) == said


def test_it_is_foretold_in_words_and_numbers():
    when = in_zone(DUE, "Europe/Berlin")
    said = foretold(Undecided.REJECT, when, Open(214, 3, 1))
    assert said == (
        "On Fri 4 Dec 2026, 17:00 CET, 214 undecided accounts in 3 reviews will be rejected. "
        "1 review of these has not been started; the list as it is then counts."
    )
    said = foretold(Undecided.EXPIRE, when, Open(1, 1, 1))
    assert said == (
        "On Fri 4 Dec 2026, 17:00 CET, 1 review with 1 undecided account will expire. "
        "It has not been started."
    )
    said = foretold(Undecided.LEAVE, when, Open(2, 1))
    assert said == (
        "From Fri 4 Dec 2026, 17:00 CET on, no decision is accepted. "
        "2 undecided accounts would stay so."
    )
    said = foretold_late(when, Open(2, 1))
    assert said == (
        "From Fri 4 Dec 2026, 17:00 CET on, decisions are marked as late. "
        "2 undecided accounts so far."
    )
    said = foretold(Undecided.REJECT, when, Open())
    assert said == "The due date is Fri 4 Dec 2026, 17:00 CET. Nothing is undecided."


def test_moved_by_days_the_hour_on_the_wall_stays():
    due = datetime(2027, 3, 26, 16, tzinfo=UTC)  # Berlin goes to summer time on the 28th
    assert later_by(4, due, "Europe/Berlin") == datetime(2027, 3, 30, 15, tzinfo=UTC)
