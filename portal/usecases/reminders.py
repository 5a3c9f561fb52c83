"""Reminders: written to whoever still owes something. Others hear of it by escalating.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from policies.errors import Invalid
from policies.permissions import EDIT_SETTINGS, RUN_CAMPAIGNS, Actor, require
from policies.reminders import Reminder, ReminderRule, check_rule
from portal import clock
from portal.db import db
from portal.models import Campaign, Person, Review, Setting
from portal.queries.letter_ways import ways_for
from portal.queries.owed import Owed, owed_in, read_anew, reminded_within, tasks_by_person
from portal.usecases.letters import Draft, write_letters
from portal.usecases.trail import record
from portal.usecases.unit import usecase

HOUR = timedelta(hours=1)
RULE = "reminder_rule"


@dataclass(frozen=True)
class Due:
    """A reminder that is due: to one person, of all that they owe (at least one thing).

    `key` names it: the same is never written twice.
    """

    person: Person
    owed: Sequence[Owed]
    kind: Reminder
    key: str


@usecase
def remind_of(reminders: Sequence[Due], *, by: Actor) -> int:
    """Remind people, each of everything in one letter; returns how many letters are new.

    Who wants letters one by one gets them so; who wants no digest at all, only those that cannot
    be done without.
    """
    read_anew([owed for each in reminders for owed in each.owed])
    ways = ways_for({each.person.id for each in reminders})
    drafts: dict[str, list[Draft]] = {}
    for due in reminders:
        if len(due.owed) == 1:
            drafts.setdefault(due.kind.value, []).append(_single(due.owed[0], due.key))
        elif ways.gathers(due.person.id):
            drafts.setdefault("digest", []).append(_digest(due))
        elif due.kind is not Reminder.REMINDER or ways.wants("digest", due.person.id):
            each = [_single(owed, f"{due.key}:{owed.review.id}") for owed in due.owed]
            drafts.setdefault(due.kind.value, []).extend(each)
    return sum(len(write_letters(kind, some, by=by)) for kind, some in drafts.items())


@usecase
def remind_now(
    campaign: Campaign, person_ids: Sequence[int] | None, *, by: Actor
) -> tuple[int, int]:
    """Remind those of `person_ids`, or everybody, who owe something in the campaign.

    Gives how many letters were written, and how many people were left out, having been
    reminded by hand within the hour.
    """
    require(RUN_CAMPAIGNS, by, campaign)
    chosen = None if person_ids is None else set(person_ids)
    owing = [o for o in owed_in([campaign]) if chosen is None or o.person.id in chosen]
    by_person = tasks_by_person(owing)
    if not by_person:
        raise Invalid("Choose at least one person who still owes something.")
    lately = reminded_within(campaign.id, HOUR)
    late = campaign.due_at < clock.now()
    kind = Reminder.OVERDUE if late else Reminder.REMINDER
    asked = [
        Due(person, owed, kind, f"remind-now:{campaign.id}:{person.id}:{clock.now():%Y%m%dT%H%M}")
        for person, owed in by_person.items()
        if person.id not in lately
    ]
    written = remind_of(asked, by=by)
    record("reminders asked for", campaign, by=by, written=written, people=len(by_person))
    return written, len(by_person) - len(asked)


@usecase
def change_campaign_rule(campaign: Campaign, rule: ReminderRule | None, *, by: Actor) -> None:
    """Give the campaign a rule of its own; None: what is usual. It holds from now on."""
    require(RUN_CAMPAIGNS, by, campaign)
    was, campaign.reminders = campaign.reminders, check_rule(rule).as_data() if rule else None
    record("reminder rule changed", campaign, by=by, was=was, now=campaign.reminders)


@usecase
def change_usual_rule(rule: ReminderRule, *, by: Actor) -> None:
    """Say what holds for every campaign that has no rule of its own."""
    require(EDIT_SETTINGS, by, None)
    row = db.session.get(Setting, RULE) or Setting(key=RULE, value={})
    was, row.value = row.value, check_rule(rule).as_data()
    db.session.add(row)
    record("usual reminder rule changed", row, by=by, was=was, now=row.value)


def _single(owed: Owed, key: str) -> Draft:
    review = owed.review
    facts = {
        "application": review.application.name,
        "campaign": review.campaign.name,
        "due": _day(review),
        "what": owed.what,
        "still": _still(owed),
    }
    return Draft(owed.person, key, about=review, to_tasks=True, facts=facts)


def _digest(due: Due) -> Draft:
    tasks = "\n".join(map(_line, due.owed))
    first = min((each.review.campaign for each in due.owed), key=lambda c: c.due_at)
    facts = {"count": len(due.owed), "tasks": tasks}
    return Draft(due.person, due.key, about=first, to_tasks=True, facts=facts)


def _still(owed: Owed) -> str:
    said = owed.still(owed.person)
    return f"{said} Please see to it now." if said and not owed.is_closed else said


def _line(owed: Owed) -> str:
    """A task in a digest: what it is, when it is or was due, and whether it is too late for it."""
    was = "was due" if clock.now() > owed.review.due_at else "due"
    closed = "; no decision is accepted any more" if owed.is_closed else ""
    return f"- {owed.in_words}, {was} {_day(owed.review)}{closed}"


def _day(review: Review) -> str:
    return f"{review.due_at:%a %-d %b %Y}"
