"""What is left by day, against an even pace."""

from datetime import date

from policies.burndown import Burndown

START, DUE = date(2026, 12, 1), date(2026, 12, 10)


def chart(today: int, *days: tuple[int, int], total: int = 100) -> Burndown:
    taken = [(date(2026, 12, day), count) for day, count in days]
    return Burndown(total, START, DUE, date(2026, 12, today), taken)


def test_an_even_pace_leaves_half_in_the_middle():
    at_half = chart(5, (2, 20), (4, 20))
    assert (at_half.left, at_half.planned, at_half.is_behind) == (60, 50, True)
    assert at_half.in_words == "60 of 100 decisions left, 50 at an even pace"
    assert chart(5, (1, 50)).is_behind is False


def test_it_is_drawn_from_the_launch_to_the_due_date():
    assert chart(5, (2, 20), (4, 20)).actual == [
        (0.0, 0.0),
        (20.0, 20.0),
        (40.0, 40.0),
        (50.0, 40.0),
    ]
    assert chart(5).ideal == [(0.0, 0.0), (100.0, 100.0)]


def test_once_it_is_late_the_due_date_moves_left():
    late = chart(20, (2, 20))
    assert late.due_x == 50.0
    assert late.planned == 0
    assert late.in_words == "80 of 100 decisions left, all of them overdue"
    assert late.actual[-1] == (100.0, 20.0)


def test_nothing_to_decide_and_all_decided_are_said():
    assert chart(5, total=0).in_words == "Nothing to decide"
    assert chart(5, total=0).actual[-1] == (50.0, 100.0)
    assert chart(5, (1, 100)).in_words == "All 100 decisions taken"
