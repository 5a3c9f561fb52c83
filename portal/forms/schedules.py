"""What one types to say when a campaign launches: once at a time, or again and again."""

from dataclasses import replace
from datetime import MAXYEAR, MINYEAR, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TimeField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # its types are older
from wtforms.validators import InputRequired, NumberRange, Optional, ValidationError

from policies.deadlines import Undecided
from policies.errors import Invalid
from policies.recurrence import (
    MOST_EVERY,
    MOST_TIMES,
    WEEKDAYS,
    Day,
    Recurrence,
    Unit,
    check_recurrence,
)
from policies.timing import LONGEST_DAYS, Start, Timing, moment_at
from portal import clock
from portal.models import Campaign
from portal.models.campaign import Overlap
from portal.queries.series import timing_of
from portal.usecases.campaigns import Plan

SHOWN = 5
KINDS = [
    SelectChoice("now", "Now, as soon as it is published"),
    SelectChoice("once", "Once, at a time of my choice"),
    SelectChoice("again", "Again and again, by a rule"),
]


class ScheduleForm(FlaskForm):
    """When to launch. Of a rule, only the fields of what was chosen are read."""

    kind = RadioField(
        "When does it launch?",
        choices=KINDS,
        default="now",
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
        default=14,
    )
    due_time = TimeField(
        "Due at", [Optional()], description="None: the end of its last day. In the time zone above."
    )
    undecided = RadioField(
        "What happens to undecided accounts at the due date?",
        choices=[
            SelectChoice(Undecided.LEAVE.value, "They stay open"),
            SelectChoice(Undecided.REJECT.value, "They are rejected, with a note"),
            SelectChoice(Undecided.EXPIRE.value, "Their review expires"),
        ],
        default=Undecided.LEAVE.value,
    )
    accepts_late = BooleanField(
        "Accept decisions after the due date", description="They are marked late."
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
        if field.data and not MINYEAR < field.data.year < MAXYEAR:
            raise ValidationError("Choose a date in another year: this one has no time zones.")
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
            rule = self._rule()
            check_recurrence(rule)
        except (Invalid, KeyError, ValueError, TypeError) as problem:
            raise ValidationError(_sentence(problem)) from None
        if rule.after(clock.now()) is None:
            raise ValidationError("This rule has no launch left: all its dates lie in the past.")

    def validate_undecided(self, field: RadioField) -> None:
        if self.accepts_late.data and field.data != Undecided.LEAVE.value:
            raise ValidationError("Late decisions are taken only where these stay open.")

    def offers_later_only(self) -> None:
        """Of a campaign that is scheduled already: it is launched early from its own page."""
        self.kind.choices = KINDS[1:]

    @property
    def zone_name(self) -> str:
        """The time zone typed, or UTC while it is none."""
        name = (self.zone.data or "").strip()
        return name if name in available_timezones() else "UTC"

    def timing(self) -> Timing:
        """When it launches, as typed; only after validate(), or ready for any complaint."""
        start = Start(self.kind.data)
        return Timing(
            start,
            self.zone_name,
            self.duration.data or 1,
            self.due_time.data,
            self._moment() if start is Start.ONCE else None,
            self._rule() if start is Start.AGAIN else None,
            self.overlap.data,
        )

    def plan(self, was: Plan) -> Plan:
        """The plan with what this step says; only after validate()."""
        return replace(
            was,
            timing=self.timing().as_data(),
            undecided=Undecided(self.undecided.data),
            accepts_late=bool(self.accepts_late.data),
        )

    def next_launches(self) -> list[tuple[datetime, datetime]]:
        """The next few launches of what is typed, each with its due date; none while it makes no
        sense yet."""
        try:
            timing = self.timing()
            if timing.rule:
                check_recurrence(timing.rule)
            return [(at, timing.due(at)) for at in timing.launches(clock.now(), SHOWN)]
        except (Invalid, KeyError, ValueError, TypeError, OverflowError):
            return []

    def _rule(self) -> Recurrence:
        unit = Unit(self.unit.data)
        number = int(self.weekday.data) if unit is Unit.WEEK else self.number.data or 1
        return Recurrence(
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

    def _moment(self) -> datetime:
        day, at = self.first.data or clock.today(), self.at.data or time(9)
        return moment_at(day, at, self.zone_name)


def schedule_as_typed(campaign: Campaign, today: date) -> dict[str, Any]:
    """A campaign's schedule as the form's data: what its draft says, or what it is scheduled by."""
    timing = timing_of(campaign)
    said: dict[str, Any] = {
        "kind": timing.start.value,
        "first": today,
        "zone": timing.zone,
        "duration": timing.days,
        "due_time": timing.due_time,
        "overlap": timing.overlap,
        "undecided": campaign.undecided.value,
        "accepts_late": campaign.accepts_late,
    }
    if timing.moment:
        local = timing.moment.astimezone(ZoneInfo(timing.zone))
        said |= {"first": local.date(), "at": local.time()}
    return said | (_rule_as_typed(timing.rule) if timing.rule else {})


def _rule_as_typed(rule: Recurrence) -> dict[str, Any]:
    return {
        "first": rule.first,
        "at": rule.at,
        "every": rule.every,
        "unit": rule.unit.value,
        "weekday": str(rule.number if rule.unit is Unit.WEEK else 1),
        "day": rule.day.value,
        "number": rule.number,
        "ends": "times" if rule.times else "until" if rule.until else "never",
        "times": rule.times,
        "until": rule.until,
    }


def _sentence(problem: Exception) -> str:
    return str(problem) if isinstance(problem, Invalid) else "The rule is not complete yet."
