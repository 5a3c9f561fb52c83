"""When a campaign launches: once, again and again, early, or not any more."""

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from policies.errors import IllegalMove, Invalid
from policies.lifecycle import CampaignState
from policies.permissions import RUN_CAMPAIGNS
from portal import clock
from portal.forms.schedules import ScheduleForm, schedule_as_typed
from portal.models import Campaign, CampaignSeries
from portal.usecases.campaigns import launch_early, schedule_campaign, unschedule_campaign
from portal.usecases.series import (
    begin_series,
    change_series,
    end_series,
    pause_series,
    resume_series,
)
from portal.web.access import current_actor, requires
from portal.web.formats import moment_in
from portal.web.pages import page

bp = Blueprint("schedules", __name__, url_prefix="/campaigns/<int:campaign_id>")


@bp.get("/schedule")
@requires(RUN_CAMPAIGNS, Campaign)
def edit(campaign: Campaign) -> ResponseReturnValue:
    """With a query, what is typed so far: the dates it would come to follow at once."""
    typed = MultiDict(request.args) if "first" in request.args else None
    return _page(ScheduleForm(typed, data=schedule_as_typed(campaign, clock.today())), campaign)


@bp.post("/schedule")
@requires(RUN_CAMPAIGNS, Campaign)
def save(campaign: Campaign) -> ResponseReturnValue:
    form = ScheduleForm()
    if "preview" in request.form:
        return _page(form, campaign)
    if not form.validate_on_submit():
        return _refused(form, campaign)
    try:
        _save(form, campaign)
    except Invalid as invalid:
        form.form_errors.append(str(invalid))
        return _refused(form, campaign)
    when = moment_in(campaign.starts_at, campaign.zone)
    flash(f"Scheduled: it launches by itself, {when}.", "success")
    return redirect(url_for("campaigns.show", campaign_id=campaign.id), 303)


@bp.post("/early-launch")
@requires(RUN_CAMPAIGNS, Campaign)
def launch(campaign: Campaign) -> ResponseReturnValue:
    launch_early(campaign, by=current_actor())
    flash("The campaign is being launched. Its reviewers are written to.", "success")
    return _back(campaign)


@bp.post("/unschedule")
@requires(RUN_CAMPAIGNS, Campaign)
def unschedule(campaign: Campaign) -> ResponseReturnValue:
    unschedule_campaign(campaign, by=current_actor())
    flash("The campaign is a draft again. Nothing launches by itself.", "success")
    return _back(campaign)


@bp.post("/series/pause")
@requires(RUN_CAMPAIGNS, Campaign)
def pause(campaign: Campaign) -> ResponseReturnValue:
    pause_series(_series(campaign), by=current_actor())
    flash("The series is paused. It launches nothing until you resume it.", "success")
    return _back(campaign)


@bp.post("/series/resume")
@requires(RUN_CAMPAIGNS, Campaign)
def resume(campaign: Campaign) -> ResponseReturnValue:
    resume_series(_series(campaign), by=current_actor())
    flash("The series goes on with its next launch.", "success")
    return _back(campaign)


@bp.post("/series/end")
@requires(RUN_CAMPAIGNS, Campaign)
def end(campaign: Campaign) -> ResponseReturnValue:
    end_series(_series(campaign), by=current_actor())
    flash("The series has ended. What is active goes on to its end.", "success")
    return _back(campaign)


def _save(form: ScheduleForm, campaign: Campaign) -> None:
    by = current_actor()
    if form.kind.data == "again" and campaign.series:
        change_series(campaign.series, form.schedule(), by=by)
        return
    if campaign.state is CampaignState.SCHEDULED:
        unschedule_campaign(campaign, by=by)
    if form.kind.data == "again":
        begin_series(campaign, form.schedule(), by=by)
    else:
        zone = (form.zone.data or "").strip()
        schedule_campaign(campaign, starts_at=form.moment(), zone=zone, by=by)


def _series(campaign: Campaign) -> CampaignSeries:
    if campaign.series is None:
        raise IllegalMove("This campaign does not recur.")
    return campaign.series


def _page(form: ScheduleForm, campaign: Campaign) -> Response:
    launches = form.next_launches()
    return page(
        "schedules/edit.html",
        parts=("next_launches",),
        form=form,
        campaign=campaign,
        launches=launches,
        dues=form.dues(launches),
        zone=(form.zone.data or "UTC").strip(),
    )


def _refused(form: ScheduleForm, campaign: Campaign) -> Response:
    answer = _page(form, campaign)
    answer.status_code = 422
    return answer


def _back(campaign: Campaign) -> ResponseReturnValue:
    return redirect(url_for("campaigns.show", campaign_id=campaign.id), 303)
