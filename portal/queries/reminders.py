"""Which reminders are due now: by each campaign's rule, where each person is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from policies.reminders import Reminder, ReminderRule, Standing, rule_from_data
from policies.working_time import WorkingTime
from portal import clock
from portal.models import Campaign, Person
from portal.queries.letter_ways import WorkingTimes, working_times
from portal.queries.owed import (
    Owed,
    called_to_help,
    last_decided,
    level_begun,
    owed_in,
    reminded_by_hand,
    tasks_by_person,
)
from portal.queries.settings import setting

_GRAVEST_FIRST = (Reminder.OVERDUE, Reminder.FINAL, Reminder.REMINDER)


def usual_rule() -> ReminderRule:
    """What holds for every campaign that has no rule of its own."""
    return rule_from_data(setting("reminder_rule"), ReminderRule())


def rule_of(campaign: Campaign) -> ReminderRule:
    """What holds for this campaign."""
    return rule_from_data(campaign.reminders, usual_rule())


@dataclass
class Rounds:
    """Everything the rules need to know of what people owe in these campaigns, read once."""

    campaigns: Sequence[Campaign]
    hours: WorkingTimes = field(default_factory=working_times)

    def __post_init__(self) -> None:
        self.now, usual = clock.now(), usual_rule()
        self.rules = {c.id: rule_from_data(c.reminders, usual) for c in self.campaigns}
        silent = [c for c in self.campaigns if self.rules[c.id].minds_silence]
        self.decided = {c.id: last_decided(c) for c in silent}
        self.begun = level_begun([c.id for c in self.campaigns])
        self.owed = tasks_by_person(owed_in(self.campaigns))
        self.by_hand = reminded_by_hand(self.now - timedelta(days=1))

    def reminders(self) -> Iterator[tuple[Person, list[Owed], Reminder, str]]:
        """Who is to be reminded now: of what, how, and the key of it (one a day)."""
        for person, owed in self.owed.items():
            working = self.hours.of(person)
            if not working.is_now(self.now):
                continue
            due = [(each, self._kind(each, working)) for each in owed]
            kinds = {kind for _, kind in due if kind}
            if kinds:
                kind = next(each for each in _GRAVEST_FIRST if each in kinds)
                day = working.day_of(self.now).isoformat()
                mine = [each for each, found in due if found]
                yield person, mine, kind, f"reminder:{person.id}:{day}"

    def escalations(self) -> Iterator[tuple[Owed, ReminderRule]]:
        """What somebody else is to hear of by now, and the rule that says so. Whoever was called
        to help by one is not passed over in turn."""
        called = called_to_help([c.id for c in self.campaigns])
        for person, owed in self.owed.items():
            working = self.hours.of(person)
            if not working.is_now(self.now):
                continue
            for each in owed:
                rule = self.rules[each.review.campaign_id]
                helps = (each.review.id, person.id) in called
                if not helps and rule.escalates(self._standing(each, working)):
                    yield each, rule

    def _kind(self, owed: Owed, working: WorkingTime) -> Reminder | None:
        rule = self.rules[owed.review.campaign_id]
        kind = rule.due_on(self._standing(owed, working), working)
        if kind is Reminder.REMINDER and self._was_by_hand(owed, working):
            return None
        passed = self.now > owed.review.due_at  # some hours of this day ago, it may be
        return Reminder.OVERDUE if kind and passed else kind

    def _was_by_hand(self, owed: Owed, working: WorkingTime) -> bool:
        """Somebody did already today what the rule would do."""
        at = self.by_hand.get((owed.person.id, owed.review.campaign_id))
        return at is not None and working.day_of(at) == working.day_of(self.now)

    def _standing(self, owed: Owed, working: WorkingTime) -> Standing:
        campaign, review = owed.review.campaign, owed.review
        launched = campaign.launched_at or self.now
        asked: datetime = max(launched, self.begun.get(review.id, launched))
        heard = max(asked, self.decided.get(campaign.id, {}).get(owed.person.id, asked))
        today = working.day_of(self.now)
        return Standing(
            today=today,
            due=working.day_of(review.due_at),
            started=working.day_of(asked),
            silent=(today - working.day_of(heard)).days,
        )
