"""The rule of reminders and escalation: the usual one, and a campaign's own."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from policies.permissions import (
    EDIT_SETTINGS,
    RUN_CAMPAIGNS,
    SEE_CAMPAIGNS,
    SEE_SETTINGS,
    Permission,
    can,
)
from policies.reminders import ReminderRule
from portal.db import db
from portal.forms.reminders import ReminderForm, rule_as_typed
from portal.models import Campaign, Person
from portal.queries.people import person_by_address
from portal.queries.reminders import rule_of, usual_rule
from portal.usecases.reminders import change_campaign_rule, change_usual_rule
from portal.web.access import current_actor, requires
from portal.web.pages import page

bp = Blueprint("reminder_rules", __name__)

USUAL = "/settings/letters/reminders"
OWN = "/campaigns/<int:campaign_id>/reminders"


@bp.get(USUAL)
@requires(SEE_SETTINGS)
def edit_usual() -> Response:
    return _page(_form(usual_rule()), usual_rule())


@bp.post(USUAL)
@requires(EDIT_SETTINGS)
def change_usual() -> ResponseReturnValue:
    form = ReminderForm(person_by_address)
    if not form.validate():
        return _refused(_page(form, usual_rule()))
    change_usual_rule(form.rule(), by=current_actor())
    flash("Reminders go by this rule from now on.", "success")
    return redirect(url_for("letter_texts.index"), 303)


@bp.get(OWN)
@requires(SEE_CAMPAIGNS, Campaign)
def edit(campaign: Campaign) -> Response:
    return _page(_form(rule_of(campaign)), rule_of(campaign), campaign)


@bp.post(OWN)
@requires(RUN_CAMPAIGNS, Campaign)
def change(campaign: Campaign) -> ResponseReturnValue:
    form = ReminderForm(person_by_address)
    if not form.validate():
        return _refused(_page(form, rule_of(campaign), campaign))
    change_campaign_rule(campaign, form.rule(), by=current_actor())
    flash("The reminders of this campaign go by this rule from now on.", "success")
    return redirect(url_for("campaigns.show", campaign_id=campaign.id), 303)


@bp.post(f"{OWN}/usual")
@requires(RUN_CAMPAIGNS, Campaign)
def follow_usual(campaign: Campaign) -> ResponseReturnValue:
    change_campaign_rule(campaign, None, by=current_actor())
    flash("The reminders of this campaign go by the usual rule again.", "success")
    return redirect(url_for(".edit", campaign_id=campaign.id), 303)


def _form(rule: ReminderRule) -> ReminderForm:
    named = db.session.get(Person, rule.escalate_person) if rule.escalate_person else None
    return ReminderForm(person_by_address, formdata=None, data=rule_as_typed(rule, named))


def _refused(answer: Response) -> Response:
    answer.status_code = 422
    return answer


def _page(form: ReminderForm, rule: ReminderRule, campaign: Campaign | None = None) -> Response:
    change_it: Permission[Any] = RUN_CAMPAIGNS if campaign else EDIT_SETTINGS
    known: dict[str, Any] = {"campaign_id": campaign.id} if campaign else {}
    return page(
        "reminder_rules/edit.html",
        form=form,
        rule=rule,
        campaign=campaign,
        may_edit=can(change_it, current_actor(), campaign),
        target=url_for(".change" if campaign else ".change_usual", **known),
        back=url_for("campaigns.show" if campaign else "letter_texts.index", **known),
    )
