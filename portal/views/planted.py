"""The planted accounts of a campaign: whose lists they were in, and what came of them."""

from flask import Blueprint, Response

from policies.permissions import SEE_CAMPAIGNS
from portal.models import Campaign
from portal.queries.planted_people import planted_in
from portal.queries.standing import standing_of
from portal.web.access import current_actor, requires
from portal.web.pages import page

bp = Blueprint("planted", __name__)


@bp.get("/campaigns/<int:campaign_id>/planted")
@requires(SEE_CAMPAIGNS, Campaign)
def index(campaign: Campaign) -> Response:
    shown = planted_in(campaign, current_actor())
    standing = standing_of(campaign)
    return page("planted/index.html", campaign=campaign, shown=shown, standing=standing)
