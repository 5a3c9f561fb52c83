"""Reminders that are due: each working day, in the working hours of each person."""

from collections.abc import Sequence
from functools import partial

from jobs.careful import Careful
from jobs.job import job
from policies.permissions import SYSTEM
from policies.reminders import ReminderRule, rule_from_data
from portal.models import Campaign
from portal.queries.letters import written_keys
from portal.queries.owed import Owed, active_campaigns
from portal.queries.reminders import Rounds, usual_rule
from portal.queue import Job
from portal.usecases.escalating import escalate, release_escalations
from portal.usecases.reminders import Due, remind_of
from portal.usecases.troubles import Work

AT_ONCE = 500  # reminders in one transaction


@job
def remind_people() -> None:
    """Write to whoever owes something today's rule speaks of, one letter a person a day; and to
    others about what takes too long. Whatever fails holds up nobody else."""
    careful, usual = Careful(Job.REMIND_PEOPLE), usual_rule()
    campaigns = [
        campaign
        for campaign in active_campaigns()
        if careful.do(_rule_of(campaign), partial(rule_from_data, campaign.reminders, usual))
    ]
    if campaigns:
        rounds = Rounds(campaigns)
        late = list(rounds.escalations())  # all is reckoned before the first is written: what was
        _remind(careful, [Due(*each) for each in rounds.reminders()])  # read is unknown afterwards
        _escalate(careful, late)


def _rule_of(campaign: Campaign) -> Work:
    what = f"follow the reminder rule of “{campaign.name}”"
    return _work(f"rule:{campaign.id}", what, campaign.id)


def _remind(careful: Careful, due: Sequence[Due]) -> None:
    known = written_keys([each.key for each in due])
    works = [
        (_work(f"remind:{each.person.id}", f"remind {each.person.name}"), each)
        for each in due
        if each.key not in known
    ]
    careful.total += len(works)
    for begin in range(0, len(works), AT_ONCE):
        careful.do_together(works[begin : begin + AT_ONCE], _write)


def _escalate(careful: Careful, late: Sequence[tuple[Owed, ReminderRule]]) -> None:
    told = written_keys([owed.escalation_key for owed, _ in late])
    careful.total += len(late)
    for owed, rule in late:
        if owed.escalation_key not in told:
            what = f"tell others of what {owed.person.name} owes"
            work = _work(owed.escalation_key, what, owed.review.campaign_id)
            careful.do(work, partial(escalate, owed, rule, by=SYSTEM))
    if late:
        gathering = _work("escalations", "gather what others are told")
        careful.do(gathering, partial(release_escalations, by=SYSTEM))


def _write(some: Sequence[Due]) -> None:
    remind_of(some, by=SYSTEM)


def _work(key: str, what: str, campaign_id: int | None = None) -> Work:
    return Work(Job.REMIND_PEOPLE, key, what, campaign_id)
