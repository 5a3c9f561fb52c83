"""What one types as a reminder rule, on a page of its own or as a part of another form.

Another form takes it in by `ReminderPart` and the macro of templates/reminder_rules/fields.html.
"""

from collections.abc import Callable
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # its types are older
from wtforms.validators import NumberRange, Optional, ValidationError

from policies.reminders import MOST_DAYS, Escalation, Helper, ReminderRule
from portal.models import Person

FindPerson = Callable[[str], Person | None]
_DAYS = [Optional(), NumberRange(0, MOST_DAYS, f"Write a number of days, 0 to {MOST_DAYS}.")]


class ReminderForm(FlaskForm):
    """Numbers left empty are never."""

    before = StringField(
        "Days before the due date",
        description="Such as 7, 3, 1, 0: on each of these days. 0 is the due date itself.",
    )
    half_time = BooleanField("At half time, between launch and due date")
    every = IntegerField("Every so many days from the launch on", _DAYS)
    silent = IntegerField("After so many days without a decision", _DAYS)
    late_every = IntegerField("Once overdue, every so many days", _DAYS)
    escalate_silent = IntegerField("After so many days of silence", _DAYS)
    escalate_late = IntegerField(
        "So many days after the due date", _DAYS, description="0 is the due date itself."
    )
    escalate_to = SelectField(
        "To whom",
        choices=[
            SelectChoice(Helper.MANAGER, "Their manager"),
            SelectChoice(Helper.FALLBACK, "Whoever runs the campaign"),
            SelectChoice(Helper.PERSON, "A named person"),
        ],
        description="Where there is no such person, it goes to whoever runs the campaign.",
    )
    escalate_email = StringField("The named person", description="An email address.")
    escalate_how = SelectField(
        "What happens",
        choices=[
            SelectChoice(Escalation.INFORM, "They are told"),
            SelectChoice(Escalation.ADD, "They are told, and may decide as well"),
            SelectChoice(Escalation.REPLACE, "They are told, and decide instead"),
        ],
    )

    def __init__(self, find: FindPerson, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._find = find
        self.days: tuple[int, ...] = ()
        self.named: Person | None = None

    def validate_before(self, field: StringField) -> None:
        words = (field.data or "").replace(",", " ").split()
        wrong = [w for w in words if not (w.isascii() and w.isdigit() and int(w[:4]) <= MOST_DAYS)]
        if wrong:
            said = ", ".join(wrong)
            raise ValidationError(f"{said}: write numbers of days up to {MOST_DAYS}.")
        self.days = tuple(sorted({int(word) for word in words}, reverse=True))

    def validate_escalate_email(self, field: StringField) -> None:
        if self.escalate_to.data != Helper.PERSON:
            return
        address = (field.data or "").strip()
        self.named = self._find(address) if address else None
        if self.named is None:
            raise ValidationError(
                f"Nobody has the address “{address}”." if address else "Give their email address."
            )

    def rule(self) -> ReminderRule:
        """The rule; only after validate()."""
        return ReminderRule(
            before=self.days,
            late_every=self.late_every.data or 0,
            every=self.every.data or 0,
            half_time=bool(self.half_time.data),
            silent=self.silent.data or 0,
            escalate_silent=self.escalate_silent.data or 0,
            escalate_late=self.escalate_late.data,
            escalate_to=Helper(self.escalate_to.data),
            escalate_person=self.named.id if self.named else None,
            escalate_how=Escalation(self.escalate_how.data),
        )


class ReminderPart(ReminderForm):
    """A campaign's reminders as a part of another form: as usual, or by a rule of its own."""

    whose = RadioField(
        "Reminders and escalation",
        choices=[
            SelectChoice("usual", "By the usual rule"),
            SelectChoice("own", "By a rule of this campaign’s own"),
        ],
        default="usual",
    )

    @property
    def is_own(self) -> bool:
        return bool(self.whose.data == "own")

    def validate(self, extra_validators: Any = None) -> bool:
        """What is typed of a rule matters only where it is to hold."""
        return not self.is_own or super().validate(extra_validators)

    def errors_in_order(self) -> list[tuple[str, str]]:
        """Each problem, with the anchor of its field."""
        return [(" ".join(map(str, each.errors)), f"#{each.id}") for each in self if each.errors]

    def said(self, was: dict[str, Any] | None) -> dict[str, Any] | None:
        """What the campaign keeps, only after validate(). Where nothing was said, as it `was`."""
        if not self.whose.raw_data:
            return was
        return self.rule().as_data() if self.is_own else None


def rule_as_typed(rule: ReminderRule, named: Person | None) -> dict[str, Any]:
    """A rule as the form's data, for editing; `named` is whom it names."""
    return {
        "before": ", ".join(str(day) for day in rule.before),
        "half_time": rule.half_time,
        "every": rule.every or None,
        "silent": rule.silent or None,
        "late_every": rule.late_every or None,
        "escalate_silent": rule.escalate_silent or None,
        "escalate_late": rule.escalate_late,
        "escalate_to": rule.escalate_to.value,
        "escalate_email": (named.email or "") if named else "",
        "escalate_how": rule.escalate_how.value,
    }
