"""The style guide: every component on one page, for whoever develops the portal."""

from datetime import timedelta

from flask import Blueprint, Response, abort

from policies.burndown import Burndown
from policies.fields import ITEM_FIELDS
from policies.filters import Condition, Filter, Op
from portal import clock
from portal.config import current_config
from portal.web.access import public
from portal.web.filtering import Chosen
from portal.web.pages import page

bp = Blueprint("styleguide", __name__)


@bp.get("/_styleguide")
@public
def show() -> Response:
    """In production there is no such page."""
    if current_config().environment == "production":
        abort(404)
    sales = Filter(
        (
            (Condition("department", Op.IS, "Sales"), Condition("is_privileged", Op.IS, "yes")),
            (Condition("last_used_at", Op.LESS, "2026-09-30"),),
        )
    )
    chosen = Chosen(sales, ITEM_FIELDS)
    return page("styleguide.html", moment=clock.now(), chart=_chart(), chosen=chosen)


def _chart() -> Burndown:
    today = clock.today()
    taken = (4, 20, 10, 58, 24, 8, 47)
    days = [(today - timedelta(days=6 - nth), count) for nth, count in enumerate(taken)]
    return Burndown(214, days[0][0], today + timedelta(days=4), today, days)
