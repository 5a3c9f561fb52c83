"""Planning a campaign in steps: applications, users, reviewers, schedule. Each shows what it means
now, and saves the draft. What is last, its dry run, is in portal/views/publishing.py.
"""

from dataclasses import replace
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.errors import IllegalMove, Invalid
from policies.filters import Fields, from_data
from policies.lifecycle import CampaignState
from policies.permissions import RUN_CAMPAIGNS
from policies.recommendations import RULES
from portal import clock
from portal.forms.care import REQUIRED_ON
from portal.forms.plans import ApplicationsForm, GuidanceForm, UsersForm
from portal.forms.reminders import ReminderPart
from portal.forms.reviewing import (
    Typed,
    choices_for,
    edited,
    reviewing_of,
    stored_as_typed,
    typed_from,
)
from portal.forms.schedules import ScheduleForm, schedule_as_typed
from portal.models import Campaign
from portal.queries.applications import application_fields
from portal.queries.assignment_preview import preview_assignments
from portal.queries.custom_fields import custom_fields
from portal.queries.drafts import tried
from portal.queries.people import person_by_address
from portal.queries.plans import (
    extent_of,
    instances_of,
    match_page,
    samples_of,
    user_fields,
)
from portal.queries.planted_lines import nobody_real_in
from portal.queries.reviewing import addresses_of
from portal.usecases.campaigns import Plan
from portal.usecases.publishing import change_plan
from portal.web.access import current_actor, requires
from portal.web.filtering import Chosen, read_filter
from portal.web.formats import plural
from portal.web.pages import announced, page
from portal.web.reminding import reminders_sent, reminders_typed, rule_in

bp = Blueprint("plans", __name__, url_prefix="/campaigns/<int:campaign_id>/plan")

STEPS = {
    "applications": "Applications",
    "users": "User scope",
    "reviewers": "Reviewers and remediation",
    "guidance": "Guidance",
    "schedule": "Schedule",
    "summary": "Summary",
}
PEOPLE_SHOWN = 20


@bp.get("/applications")
@requires(RUN_CAMPAIGNS, Campaign)
def applications(campaign: Campaign) -> ResponseReturnValue:
    said = {"name": campaign.name, "frameworks": campaign.frameworks}
    stored = from_data(campaign.application_filter)
    chosen = Chosen(stored, application_fields(), prefix="app_")
    return _applications(campaign, ApplicationsForm(campaign, data=said), chosen)


@bp.post("/applications")
@requires(RUN_CAMPAIGNS, Campaign)
def save_applications(campaign: Campaign) -> ResponseReturnValue:
    shows_only = _is_preview()
    chosen = read_filter(application_fields(), "app_", in_the_making=shows_only)
    form = ApplicationsForm(campaign)
    if shows_only:
        return _applications(campaign, form, chosen)
    if not form.validate() or chosen.error:
        return _applications(campaign, form, chosen, status=422)
    return _saved(campaign, form.plan(Plan.of(campaign), chosen.filter), "applications")


@bp.get("/users")
@requires(RUN_CAMPAIGNS, Campaign)
def users(campaign: Campaign) -> ResponseReturnValue:
    said = {"user_scope": campaign.user_scope.value, "services": campaign.services.value}
    said["granularity"] = campaign.granularity.value
    form = UsersForm(
        again=bool(campaign.again), data={**said, "inactive_days": campaign.inactive_days}
    )
    stored = from_data(campaign.user_filter)
    return _users(campaign, form, Chosen(stored, _user_fields(campaign), prefix="user_"))


@bp.post("/users")
@requires(RUN_CAMPAIGNS, Campaign)
def save_users(campaign: Campaign) -> ResponseReturnValue:
    shows_only = _is_preview()
    chosen = read_filter(_user_fields(campaign), "user_", in_the_making=shows_only)
    form = UsersForm(again=bool(campaign.again), has_conditions=bool(chosen.filter or chosen.error))
    if shows_only:
        return _users(campaign, form, chosen)
    if not form.validate() or chosen.error:
        return _users(campaign, form, chosen, status=422)
    return _saved(campaign, form.plan(Plan.of(campaign), chosen.filter), "users")


@bp.get("/reviewers")
@requires(RUN_CAMPAIGNS, Campaign)
def reviewers(campaign: Campaign) -> ResponseReturnValue:
    said = campaign.who
    typed = stored_as_typed(said, addresses_of(said.named), campaign.instructions)
    return _reviewers(campaign, typed)


@bp.post("/reviewers")
@requires(RUN_CAMPAIGNS, Campaign)
def save_reviewers(campaign: Campaign) -> ResponseReturnValue:
    typed = typed_from(request.form)
    if _is_preview():
        return _reviewers(campaign, edited(typed, request.form.get("do", "")))
    try:
        said = nobody_real_in(reviewing_of(typed, person_by_address))
    except Invalid as refusal:
        return _reviewers(campaign, typed, str(refusal), status=422)
    plan = replace(Plan.of(campaign), reviewing=said, instructions=typed.instructions)
    return _saved(campaign, plan, "reviewers")


@bp.get("/guidance")
@requires(RUN_CAMPAIGNS, Campaign)
def guidance(campaign: Campaign) -> ResponseReturnValue:
    said = campaign.guides
    return _guidance(
        campaign, GuidanceForm(data={"on": sorted(said.on), "start": said.start.value})
    )


@bp.post("/guidance")
@requires(RUN_CAMPAIGNS, Campaign)
def save_guidance(campaign: Campaign) -> ResponseReturnValue:
    form = GuidanceForm()
    if _is_preview():
        return _guidance(campaign, form)
    if not form.validate():
        return _guidance(campaign, form, status=422)
    return _saved(campaign, form.plan(Plan.of(campaign)), "guidance")


@bp.get("/schedule")
@requires(RUN_CAMPAIGNS, Campaign)
def schedule(campaign: Campaign) -> ResponseReturnValue:
    said = schedule_as_typed(campaign, clock.today())
    return _schedule(campaign, ScheduleForm(data=said), reminders_typed(campaign))


@bp.post("/schedule")
@requires(RUN_CAMPAIGNS, Campaign)
def save_schedule(campaign: Campaign) -> ResponseReturnValue:
    form, reminding = ScheduleForm(), reminders_sent()
    if _is_preview():
        return _schedule(campaign, form, reminding)
    if not all([form.validate(), reminding.validate()]):
        return _schedule(campaign, form, reminding, status=422)
    plan = form.plan(Plan.of(campaign))
    plan = replace(plan, reminders=reminding.said(plan.reminders))
    return _saved(campaign, plan, "schedule")


def _saved(campaign: Campaign, plan: Plan, step: str) -> ResponseReturnValue:
    """Save the step, and go where the button that was pressed leads."""
    change_plan(campaign, plan, by=current_actor())
    keys = list(STEPS)
    wanted = request.form.get("go", "")
    if wanted == "close":
        return redirect(url_for("campaigns.show", campaign_id=campaign.id), 303)
    following = wanted if wanted in STEPS else keys[keys.index(step) + 1]
    return redirect(url_of_step(campaign, following), 303)


def url_of_step(campaign: Campaign, step: str) -> str:
    """The address of a step of the wizard."""
    place = "publishing" if step == "summary" else "plans"
    return url_for(f"{place}.{step}", campaign_id=campaign.id)


def _is_preview() -> bool:
    """Whether a button was pressed that only shows, and saves nothing."""
    return any(key in ("preview", "page") or key.endswith("do") for key in request.form)


def _applications(
    campaign: Campaign, form: ApplicationsForm, chosen: Chosen, status: int = 200
) -> ResponseReturnValue:
    found = match_page(tried(campaign, application_filter=chosen.filter.as_data()), _page_asked())
    said = plural(found.total, "application")
    facts = {"form": form, "chosen": chosen, "found": found, "words": chosen.words}
    return _step("applications", campaign, said, status, **facts)


def _users(
    campaign: Campaign, form: UsersForm, chosen: Chosen, status: int = 200
) -> ResponseReturnValue:
    plan = form.plan(Plan.of(campaign), chosen.filter)
    trial = tried(
        campaign,
        user_scope=plan.user_scope,
        user_filter=plan.user_filter,
        services=plan.services,
        inactive_days=plan.inactive_days,
        granularity=plan.granularity,
    )
    extent, by = extent_of(trial), plan.granularity
    said = f"{plural(extent.lines, by.noun)}, {plural(extent.people, 'person', 'people')}"
    facts: dict[str, Any] = {"extent": extent, "whole": extent_of(trial, everybody=True)}
    facts["by_entitlement"] = trial.users.by_entitlement
    more = {"samples": samples_of(trial), "words": trial.users.in_words()}
    return _step("users", campaign, said, status, form=form, chosen=chosen, **facts, **more)


def _reviewers(
    campaign: Campaign, typed: Typed, error: str = "", status: int = 200
) -> ResponseReturnValue:
    shared = None
    try:
        said = reviewing_of(typed, person_by_address)
        shared = preview_assignments(tried(campaign, reviewing=said.as_data()))
    except Invalid as refusal:
        error = error or str(refusal)
    fields = [each for each in custom_fields() if each.kind == "person"]
    facts: dict[str, Any] = {
        "typed": typed,
        "error": error,
        "shared": shared,
        "choices": {part.key: choices_for(part.key, fields) for part in typed.parts},
        "instances": instances_of(campaign),
        "shown": PEOPLE_SHOWN,
        "required_on": REQUIRED_ON,
    }
    heard = f"{plural(shared.letters, 'letter')}" if shared else error
    return _step("reviewers", campaign, heard, status, form=None, **facts)


def _guidance(campaign: Campaign, form: GuidanceForm, status: int = 200) -> ResponseReturnValue:
    said = form.plan(Plan.of(campaign)).guidance
    return _step(
        "guidance",
        campaign,
        said.in_words(),
        status,
        form=form,
        chosen=None,
        guides=said,
        rules=RULES,
    )


def _schedule(
    campaign: Campaign, form: ScheduleForm, reminding: ReminderPart, status: int = 200
) -> ResponseReturnValue:
    launches = form.next_launches()
    if campaign.state is CampaignState.SCHEDULED:
        form.offers_later_only()
    facts = {"launches": launches, "reminding": reminding, "rule": rule_in(reminding, campaign)}
    return _step("schedule", campaign, "", status, form=form, **facts)


def _step(
    step: str, campaign: Campaign, said: str, status: int, **context: Any
) -> ResponseReturnValue:
    """One step's page, or the part of it that was asked for."""
    if campaign.state not in {CampaignState.DRAFT, CampaignState.SCHEDULED}:
        raise IllegalMove(f"Cannot edit this campaign: it is {campaign.state.value}.")
    answer = page(
        f"plans/{step}.html",
        parts=("plan_preview", "plan_rows"),
        campaign=campaign,
        step=step,
        steps=STEPS,
        is_refused=status != 200,
        **context,
    )
    answer.status_code = status
    if request.headers.get("HX-Target") == "plan_rows":
        answer.headers["HX-Trigger-After-Settle"] = "plan-changed"
    return announced(answer, said)


def _user_fields(campaign: Campaign) -> Fields:
    return user_fields(from_data(campaign.application_filter))


def _page_asked() -> int:
    asked = request.form.get("page", "1")
    return int(asked) if asked.isdecimal() and len(asked) < 6 else 1
