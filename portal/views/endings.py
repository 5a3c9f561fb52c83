"""The end of an active campaign: moved to a later day, or brought about now."""

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.deadlines import in_zone
from policies.errors import IllegalMove, Invalid
from policies.lifecycle import CampaignState
from policies.permissions import RUN_CAMPAIGNS
from portal.forms.endings import ExtensionForm
from portal.models import Campaign
from portal.queries.deadlines import deadline_of
from portal.queries.endings import unfinished_in
from portal.queries.owed import owed_in, tasks_by_person
from portal.usecases.endings import close_campaign, extend_campaign
from portal.web.access import current_actor, requires
from portal.web.formats import plural
from portal.web.pages import page

bp = Blueprint("endings", __name__, url_prefix="/campaigns/<int:campaign_id>")


@bp.get("/extension")
@requires(RUN_CAMPAIGNS, Campaign)
def confirm_extend(campaign: Campaign) -> Response:
    return _extension(campaign, ExtensionForm(_active(campaign)))


@bp.post("/extension")
@requires(RUN_CAMPAIGNS, Campaign)
def extend(campaign: Campaign) -> ResponseReturnValue:
    form = ExtensionForm(campaign)
    if not form.validate_on_submit():
        return _extension(campaign, form, 422)
    try:
        written = extend_campaign(
            campaign, form.moment(), form.reason.data or "", by=current_actor()
        )
    except Invalid as invalid:
        form.day.errors = [str(invalid)]
        return _extension(campaign, form, 422)
    when = in_zone(campaign.due_at, campaign.zone)
    flash(f"Due {when} now. {plural(written, 'letter')} will tell of it.", "success")
    return redirect(url_for("campaigns.show", campaign_id=campaign.id), 303)


@bp.get("/closing")
@requires(RUN_CAMPAIGNS, Campaign)
def confirm_close(campaign: Campaign) -> Response:
    return _closing(_active(campaign))


@bp.post("/closing")
@requires(RUN_CAMPAIGNS, Campaign)
def close(campaign: Campaign) -> ResponseReturnValue:
    try:
        close_campaign(campaign, request.form.get("reason", ""), by=current_actor())
    except Invalid as invalid:
        answer = _closing(campaign, str(invalid))
        answer.status_code = 422
        return answer
    flash("The campaign is closed. Its evidence is being made.", "success")
    return redirect(url_for("campaigns.show", campaign_id=campaign.id), 303)


def _active(campaign: Campaign) -> Campaign:
    if campaign.state is not CampaignState.ACTIVE:
        raise IllegalMove(f"This campaign is {campaign.state.value}; its end stays as it is.")
    return campaign


def _extension(campaign: Campaign, form: ExtensionForm, status: int = 200) -> Response:
    answer = page(
        "endings/extend.html",
        campaign=campaign,
        form=form,
        deadline=deadline_of(campaign),
        owing=tasks_by_person(owed_in([campaign])),
    )
    answer.status_code = status
    return answer


def _closing(campaign: Campaign, error: str = "") -> Response:
    left, deadline = unfinished_in(campaign), deadline_of(campaign)
    return page("endings/close.html", campaign=campaign, left=left, deadline=deadline, error=error)
