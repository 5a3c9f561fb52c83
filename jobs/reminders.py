"""Reminders that are due: each working day, in the working hours of each person."""

from jobs.job import job
from policies.permissions import SYSTEM
from portal.queries.letters import written_keys
from portal.queries.owed import active_campaigns
from portal.queries.reminders import Rounds
from portal.usecases.reminders import Due, escalate, remind_of


@job
def remind_people() -> None:
    """Write to whoever owes something today's rule speaks of, one letter a person a day; and to
    others about what takes too long."""
    campaigns = active_campaigns()
    if not campaigns:
        return
    rounds = Rounds(campaigns)
    due = [Due(*each) for each in rounds.reminders()]
    known = written_keys([each.key for each in due])
    if new := [each for each in due if each.key not in known]:
        remind_of(new, by=SYSTEM)
    late = list(rounds.escalations())
    told = written_keys([owed.escalation_key for owed, _ in late])
    for owed, rule in late:
        if owed.escalation_key not in told:
            escalate(owed, rule, by=SYSTEM)
