"""When somebody is at work: letters that can wait are neither written at night nor on a day off."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

# What a list of people or an identity provider may call the attribute.
ZONE_NAMES = frozenset({"timezone", "zone", "tz", "zoneinfo"})
LONGEST_WAIT_DAYS = 14  # no working time is further away


@dataclass(frozen=True)
class WorkingTime:
    """`from_hour` until `to_hour` (24: midnight), not on days off if `five_days`."""

    zone: str = "UTC"
    from_hour: int = 8
    five_days: bool = True
    to_hour: int = 24

    def is_now(self, now: datetime) -> bool:
        """Whether `now` (aware) is a time for such letters."""
        local = now.astimezone(ZoneInfo(self.zone))
        return self.from_hour <= local.hour < self.to_hour and not self.is_off(local.date())

    def next_from(self, now: datetime) -> datetime:
        """`now`, or the beginning of the next working time, in the zone of `now`."""
        if self.is_now(now):
            return now
        zone = ZoneInfo(self.zone)
        local = now.astimezone(zone)
        for days in range(LONGEST_WAIT_DAYS):
            day = local.date() + timedelta(days=days)
            begins = datetime(day.year, day.month, day.day, self.from_hour, tzinfo=zone)
            if begins >= local and not self.is_off(day):
                return begins.astimezone(now.tzinfo)
        return now

    def day_of(self, moment: datetime) -> date:
        """The day on which `moment` falls there."""
        return moment.astimezone(ZoneInfo(self.zone)).date()

    def is_off(self, day: date) -> bool:
        return self.five_days and day.isoweekday() > 5

    def days_off_after(self, day: date) -> int:
        """How many days off follow `day` at once."""
        count = 0
        while self.is_off(day + timedelta(days=count + 1)):
            count += 1
        return count


def zone_of(attributes: Mapping[str, Any], otherwise: str) -> str:
    """The time zone that somebody's attributes name (Europe/Berlin), else `otherwise`."""
    for name, value in attributes.items():
        if "".join(filter(str.isalpha, name.lower())) in ZONE_NAMES and _is_zone(str(value)):
            return str(value)
    return otherwise


@lru_cache(maxsize=512)
def _is_zone(name: str) -> bool:
    return name in available_timezones()
