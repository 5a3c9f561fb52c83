"""When a campaign launches: once, again and again, early, or not any more."""

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from policies.errors import IllegalMove
from policies.permissions import RUN_CAMPAIGNS
from portal.models import Campaign, CampaignSeries
from portal.usecases.campaigns import launch_early, unschedule_campaign
from portal.usecases.preparing import launch_prepared
from portal.usecases.series import (
    end_series,
    pause_series,
    resume_series,
)
from portal.usecases.starting import want_started
from portal.web.access import current_actor, requires

bp = Blueprint("schedules", __name__, url_prefix="/campaigns/<int:campaign_id>")


@bp.post("/early-launch")
@requires(RUN_CAMPAIGNS, Campaign)
def launch(campaign: Campaign) -> ResponseReturnValue:
    asked = launch_prepared if campaign.is_prepared else launch_early
    asked(campaign, by=current_actor())
    flash("The campaign is being launched. Its reviewers are written to.", "success")
    return _back(campaign)


@bp.post("/starts")
@requires(RUN_CAMPAIGNS, Campaign)
def start(campaign: Campaign) -> ResponseReturnValue:
    want_started(campaign, by=current_actor())
    flash("Its reviews with a fresh list are being started, one after the other.", "success")
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


def _series(campaign: Campaign) -> CampaignSeries:
    if campaign.series is None:
        raise IllegalMove("This campaign does not recur.")
    return campaign.series


def _back(campaign: Campaign) -> ResponseReturnValue:
    return redirect(url_for("campaigns.show", campaign_id=campaign.id), 303)
