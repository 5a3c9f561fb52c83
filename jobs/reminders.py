"""Reminders that are due: each working day, from the hour the organisation set."""

from collections.abc import Sequence
from datetime import date

from jobs.job import job
from policies.permissions import SYSTEM
from policies.reminders import Reminder, ReminderRule, WorkingTime
from portal import clock
from portal.models import Campaign
from portal.queries.owed import Owed, active_campaigns, owed_in, tasks_by_person
from portal.queries.settings import all_settings
from portal.usecases.reminders import remind_person, tell_manager

_GRAVEST_FIRST = (Reminder.OVERDUE, Reminder.FINAL, Reminder.REMINDER)


@job
def remind_people() -> None:
    """Write to whoever owes something today's rule speaks of, one letter a person a day."""
    settings = all_settings()
    working = WorkingTime(
        settings["letters_zone"], settings["letters_from_hour"], settings["letters_five_days"]
    )
    if not working.is_now(clock.now()):
        return
    today = working.day_of(clock.now())
    rule = ReminderRule(tuple(map(int, settings["reminder_days"])), settings["overdue_days"])
    campaigns = active_campaigns()
    kinds = {c.id: rule.due_on(today, working.day_of(c.due_at), working) for c in campaigns}
    _remind([c for c in campaigns if kinds[c.id]], kinds, today)
    if patience := settings["escalation_days"]:
        late = [c for c in campaigns if (today - working.day_of(c.due_at)).days >= patience]
        _escalate(owed_in(late))


def _remind(campaigns: Sequence[Campaign], kinds: dict[int, Reminder | None], today: date) -> None:
    for person, owed in tasks_by_person(owed_in(campaigns)).items():
        theirs = {kinds[each.review.campaign_id] for each in owed}
        kind = next(kind for kind in _GRAVEST_FIRST if kind in theirs)
        remind_person(owed, kind, key=f"reminder:{person.id}:{today.isoformat()}", by=SYSTEM)


def _escalate(late: Sequence[Owed]) -> None:
    for owed in late:
        tell_manager(owed, by=SYSTEM)
