"""What one types to say when a campaign launches: once at a time, or again and again."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from flask_wtf import FlaskForm
from wtforms import DateField, IntegerField, RadioField, SelectField, StringField, TimeField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # its types are older
from wtforms.validators import InputRequired, NumberRange, Optional, ValidationError

from policies.errors import Invalid
from policies.recurrence import (
    MOST_EVERY,
    MOST_TIMES,
    WEEKDAYS,
    Day,
    Recurrence,
    Unit,
    check_recurrence,
    end_of_day,
    recurrence_from_data,
)
from portal import clock
from portal.models import Campaign
from portal.models.campaign import Overlap
from portal.usecases.series import LONGEST_DAYS, Schedule

SHOWN = 5


class ScheduleForm(FlaskForm):
    """When to launch. Of a rule, only the fields of what was chosen are read."""

    kind = RadioField(
        "When does it launch?",
        choices=[
            SelectChoice("once", "Once, at a time of my choice"),
            SelectChoice("again", "Again and again, by a rule"),
        ],
        default="again",
    )
    first = DateField("Date, or first possible date", [InputRequired("Choose a date.")])
    at = TimeField("Time of day", [InputRequired("Choose a time.")], default=time(9))
    zone = StringField("Time zone", description="Such as Europe/Berlin.", default="UTC")
    every = IntegerField("Every", [NumberRange(1, MOST_EVERY)], default=1)
    unit = SelectField(
        "Unit",
        choices=[
            SelectChoice("week", "weeks"),
            SelectChoice("month", "months"),
            SelectChoice("quarter", "quarters"),
        ],
        default="quarter",
    )
    weekday = SelectField(
        "On (weeks)",
        choices=[SelectChoice(str(n), name) for n, name in enumerate(WEEKDAYS, 1)],
        default="1",
    )
    day = RadioField(
        "On (months and quarters)",
        choices=[
            SelectChoice(Day.GIVEN.value, "the day of the month given below"),
            SelectChoice(Day.LAST.value, "the last day"),
            SelectChoice(Day.LAST_BUSINESS.value, "the last business day"),
        ],
        default=Day.LAST_BUSINESS.value,
    )
    number = IntegerField(
        "Day of the month",
        [NumberRange(1, 31)],
        description="In a shorter month its last day; in a quarter, of its first month.",
        default=1,
    )
    ends = RadioField(
        "How long?",
        choices=[
            SelectChoice("never", "Until somebody ends it"),
            SelectChoice("times", "For a number of launches"),
            SelectChoice("until", "Until a date"),
        ],
        default="never",
    )
    times = IntegerField("Number of launches", [Optional(), NumberRange(1, MOST_TIMES)])
    until = DateField("Last possible date", [Optional()])
    duration = IntegerField(
        "Days to review",
        [NumberRange(1, LONGEST_DAYS)],
        description="It is due at the end of that day, in its time zone.",
        default=14,
    )
    overlap = RadioField(
        "If the one before is still active then?",
        choices=[
            SelectChoice(Overlap.LAUNCH.value, "Launch anyway"),
            SelectChoice(Overlap.WAIT.value, "Wait until it has ended"),
            SelectChoice(Overlap.SKIP.value, "Skip this occurrence, and say so"),
        ],
        default=Overlap.WAIT.value,
    )

    def validate_zone(self, field: StringField) -> None:
        if (field.data or "").strip() not in available_timezones():
            raise ValidationError("There is no such time zone. Write one like Europe/Berlin.")

    def validate_first(self, field: DateField) -> None:
        if self.kind.data == "once" and field.data and self._moment() <= clock.now():
            raise ValidationError("This moment has passed. Choose a later one.")

    def validate_ends(self, field: RadioField) -> None:
        """The rule as a whole, which no single field can judge."""
        if self.kind.data != "again":
            return
        if field.data == "times" and not self.times.data:
            raise ValidationError("Say after how many launches it ends.")
        if field.data == "until" and not self.until.data:
            raise ValidationError("Say on which date it ends.")
        try:
            rule = self.schedule().rule
            check_recurrence(rule)
        except (Invalid, KeyError, ValueError, TypeError) as problem:
            raise ValidationError(_sentence(problem)) from None
        if rule.after(clock.now()) is None:
            raise ValidationError("This rule has no launch left: all its dates lie in the past.")

    def moment(self) -> datetime:
        """The one moment chosen, in UTC; only after validate()."""
        return self._moment()

    def schedule(self) -> Schedule:
        """The rule typed; only after validate()."""
        unit = Unit(self.unit.data)
        number = int(self.weekday.data) if unit is Unit.WEEK else self.number.data or 1
        rule = Recurrence(
            unit,
            self.first.data or clock.today(),
            self.every.data or 1,
            Day.GIVEN if unit is Unit.WEEK else Day(self.day.data),
            number,
            self.at.data or time(9),
            (self.zone.data or "").strip(),
            self.times.data if self.ends.data == "times" else None,
            self.until.data if self.ends.data == "until" else None,
        )
        return Schedule(rule, self.duration.data or 1, Overlap(self.overlap.data))

    def next_launches(self) -> list[datetime]:
        """The next few moments of what is typed; none where it makes no sense yet."""
        try:
            if self.kind.data == "once":
                return [self._moment()]
            rule = self.schedule().rule
            check_recurrence(rule)
        except (Invalid, KeyError, ValueError, TypeError):
            return []
        return list(islice((m for m in rule.moments() if m > clock.now()), SHOWN))

    def dues(self, launches: list[datetime]) -> list[datetime]:
        """When each of these launches would be due; none for one launch, which has its own date."""
        if self.kind.data == "once" or not self.duration.data:
            return []
        zone = (self.zone.data or "").strip()
        days = [moment.astimezone(ZoneInfo(zone)).date() for moment in launches]
        return [end_of_day(day + timedelta(days=self.duration.data), zone) for day in days]

    def _moment(self) -> datetime:
        day, at = self.first.data or clock.today(), self.at.data or time(9)
        return datetime.combine(day, at, ZoneInfo((self.zone.data or "").strip())).astimezone(UTC)


def schedule_as_typed(campaign: Campaign, today: date) -> dict[str, Any]:
    """A stored campaign's schedule as the form's data; of a draft, what is usual."""
    if campaign.series is None:
        return {"first": today}
    rule = recurrence_from_data(campaign.series.recurrence)
    ends = "times" if rule.times else "until" if rule.until else "never"
    return {
        "first": rule.first,
        "at": rule.at,
        "zone": rule.zone,
        "every": rule.every,
        "unit": rule.unit.value,
        "weekday": str(rule.number if rule.unit is Unit.WEEK else 1),
        "day": rule.day.value,
        "number": rule.number,
        "ends": ends,
        "times": rule.times,
        "until": rule.until,
        "duration": campaign.series.duration_days,
        "overlap": campaign.series.overlap.value,
    }


def _sentence(problem: Exception) -> str:
    return str(problem) if isinstance(problem, Invalid) else "The rule is not complete yet."
