"""Reminders: written to whoever still owes something, and to their managers if it takes long."""

from collections.abc import Sequence

from policies.errors import Invalid
from policies.permissions import RUN_CAMPAIGNS, Actor, require
from policies.reminders import Reminder
from portal import clock
from portal.models import Campaign, Letter
from portal.models.person import Standing
from portal.queries.letters import is_written
from portal.queries.owed import Owed, owed_in, tasks_by_person
from portal.usecases.letters import write_letter
from portal.usecases.links import write_link
from portal.usecases.trail import record
from portal.usecases.unit import usecase


@usecase
def remind_person(owed: Sequence[Owed], kind: Reminder, *, key: str, by: Actor) -> Letter | None:
    """Remind one person of all that they owe, in one letter; None where `key` was written before.

    `owed` is everything of the same person, at least one thing.
    """
    if is_written(key):
        return None
    person, first = owed[0].person, owed[0]
    single = first.review if len(owed) == 1 else None
    campaign = min((each.review.campaign for each in owed), key=lambda c: c.due_at)
    return write_letter(
        kind.value if single else "digest",
        person,
        key=key,
        link=write_link(person, "tasks", review=single, by=by),
        about=single or campaign,
        by=by,
        application=first.review.application.name,
        campaign=campaign.name,
        due=f"{campaign.due_at:%a %-d %b %Y}",
        what=first.what,
        count=len(owed),
        tasks="\n".join(
            f"- {each.in_words}, due {each.review.campaign.due_at:%a %-d %b %Y}" for each in owed
        ),
    )


@usecase
def tell_manager(owed: Owed, *, by: Actor) -> Letter | None:
    """Tell the manager of somebody who is late, once for each review and level; else None."""
    manager = owed.person.manager
    if manager is None or manager.standing is Standing.PAST:
        return None
    review = owed.review
    return write_letter(
        "escalation",
        manager,
        key=f"escalation:{review.id}:{review.level}:{owed.person.id}",
        about=review,
        by=by,
        late=owed.person.name,
        why_you=f"because {owed.person.name} reports to you",
        done="",
        application=review.application.name,
        campaign=review.campaign.name,
        due=f"{review.campaign.due_at:%a %-d %b %Y}",
        what=owed.what,
    )


@usecase
def remind_now(campaign: Campaign, person_ids: Sequence[int], *, by: Actor) -> tuple[int, int]:
    """Remind those of `person_ids` who owe something in the campaign: at most once an hour each.

    Gives how many letters were written, and how many people had one within the hour.
    """
    require(RUN_CAMPAIGNS, by, campaign)
    by_person = tasks_by_person([o for o in owed_in([campaign]) if o.person.id in set(person_ids)])
    if not by_person:
        raise Invalid("Choose at least one person who still owes something.")
    hour = f"{clock.now():%Y-%m-%dT%H}"
    written = 0
    for person, owed in by_person.items():
        key = f"remind-now:{campaign.id}:{person.id}:{hour}"
        kind = Reminder.OVERDUE if campaign.due_at < clock.now() else Reminder.REMINDER
        written += remind_person(owed, kind, key=key, by=by) is not None
    record("reminders asked for", campaign, by=by, written=written, people=len(by_person))
    return written, len(by_person) - written
