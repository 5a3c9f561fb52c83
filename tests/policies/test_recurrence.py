"""When recurring campaigns launch, on calendars that are not kind."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from policies.errors import Invalid
from policies.recurrence import (
    Day,
    Recurrence,
    Unit,
    check_recurrence,
    end_of_day,
    recurrence_from_data,
    without_date,
)


def dates(rule, most=5):
    return [day.isoformat() for day in islice(rule.dates(), most)]


def test_the_last_business_day_of_the_quarter_is_never_at_a_weekend():
    rule = Recurrence(Unit.QUARTER, date(2026, 11, 23), day=Day.LAST_BUSINESS)
    assert dates(rule, 8) == [
        *("2026-12-31", "2027-03-31", "2027-06-30", "2027-09-30"),
        *("2027-12-31", "2028-03-31", "2028-06-30", "2028-09-29"),
    ]


def test_the_31st_is_the_last_day_of_a_shorter_month():
    rule = Recurrence(Unit.MONTH, date(2027, 12, 1), number=31)
    assert dates(rule) == ["2027-12-31", "2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30"]


def test_a_month_that_is_over_by_the_first_date_does_not_count():
    rule = Recurrence(Unit.MONTH, date(2026, 11, 23), every=2, number=15)
    assert dates(rule, 3) == ["2026-12-15", "2027-02-15", "2027-04-15"]


def test_the_day_of_a_quarter_lies_in_its_first_month():
    rule = Recurrence(Unit.QUARTER, date(2026, 11, 23), number=5)
    assert dates(rule, 3) == ["2027-01-05", "2027-04-05", "2027-07-05"]


def test_every_second_week_keeps_its_rhythm_over_the_new_year():
    rule = Recurrence(Unit.WEEK, date(2026, 12, 9), every=2, number=1)
    assert dates(rule, 4) == ["2026-12-14", "2026-12-28", "2027-01-11", "2027-01-25"]


def test_it_ends_after_its_launches_or_on_its_date():
    monthly = {"unit": Unit.MONTH, "first": date(2027, 1, 1)}
    assert len(dates(Recurrence(**monthly, times=3), 10)) == 3
    assert dates(Recurrence(**monthly, until=date(2027, 3, 1)), 10)[-1] == "2027-03-01"


def test_summer_time_does_not_move_the_hour_on_the_wall():
    zone = ZoneInfo("Europe/Berlin")
    rule = Recurrence(Unit.MONTH, date(2027, 3, 1), zone=zone.key)
    moments = list(islice(rule.moments(), 2))
    assert [moment.hour for moment in moments] == [8, 7]
    assert {moment.astimezone(zone).hour for moment in moments} == {9}


@pytest.mark.parametrize(
    ("day", "at", "utc"),
    [
        (date(2027, 3, 28), time(2, 30), datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),  # skipped
        (date(2027, 10, 31), time(2, 30), datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),  # twice
    ],
)
def test_an_hour_that_is_missing_or_double_is_still_one_launch(day, at, utc):
    rule = Recurrence(Unit.MONTH, day, number=day.day, at=at, zone="Europe/Berlin", times=1)
    assert list(rule.moments()) == [utc]


def test_what_was_missed_is_not_made_up_for_one_by_one():
    rule = Recurrence(Unit.WEEK, date(2026, 1, 5), number=1)
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert rule.after(now) == datetime(2026, 11, 30, 9, tzinfo=UTC)


def test_a_rule_comes_back_from_its_data_as_it_was():
    rule = Recurrence(Unit.QUARTER, date(2027, 1, 1), 2, Day.LAST, zone="Asia/Tokyo", times=4)
    assert recurrence_from_data(rule.as_data()) == rule


def test_it_is_said_in_words():
    rule = Recurrence(Unit.QUARTER, date(2027, 1, 1), day=Day.LAST_BUSINESS, zone="Europe/Berlin")
    assert rule.in_words() == "every quarter on its last business day at 09:00 (Europe/Berlin)"
    weekly = Recurrence(Unit.WEEK, date(2027, 1, 1), every=2, number=5, times=6)
    assert weekly.in_words() == "every 2 weeks on Friday at 09:00 (UTC), 6 times"


@pytest.mark.parametrize(
    "change",
    [
        {"every": 0},
        {"number": 32},
        {"zone": "Mars/Base"},
        {"times": 0},
        {"times": 2, "until": date(2030, 1, 1)},
        {"until": date(2026, 1, 1)},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(change):
    with pytest.raises(Invalid):
        check_recurrence(Recurrence(Unit.MONTH, **{"first": date(2027, 1, 1), **change}))


def test_the_calendar_may_end_before_the_rule_does():
    rule = Recurrence(Unit.MONTH, date(9999, 11, 1))
    assert dates(rule) == ["9999-11-01", "9999-12-01"]


def test_the_due_second_is_the_last_of_its_day_where_the_campaign_lives():
    due = end_of_day(date(2026, 12, 4), "America/New_York")
    assert due == datetime(2026, 12, 5, 4, 59, 59, tzinfo=UTC)
    assert due + timedelta(seconds=1) == datetime(2026, 12, 5, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "series"),
    [
        ("Access review Q4 2026", "Access review"),
        ("Salesforce, Nov 2026", "Salesforce"),
        ("Leavers, 7 Dec 2026", "Leavers"),
        ("Privileged access 2026", "Privileged access"),
        ("Quarterly, all sanctioned", "Quarterly, all sanctioned"),
        ("Project 2026 review", "Project 2026 review"),
        ("Area 51", "Area 51"),
        ("2026", "2026"),
    ],
)
def test_a_series_is_called_without_the_date_of_its_first_occurrence(name, series):
    assert without_date(name) == series
