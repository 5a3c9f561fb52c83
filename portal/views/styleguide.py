"""The style guide: every component on one page, for whoever develops the portal."""

from flask import Blueprint, Response, abort

from portal import clock
from portal.config import current_config
from portal.web.access import public
from portal.web.pages import page

bp = Blueprint("styleguide", __name__)


@bp.get("/_styleguide")
@public
def show() -> Response:
    """In production there is no such page."""
    if current_config().environment == "production":
        abort(404)
    return page("styleguide.html", moment=clock.now())
