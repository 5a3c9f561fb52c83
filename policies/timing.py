"""When a campaign that is being planned is to launch, how long it lasts, and its words.

The rule of one that recurs is policies.recurrence; this is what is chosen around it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from policies.errors import Invalid
from policies.recurrence import Recurrence, check_recurrence, due_moment, recurrence_from_data

LONGEST_DAYS = 365


class Start(StrEnum):
    NOW = "now"
    ONCE = "once"
    AGAIN = "again"


@dataclass(frozen=True)
class Timing:
    """`moment` is for ONCE, `rule` for AGAIN. `due_time` None is the end of the last day.

    `overlap` is what an occurrence does whose time comes while the one before is active.
    """

    start: Start = Start.NOW
    zone: str = "UTC"
    days: int = 14
    due_time: time | None = None
    moment: datetime | None = None
    rule: Recurrence | None = None
    overlap: str = "wait"

    def as_data(self) -> dict[str, Any]:
        """As it is stored with the draft."""
        return {
            "start": self.start.value,
            "zone": self.zone,
            "days": self.days,
            "due_time": self.due_time.isoformat("minutes") if self.due_time else "",
            "moment": self.moment.isoformat() if self.moment else "",
            "rule": self.rule.as_data() if self.rule else None,
            "overlap": self.overlap,
        }

    def launches(self, now: datetime, most: int) -> list[datetime]:
        """The next moments at which it would launch."""
        if self.start is Start.AGAIN and self.rule:
            return list(islice((each for each in self.rule.moments() if each > now), most))
        return [self.moment if self.start is Start.ONCE and self.moment else now]

    def due(self, launch: datetime) -> datetime:
        """When a campaign that launches at that moment is due, in UTC."""
        day = launch.astimezone(ZoneInfo(self.zone)).date() + timedelta(days=self.days)
        return due_moment(day, self.zone, self.due_time)


def timing_from_data(data: Mapping[str, Any]) -> Timing:
    """Read what `as_data` wrote; of an empty one, what is usual."""
    if not data:
        return Timing()
    return Timing(
        Start(data["start"]),
        data["zone"],
        data["days"],
        time.fromisoformat(data["due_time"]) if data["due_time"] else None,
        datetime.fromisoformat(data["moment"]) if data["moment"] else None,
        recurrence_from_data(data["rule"]) if data["rule"] else None,
        data["overlap"],
    )


def check_timing(timing: Timing, now: datetime) -> None:
    """Raise Invalid, with a sentence, where nothing could be launched by it."""
    if timing.zone not in available_timezones():
        raise Invalid(f"“{timing.zone}” is no time zone. Write one like Europe/Berlin.")
    if not 1 <= timing.days <= LONGEST_DAYS:
        raise Invalid(f"Give the reviewers 1 to {LONGEST_DAYS} days.")
    if timing.start is Start.ONCE and (timing.moment is None or timing.moment <= now):
        raise Invalid("The moment of the launch has passed. Choose a later one.")
    if timing.start is Start.AGAIN:
        if timing.rule is None:
            raise Invalid("Say by which rule it launches again.")
        check_recurrence(timing.rule)
        if timing.rule.after(now) is None:
            raise Invalid("This rule has no launch left: all its dates lie in the past.")


def until(day: date, today: date) -> int:
    """How many days from today to the day a campaign is due. Raises Invalid."""
    days = (day - today).days
    if not 0 < days <= LONGEST_DAYS:
        raise Invalid(f"Choose a due date from tomorrow to {LONGEST_DAYS} days ahead.")
    return days


def moment_at(day: date, at: time, zone: str) -> datetime:
    """That time of that day in the zone, in UTC."""
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)
