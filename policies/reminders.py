"""Whom to remind, and when: of what they still owe, never of what is done.

All days here are calendar days in the organisation's time zone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

FINAL_DAYS = 1  # a reminder so close to the due date is the last one


class Reminder(StrEnum):
    """The kind of letter it is."""

    REMINDER = "reminder"
    FINAL = "final-reminder"
    OVERDUE = "overdue"


@dataclass(frozen=True)
class ReminderRule:
    """Remind `before` the due date (in days), and every `late_every` days after it (0: never)."""

    before: Sequence[int] = (7, 3, 1, 0)
    late_every: int = 1

    def due_on(self, today: date, due: date, working: "WorkingTime") -> Reminder | None:
        """The reminder that `today` brings for something due on `due`.

        One that would fall on a day off comes on the last working day before it.
        """
        left = (due - today).days
        if left < 0:
            late = self.late_every and -left % self.late_every == 0
            return Reminder.OVERDUE if late else None
        planned = {left, *(left - n for n in range(1, working.days_off_after(today) + 1))}
        if not planned & set(self.before):
            return None
        return Reminder.FINAL if left <= FINAL_DAYS else Reminder.REMINDER


@dataclass(frozen=True)
class WorkingTime:
    """When letters that can wait are written: from `from_hour`, not on days off if `five_days`."""

    zone: str = "UTC"
    from_hour: int = 8
    five_days: bool = True

    def is_now(self, now: datetime) -> bool:
        """Whether `now` (aware) is a time for such letters."""
        local = now.astimezone(ZoneInfo(self.zone))
        return local.hour >= self.from_hour and not self.is_off(local.date())

    def day_of(self, moment: datetime) -> date:
        """The day on which `moment` falls where the organisation is."""
        return moment.astimezone(ZoneInfo(self.zone)).date()

    def is_off(self, day: date) -> bool:
        return self.five_days and day.isoweekday() > 5

    def days_off_after(self, day: date) -> int:
        """How many days off follow `day` at once."""
        count = 0
        while self.is_off(day + timedelta(days=count + 1)):
            count += 1
        return count
