"""The reminder rule as a part of planning a campaign."""

from policies.reminders import ReminderRule
from portal.db import db
from portal.forms.reminders import ReminderPart, rule_as_typed
from portal.models import Campaign, Person
from portal.queries.people import person_by_address
from portal.queries.reminders import rule_of, usual_rule

PREFIX = "reminders-"


def reminders_typed(campaign: Campaign) -> ReminderPart:
    """What holds for the campaign, for editing; the usual rule to begin its own with."""
    rule = rule_of(campaign)
    named = db.session.get(Person, rule.escalate_person) if rule.escalate_person else None
    typed = rule_as_typed(rule, named) | {"whose": "own" if campaign.reminders else "usual"}
    return ReminderPart(person_by_address, formdata=None, prefix=PREFIX, data=typed)


def reminders_sent() -> ReminderPart:
    """What came with this request."""
    return ReminderPart(person_by_address, prefix=PREFIX)


def rule_in(part: ReminderPart, campaign: Campaign) -> ReminderRule | None:
    """The rule that would hold; None while what is typed makes none."""
    if not part.is_own:
        return usual_rule()
    if not part.is_submitted():
        return rule_of(campaign)
    return part.rule() if part.validate() else None
