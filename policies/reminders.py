"""Whom to remind, and when: of what they still owe, never of what is done.

All days here are calendar days where the person is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from policies.errors import Invalid
from policies.working_time import WorkingTime

FINAL_DAYS = 1  # a reminder so close to the due date is the last one
MOST_DAYS = 90


class Reminder(StrEnum):
    """The kind of letter it is."""

    REMINDER = "reminder"
    FINAL = "final-reminder"
    OVERDUE = "overdue"


class Helper(StrEnum):
    """To whom an escalation goes."""

    MANAGER = "manager"
    FALLBACK = "fallback"
    PERSON = "person"


class Escalation(StrEnum):
    """What it does."""

    INFORM = "inform"
    ADD = "add"
    REPLACE = "replace"


@dataclass(frozen=True)
class Standing:
    """Where somebody stands on `today` with what is due on `due`: since when it is theirs, and
    for how many days they did nothing about it."""

    today: date
    due: date
    started: date
    silent: int = 0

    @property
    def left(self) -> int:
        """Days until the due date; negative once it is past."""
        return (self.due - self.today).days


@dataclass(frozen=True)
class ReminderRule:
    """Remind `before` the due date (in days), every `every` days after the start, at `half_time`,
    after `silent` days without a decision and again after as many, and every `late_every` days
    once it is late. Escalate after `escalate_silent` days of silence, or `escalate_late` days
    after the due date (0: on it). 0 is never; for `escalate_late`, None is."""

    before: Sequence[int] = (7, 3, 1, 0)
    late_every: int = 1
    every: int = 0
    half_time: bool = False
    silent: int = 0
    escalate_silent: int = 0
    escalate_late: int | None = 3
    escalate_to: Helper = Helper.MANAGER
    escalate_person: int | None = None
    escalate_how: Escalation = Escalation.INFORM

    def due_on(self, at: Standing, working: WorkingTime) -> Reminder | None:
        """The reminder that the day brings.

        One that would fall on a day off comes on the last working day before it.
        """
        if at.left < 0:
            late = self.late_every and -at.left % self.late_every == 0
            return Reminder.OVERDUE if late else None
        off = range(working.days_off_after(at.today) + 1)
        if not any(self._falls_on(at.today + timedelta(days=n), at, n) for n in off):
            return None
        return Reminder.FINAL if at.left <= FINAL_DAYS else Reminder.REMINDER

    def escalates(self, at: Standing) -> bool:
        """Whether somebody else is to hear of it by now."""
        late = self.escalate_late is not None and -at.left >= self.escalate_late
        return late or bool(self.escalate_silent and at.silent >= self.escalate_silent)

    @property
    def minds_silence(self) -> bool:
        """Whether it matters to the rule when somebody last decided."""
        return bool(self.silent or self.escalate_silent)

    def as_data(self) -> dict[str, Any]:
        return asdict(self) | {"before": list(self.before)}

    def in_words(self) -> list[str]:
        """What it does, a sentence each."""
        return [*_reminders(self), *_escalations(self)] or ["Nobody is reminded."]

    def _falls_on(self, day: date, at: Standing, ahead: int) -> bool:
        passed, left = (day - at.started).days, (at.due - day).days
        silent = at.silent + ahead
        return (
            left in self.before
            or bool(self.every and passed > 0 and passed % self.every == 0)
            or (self.half_time and day == at.started + (at.due - at.started) // 2 > at.started)
            or bool(self.silent and silent > 0 and silent % self.silent == 0)
        )


def rule_from_data(data: Mapping[str, Any] | None, usual: ReminderRule) -> ReminderRule:
    """The rule that was kept, or the usual one."""
    if not data:
        return usual
    known = {**asdict(ReminderRule()), **data}
    known["before"] = tuple(known["before"])
    known["escalate_to"] = Helper(known["escalate_to"])
    known["escalate_how"] = Escalation(known["escalate_how"])
    return ReminderRule(**{key: known[key] for key in asdict(ReminderRule())})


def check_rule(rule: ReminderRule) -> ReminderRule:
    """Invalid with a sentence where the rule cannot be followed."""
    numbers = (*rule.before, rule.late_every, rule.every, rule.silent, rule.escalate_silent)
    if not all(0 <= each <= MOST_DAYS for each in (*numbers, rule.escalate_late or 0)):
        raise Invalid(f"Give days as whole numbers from 0 to {MOST_DAYS}.")
    if rule.escalate_to is Helper.PERSON and rule.escalate_person is None:
        raise Invalid("Name the person to whom an escalation goes.")
    return rule


def _reminders(rule: ReminderRule) -> Iterator[str]:
    if days := sorted({each for each in rule.before if each}, reverse=True):
        yield f"A reminder {_listed(days)} before the due date."
    if 0 in rule.before:
        yield "A last reminder on the due date."
    if rule.half_time:
        yield "A reminder at half time."
    if rule.every:
        yield f"A reminder {_each(rule.every)} from the launch on."
    if rule.silent:
        yield f"A reminder after {_days(rule.silent)} without a decision, and again after as many."
    if rule.late_every:
        yield f"Once it is overdue, a letter {_each(rule.late_every)}."


def _escalations(rule: ReminderRule) -> Iterator[str]:
    whom = {
        Helper.MANAGER: "the manager",
        Helper.FALLBACK: "whoever runs the campaign",
        Helper.PERSON: "a named person",
    }[rule.escalate_to]
    how = {
        Escalation.INFORM: "is told",
        Escalation.ADD: "is told and may decide as well",
        Escalation.REPLACE: "takes over",
    }[rule.escalate_how]
    if rule.escalate_silent:
        yield f"After {_days(rule.escalate_silent)} of silence {whom} {how}."
    if rule.escalate_late is not None:
        when = f"{_days(rule.escalate_late)} after" if rule.escalate_late else "On"
        yield f"{when} the due date {whom} {how}."


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def _each(count: int) -> str:
    return "every day" if count == 1 else f"every {count} days"


def _listed(days: Sequence[int]) -> str:
    words = [str(each) for each in days]
    joined = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
    return f"{joined} day{'' if words == ['1'] else 's'}"
