"""The last page of planning: what the campaign will do, to whom and when; and publishing it."""

from flask import Blueprint, Response, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from policies.errors import IllegalMove, Invalid
from policies.lifecycle import CampaignState
from policies.permissions import RUN_CAMPAIGNS, SEE_CAMPAIGNS
from policies.publishing import check_complete
from portal import clock
from portal.models import Campaign
from portal.queries.dry_runs import dry_run_of, kept_dry_runs, moments_in
from portal.queries.series import is_future, timing_of
from portal.usecases.preparing import prepare_campaign
from portal.usecases.publishing import publish_campaign
from portal.views.plans import STEPS
from portal.web.access import current_actor, requires
from portal.web.formats import moment_in
from portal.web.pages import page

bp = Blueprint("publishing", __name__, url_prefix="/campaigns/<int:campaign_id>")


@bp.get("/plan/summary")
@requires(RUN_CAMPAIGNS, Campaign)
def summary(campaign: Campaign) -> ResponseReturnValue:
    if campaign.state not in {CampaignState.DRAFT, CampaignState.SCHEDULED}:
        raise IllegalMove(f"Cannot edit this campaign: it is {campaign.state.value}.")
    facts = dry_run_of(campaign)
    return page(
        "publishing/summary.html",
        campaign=campaign,
        steps=STEPS,
        step="summary",
        facts=facts,
        moments=moments_in(facts),
        missing=_missing(campaign),
    )


@bp.post("/publication")
@requires(RUN_CAMPAIGNS, Campaign)
def publish(campaign: Campaign) -> ResponseReturnValue:
    publish_campaign(campaign, by=current_actor())
    when = moment_in(campaign.starts_at, campaign.zone)
    said = f"It launches by itself: {when}." if is_future(campaign) else "It is being launched."
    flash(f"Published. {said} What it will do is kept with it, as its dry run.", "success")
    return redirect(url_for("campaigns.show", campaign_id=campaign.id), 303)


@bp.post("/preparation")
@requires(RUN_CAMPAIGNS, Campaign)
def prepare(campaign: Campaign) -> ResponseReturnValue:
    prepare_campaign(campaign, by=current_actor())
    flash("Its reviews are open to those who run reviews. Nobody else knows of them.", "success")
    return redirect(url_for("campaigns.show", campaign_id=campaign.id), 303)


@bp.get("/dry-run")
@requires(SEE_CAMPAIGNS, Campaign)
def show(campaign: Campaign) -> Response:
    """What was said before the launch, as it was kept; the latest, where it was changed."""
    kept = kept_dry_runs(campaign)
    latest = kept[0] if kept else None
    moments = moments_in(latest.facts) if latest else []
    return page("publishing/dry_run.html", campaign=campaign, kept=kept, moments=moments)


def _missing(campaign: Campaign) -> str:
    """What stands in the way of publishing it, as a sentence."""
    try:
        keeps_time = campaign.state is CampaignState.SCHEDULED
        check_complete(campaign.users, timing_of(campaign), clock.now(), keeps_time=keeps_time)
    except Invalid as refusal:
        return str(refusal)
    return ""
