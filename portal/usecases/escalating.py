"""Escalations: others hear of what takes too long, and may decide it or take it over.

What one run tells somebody of several reviews comes in one letter: the letters are held back
until the run is through, then gathered, or let go one by one.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from policies.errors import Refusal
from policies.lifecycle import LetterState, ReviewState
from policies.permissions import Actor
from policies.reminders import Escalation, Helper, ReminderRule
from portal import clock
from portal.db import db
from portal.models import Campaign, Letter, Person, Review
from portal.models.person import Standing
from portal.queries.letter_ways import ways_for, working_times
from portal.queries.letters import held_letters, letters_since, written_keys
from portal.queries.owed import Owed
from portal.queries.reassigning import reviews_all
from portal.queue import Job, enqueue
from portal.usecases.letters import Draft, write_letter, write_letters
from portal.usecases.reassigning import add_reviewer, replace_reviewer
from portal.usecases.trail import record
from portal.usecases.unit import after_commit, bookkeeping, usecase

HELD_FOR = timedelta(minutes=10)  # for the run to end; if it dies, they go out one by one
TOLD, GIVEN = "escalation", "reassigned"
GATHERED = "It came with others, in one letter."


@usecase
def escalate(owed: Owed, rule: ReminderRule, *, by: Actor) -> Letter | None:
    """Tell whom the rule names that somebody is late or silent; once for each review and level.

    The letters about it are held back, for `release_escalations`.
    """
    found = _helper(owed, rule)
    if found is None or written_keys([owed.escalation_key]):
        return None
    helper, why = found
    began = clock.now()
    done, short = _hand_over(owed, rule, helper, by)
    for given in letters_since(began, GIVEN, owed.review, helper):
        given.held_until = given.try_at = began + HELD_FOR
    facts: dict[str, Any] = {
        "late": owed.person.name,
        "why_you": why,
        "done": done,
        "short": short,
        "application": owed.review.application.name,
        "campaign": owed.review.campaign.name,
        "due": _day(owed.review),
        "what": owed.what,
        "still": owed.still(helper),
    }
    return write_letter(
        TOLD,
        helper,
        key=owed.escalation_key,
        about=owed.review,
        held_until=began + HELD_FOR,
        by=by,
        **facts,
    )


@bookkeeping
def release_escalations(*, by: Actor) -> None:
    """The run is through: what it tells one person several times becomes one letter, where they
    want it so; the rest goes out as it is."""
    by_person: dict[Person, list[Letter]] = {}
    for letter in held_letters((TOLD, GIVEN)):
        by_person.setdefault(letter.person, []).append(letter)
    ways, hours = ways_for([person.id for person in by_person]), working_times()
    for person, letters in by_person.items():
        if sum(letter.kind == TOLD for letter in letters) > 1 and ways.gathers(person.id):
            _gather(person, letters, by)
        else:
            for letter in letters:
                letter.try_at, letter.held_until = hours.moment_for(person, clock.now()), None
    if by_person:
        after_commit(lambda: enqueue(Job.DELIVER_LETTERS))


_DONE: Mapping[Escalation, str] = {
    Escalation.ADD: "You may decide as well from now on; a letter of its own tells you what.",
    Escalation.REPLACE: "What {late} has not decided is yours to decide from now on; a letter of "
    "its own tells you what.",
}
_IN_SHORT: Mapping[Escalation, str] = {
    Escalation.INFORM: "",
    Escalation.ADD: "You may decide as well.",
    Escalation.REPLACE: "It is yours to decide from now on.",
}


def _gather(person: Person, letters: Sequence[Letter], by: Actor) -> None:
    """One letter in place of these."""
    told = [letter for letter in letters if letter.kind == TOLD]
    facts = {"count": len(told), "tasks": "\n".join(map(_line, told))}
    about = db.session.get(Campaign, told[0].campaign_id)
    draft = Draft(person, f"escalations:{told[0].id}", about, to_tasks=True, facts=facts)
    for letter in write_letters("escalations", [draft], by=by):
        record("letters gathered", letter, by=by, letters=[each.id for each in letters])
    for letter in letters:
        letter.state, letter.last_error = LetterState.WITHDRAWN, GATHERED


def _line(letter: Letter) -> str:
    said = letter.facts
    place = f"{said['application']} ({said['campaign']}), due {said['due']}"
    rest = said["short"] or said["still"]
    return f"- {said['late']}: {place}: {said['what']}. {rest}".rstrip()


def _hand_over(owed: Owed, rule: ReminderRule, helper: Person, by: Actor) -> tuple[str, str]:
    """Do what the rule asks for besides telling; returns the sentence about it, and a short one."""
    review, late, how = owed.review, owed.person, rule.escalate_how
    decides = review.state in (ReviewState.PENDING, ReviewState.IN_REVIEW)
    if how is Escalation.INFORM or not decides or owed.is_closed:
        return _advice(owed, helper), ""
    if how is Escalation.ADD and reviews_all(review, review.level, helper.id):
        return "You review it as well.", "You review it as well."
    try:
        if how is Escalation.ADD:
            add_reviewer(review, review.level, helper, _reason(owed, rule), by=by)
        else:
            replace_reviewer([review], late, helper, _reason(owed, rule), by=by)
    except Refusal as refusal:
        said = f"It could not be given to you: {refusal}"
        return said, said
    return _DONE[how].format(late=late.name), _IN_SHORT[how]


def _advice(owed: Owed, helper: Person) -> str:
    owner = owed.review.campaign.owner
    if owed.is_closed:  # what can be done then is said beside it
        return ""
    if owner and owner.id == helper.id:
        return "If they need time or help, extend the due date, or have somebody else review it."
    runner = owner.name if owner else "whoever runs the campaign"
    return f"If they need time or help, or somebody else should do it, tell {runner}."


def _reason(owed: Owed, rule: ReminderRule) -> str:
    """Why it is given to somebody else, as the evidence keeps it."""
    if clock.now() > owed.review.due_at:
        return f"{owed.person.name} did not finish it by {_day(owed.review)}, when it was due."
    days = rule.escalate_silent
    return f"{owed.person.name} decided nothing for {days} day{'' if days == 1 else 's'} or longer."


def _helper(owed: Owed, rule: ReminderRule) -> tuple[Person, str] | None:
    """To whom it goes, and why to them: the fallback where who is named is not there."""
    late, campaign = owed.person, owed.review.campaign
    named = db.session.get(Person, rule.escalate_person) if rule.escalate_person else None
    asked: list[tuple[Person | None, str]] = [(campaign.owner, "because you run this campaign")]
    if rule.escalate_to is Helper.MANAGER:
        asked.insert(0, (late.manager, f"because {late.name} reports to you"))
    if rule.escalate_to is Helper.PERSON:
        asked.insert(0, (named, "because you are named for what is late here"))
    for person, why in asked:
        if person and person.id != late.id and person.standing is not Standing.PAST:
            return person, why
    return None


def _day(review: Review) -> str:
    return f"{review.due_at:%a %-d %b %Y}"
