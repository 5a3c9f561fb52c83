"""When a recurring campaign launches: rules as data, and the moments they come to.

A rule gives dates in its own time zone; a moment is such a date at the rule's time of day, in
UTC. A time that the clocks skip in spring is taken an hour later, one that they pass twice in
autumn the first time.
"""

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import count, islice
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from policies.errors import Invalid

MOST_EVERY = 52
MOST_TIMES = 400
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


_DATED = re.compile(r"(?:,|\s)+(?:(?:\d{1,2} )?[A-Z][a-z]{2,8}|Q[1-4])?\s*20\d\d$")


def without_date(name: str) -> str:
    """What a series is called: "Access review" of "Access review Q4 2026", for each occurrence
    says its own date. A name that is nothing else stays."""
    return _DATED.sub("", name.strip()) or name


class Unit(StrEnum):
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


class Day(StrEnum):
    """Which day of the month or quarter: a given one, or one counted from the end."""

    GIVEN = "day"
    LAST = "last day"
    LAST_BUSINESS = "last business day"


@dataclass(frozen=True)
class Recurrence:
    """Every `every` weeks on a weekday, or months or quarters on a day, from `first` on.

    `number` is the weekday (Monday is 1) or the day of the month; where a month is shorter,
    its last day is meant. In a quarter it is a day of its first month. The rule ends `times`
    launches after `first`, or with the date `until`; with neither, never.
    """

    unit: Unit
    first: date
    every: int = 1
    day: Day = Day.GIVEN
    number: int = 1
    at: time = time(9)
    zone: str = "UTC"
    times: int | None = None
    until: date | None = None

    def moments(self) -> Iterator[datetime]:
        """Every launch in order, in UTC; without end where the rule has none."""
        zone = ZoneInfo(self.zone)
        for day in self.dates():
            yield datetime.combine(day, self.at, zone).astimezone(UTC)

    def dates(self) -> Iterator[date]:
        days = (day for day in self._days() if day >= self.first)
        for day in islice(days, self.times):
            if self.until is not None and day > self.until:
                return
            yield day

    def after(self, moment: datetime) -> datetime | None:
        """The first launch after `moment` (aware); None where the rule has ended by then."""
        return next((each for each in self.moments() if each > moment), None)

    def as_data(self) -> dict[str, Any]:
        """The rule as plain data, for the database and the trail."""
        return {
            "unit": self.unit.value,
            "first": self.first.isoformat(),
            "every": self.every,
            "day": self.day.value,
            "number": self.number,
            "at": self.at.isoformat("minutes"),
            "zone": self.zone,
            "times": self.times,
            "until": self.until.isoformat() if self.until else None,
        }

    def in_words(self) -> str:
        """The rule as a sentence's part: "every quarter on its last business day at 09:00"."""
        unit = self.unit.value
        often = f"every {unit}" if self.every == 1 else f"every {self.every} {unit}s"
        words = f"{often} {self._day_in_words()} at {self.at:%H:%M} ({self.zone})"
        if self.times is not None:
            return f"{words}, {self.times} times" if self.times > 1 else f"{words}, once"
        return f"{words}, until {self.until:%-d %B %Y}" if self.until else words

    def _day_in_words(self) -> str:
        if self.unit is Unit.WEEK:
            return f"on {WEEKDAYS[self.number - 1]}"
        return f"on day {self.number}" if self.day is Day.GIVEN else f"on its {self.day.value}"

    def _days(self) -> Iterator[date]:
        """Every date of the rule, from about `first` on, without regard to its end."""
        try:
            yield from self._weekdays() if self.unit is Unit.WEEK else self._days_of_months()
        except (OverflowError, ValueError):
            return  # the calendar ends with the year 9999

    def _weekdays(self) -> Iterator[date]:
        to_go = (self.number - self.first.isoweekday()) % 7
        day = self.first + timedelta(days=to_go)
        while True:
            yield day
            day += timedelta(weeks=self.every)

    def _days_of_months(self) -> Iterator[date]:
        length = 3 if self.unit is Unit.QUARTER else 1
        begins = self.first.year * 12 + (self.first.month - 1) // length * length
        at_the_end = self.day is not Day.GIVEN
        begins += length - 1 if at_the_end else 0
        # The first period may be over by `first`: every `every` counts from one that is not.
        while self._day_of(begins) < self.first:
            begins += length
        for nth in count():
            yield self._day_of(begins + nth * length * self.every)

    def _day_of(self, month: int) -> date:
        """The rule's day in a month, counted from the year 0."""
        year, zero_based = divmod(month, 12)
        last = monthrange(year, zero_based + 1)[1]
        if self.day is Day.GIVEN:
            return date(year, zero_based + 1, min(self.number, last))
        day = date(year, zero_based + 1, last)
        if self.day is Day.LAST_BUSINESS:
            day -= timedelta(days=max(0, day.isoweekday() - 5))
        return day


def recurrence_from_data(data: Mapping[str, Any]) -> Recurrence:
    """The rule that `as_data` wrote."""
    return Recurrence(
        Unit(data["unit"]),
        date.fromisoformat(data["first"]),
        data["every"],
        Day(data["day"]),
        data["number"],
        time.fromisoformat(data["at"]),
        data["zone"],
        data["times"],
        date.fromisoformat(data["until"]) if data["until"] else None,
    )


def check_recurrence(rule: Recurrence) -> None:
    """Raise Invalid, with a sentence, where the rule makes no sense."""
    most = 7 if rule.unit is Unit.WEEK else 31
    if not 1 <= rule.every <= MOST_EVERY:
        raise Invalid(f"Repeat every 1 to {MOST_EVERY} {rule.unit.value}s.")
    if not 1 <= rule.number <= most:
        raise Invalid(f"Choose a day from 1 to {most}.")
    if rule.zone not in available_timezones():
        raise Invalid(f"“{rule.zone}” is no time zone. Write one like Europe/Berlin.")
    if rule.times is not None and not 1 <= rule.times <= MOST_TIMES:
        raise Invalid(f"It may end after 1 to {MOST_TIMES} launches.")
    if rule.times is not None and rule.until is not None:
        raise Invalid("Let it end after a number of launches or on a date, not both.")
    if next(rule.dates(), None) is None:
        raise Invalid("This rule never launches anything: it ends before its first date.")


def due_moment(day: date, zone: str, at: time | None = None) -> datetime:
    """When something is due on that day of the time zone, in UTC: at a time, or at its end."""
    if at is None:
        return end_of_day(day, zone)
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)


def end_of_day(day: date, zone: str) -> datetime:
    """The last second of `day` in the time zone, in UTC."""
    midnight = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
    return midnight.astimezone(UTC) - timedelta(seconds=1)
