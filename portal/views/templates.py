"""Starting a campaign: from a template, in one step, from another one; and the templates kept."""

from datetime import date

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.errors import Invalid
from policies.permissions import RUN_CAMPAIGNS
from policies.templates import BUILT_IN
from portal import clock
from portal.db import db
from portal.models import Application, Campaign, Template
from portal.queries.templates import applications_by_name, past_campaigns, templates_kept
from portal.usecases.publishing import publish_campaign
from portal.usecases.templates import (
    begin_blank,
    begin_from_builtin,
    begin_from_template,
    begin_one_step,
    delete_template,
    duplicate_campaign,
    keep_template,
    rename_template,
)
from portal.web.access import current_actor, requires
from portal.web.pages import page

bp = Blueprint("templates", __name__, url_prefix="/campaigns")


@bp.get("/new")
@requires(RUN_CAMPAIGNS)
def start() -> Response:
    return _start()


@bp.post("")
@requires(RUN_CAMPAIGNS)
def begin() -> ResponseReturnValue:
    """A draft, empty or from a built-in template or like another campaign; a first step follows."""
    key, by = request.form.get("template", ""), current_actor()
    if copied := request.form.get("copied", ""):
        return _first_step(duplicate_campaign(_copied(copied), by=by))
    if key and key not in BUILT_IN:
        abort(404)
    campaign = begin_from_builtin(BUILT_IN[key], by=by) if key else begin_blank(by=by)
    return _first_step(campaign)


@bp.post("/one-step")
@requires(RUN_CAMPAIGNS)
def one_step() -> ResponseReturnValue:
    """One application and a due date: launched at once, or looked at first."""
    try:
        campaign = begin_one_step(_application(), _due(), by=current_actor())
    except Invalid as refusal:
        return _start(str(refusal), 422)
    if "look" in request.form:
        return redirect(url_for("publishing.summary", campaign_id=campaign.id), 303)
    publish_campaign(campaign, by=current_actor())
    flash("The campaign is being launched. Its reviewers are written to.", "success")
    return redirect(url_for("campaigns.show", campaign_id=campaign.id), 303)


@bp.post("/<int:campaign_id>/copies")
@requires(RUN_CAMPAIGNS, Campaign)
def duplicate(campaign: Campaign) -> ResponseReturnValue:
    return _first_step(duplicate_campaign(campaign, by=current_actor()))


@bp.get("/<int:campaign_id>/template")
@requires(RUN_CAMPAIGNS, Campaign)
def new(campaign: Campaign) -> Response:
    return page("templates/new.html", campaign=campaign, name=campaign.name, error="")


@bp.post("/<int:campaign_id>/template")
@requires(RUN_CAMPAIGNS, Campaign)
def keep(campaign: Campaign) -> ResponseReturnValue:
    name = request.form.get("name", "").replace("\0", "")
    try:
        template = keep_template(campaign, name, by=current_actor())
    except Invalid as refusal:
        answer = page("templates/new.html", campaign=campaign, name=name, error=str(refusal))
        answer.status_code = 422
        return answer
    flash(f"Kept as the template “{template.name}”.", "success")
    return redirect(url_for(".start"), 303)


@bp.post("/templates/<int:template_id>/campaigns")
@requires(RUN_CAMPAIGNS, Template)
def begin_from(template: Template) -> ResponseReturnValue:
    return _first_step(begin_from_template(template, by=current_actor()))


@bp.post("/templates/<int:template_id>/name")
@requires(RUN_CAMPAIGNS, Template)
def rename(template: Template) -> ResponseReturnValue:
    name = request.form.get("name", "").replace("\0", "")
    rename_template(template, name, by=current_actor())
    return redirect(url_for(".start"), 303)


@bp.post("/templates/<int:template_id>/deletion")
@requires(RUN_CAMPAIGNS, Template)
def delete(template: Template) -> ResponseReturnValue:
    delete_template(template, by=current_actor())
    flash("The template was deleted. Campaigns begun from it stay.", "success")
    return redirect(url_for(".start"), 303)


def _start(error: str = "", status: int = 200) -> Response:
    answer = page(
        "templates/start.html",
        built_in=BUILT_IN,
        kept=templates_kept(),
        campaigns=past_campaigns(),
        applications=applications_by_name(),
        today=clock.today(),
        typed=request.form,
        error=error,
    )
    answer.status_code = status
    return answer


def _first_step(campaign: Campaign) -> ResponseReturnValue:
    return redirect(url_for("plans.applications", campaign_id=campaign.id), 303)


def _copied(typed: str) -> Campaign:
    found = db.session.get(Campaign, int(typed)) if typed.isdecimal() else None
    return found or abort(404)


def _application() -> Application:
    typed = request.form.get("application_id", "")
    found = db.session.get(Application, int(typed)) if typed.isdecimal() else None
    if found is None:
        raise Invalid("Choose an application.")
    return found


def _due() -> date:
    try:
        return date.fromisoformat(request.form.get("due", ""))
    except ValueError:
        raise Invalid("Choose a due date.") from None
