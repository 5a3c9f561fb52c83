"""Templates of campaigns: kept from one, renamed, deleted; and campaigns begun from them."""

from datetime import date
from typing import Any

from sqlalchemy import func, select

from policies.errors import Invalid
from policies.filters import Condition, Filter, Op
from policies.permissions import RUN_CAMPAIGNS, Actor, require
from policies.templates import BuiltIn
from policies.timing import Timing, until
from portal import clock
from portal.db import db
from portal.models import Application, Campaign, Template
from portal.queries.settings import setting
from portal.usecases.campaigns import Plan, draft_campaign, plan_from_data
from portal.usecases.trail import record
from portal.usecases.unit import usecase

LONGEST_NAME = 120


@usecase
def keep_template(campaign: Campaign, name: str, *, by: Actor) -> Template:
    """Keep how a campaign is planned under a name of its own. Invalid where that is taken."""
    require(RUN_CAMPAIGNS, by, campaign)
    template = Template(
        name=_free(name), plan=_plan_of(campaign), created_at=clock.now(), created_by=by.name
    )
    db.session.add(template)
    db.session.flush()
    record("template kept", template, by=by, of=campaign.name)
    return template


@usecase
def rename_template(template: Template, name: str, *, by: Actor) -> None:
    """Give it another name; what was begun from it keeps its own."""
    require(RUN_CAMPAIGNS, by, None)
    was, template.name = template.name, _free(name, template)
    record("template renamed", template, by=by, was=was, now=template.name)


@usecase
def delete_template(template: Template, *, by: Actor) -> None:
    """Take it out of the list. Campaigns begun from it stay as they are."""
    require(RUN_CAMPAIGNS, by, None)
    record("template deleted", template, by=by)
    db.session.delete(template)


@usecase
def begin_from_template(template: Template, *, by: Actor) -> Campaign:
    """A draft planned like that."""
    return draft_campaign(_planned(template.name, template.plan), by=by)


@usecase
def begin_from_builtin(template: BuiltIn, *, by: Actor) -> Campaign:
    """A draft of a campaign that comes with the portal, in the organisation's time zone."""
    timing = template.timing(clock.today(), setting("letters_zone"))
    data = {**template.plan, "frameworks": list(template.frameworks), "timing": timing.as_data()}
    return draft_campaign(_planned(template.name, data), by=by)


@usecase
def duplicate_campaign(campaign: Campaign, *, by: Actor) -> Campaign:
    """A draft planned like another campaign, to be launched anew."""
    require(RUN_CAMPAIGNS, by, campaign)
    return draft_campaign(_planned(f"Copy of {campaign.name}", _plan_of(campaign)), by=by)


@usecase
def begin_one_step(application: Application, due: date, *, by: Actor) -> Campaign:
    """A draft about one application that launches now, due at the end of that day."""
    zone = setting("letters_zone")
    named = Filter(((Condition("name", Op.IS, application.name),),))
    plan = Plan(
        f"{application.name}, {clock.today():%b %Y}",
        due_at=clock.now(),
        application_filter=named.as_data(),
        timing=Timing(zone=zone, days=until(due, clock.today())).as_data(),
    )
    return draft_campaign(plan, by=by)


@usecase
def begin_blank(*, by: Actor) -> Campaign:
    """A draft about every sanctioned application, decided by its owners."""
    today = clock.today()
    plan = Plan(
        f"Access review Q{(today.month - 1) // 3 + 1} {today.year}",
        due_at=clock.now(),
        application_filter=[[["state", "is", "sanctioned"]]],
        timing=Timing(zone=setting("letters_zone")).as_data(),
    )
    return draft_campaign(plan, by=by)


def _plan_of(campaign: Campaign) -> dict[str, Any]:
    return Plan.of(campaign).as_data()


def _planned(name: str, data: dict[str, Any]) -> Plan:
    return plan_from_data(data, name=name, due_at=clock.now())


def _free(name: str, own: Template | None = None) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise Invalid(f"Give the template a name of 1 to {LONGEST_NAME} characters.")
    same = func.lower(Template.name) == name.lower()
    found = db.session.scalar(select(Template).where(same))
    if found is not None and found is not own:
        raise Invalid(f"There is a template “{found.name}” already. Choose another name.")
    return name
