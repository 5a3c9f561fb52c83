"""When each level should be done."""

from datetime import UTC, datetime

import pytest

from policies.level_times import level_due

BEGUN = datetime(2026, 10, 20, 9, tzinfo=UTC)
DUE = datetime(2026, 10, 30, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("shares", "level", "zone", "expected"),
    [
        ((), 1, "UTC", DUE),
        ((0, 0), 1, "UTC", DUE),
        ((60, 40), 2, "UTC", DUE),
        ((60, 40), 1, "UTC", datetime(2026, 10, 26, 23, 59, 59, tzinfo=UTC)),
        ((50, 30, 20), 2, "UTC", datetime(2026, 10, 28, 23, 59, 59, tzinfo=UTC)),
        ((50, 50), 1, "Europe/Berlin", datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC)),  # winter
        ((99, 1), 1, "UTC", DUE),  # its last day ends after the due date
    ],
)
def test_a_level_has_until_the_end_of_the_day_at_which_its_share_is_used_up(
    shares, level, zone, expected
):
    assert level_due(BEGUN, DUE, zone, shares, level) == expected


def test_a_campaign_without_time_gives_every_level_until_its_due_date():
    assert level_due(DUE, DUE, "UTC", (50, 50), 1) == DUE
