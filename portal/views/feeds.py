"""Due dates in one's own calendar: the secret address, and what is read there."""

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.permissions import ARRANGE_OWN
from portal.models.session import Reach
from portal.queries.feeds import entries_of, feed_for_token
from portal.queries.settings import setting
from portal.reports.calendar import calendar_bytes
from portal.usecases.feeds import renew_feed, revoke_feed
from portal.web.access import current_actor, public, requires
from portal.web.own import own_session

bp = Blueprint("feeds", __name__)


@bp.get("/calendar/<token>.ics")
@public
def read(token: str) -> ResponseReturnValue:
    """Whoever knows the address reads it: calendar programs cannot sign in."""
    feed = feed_for_token(token) or abort(404)
    name = f"Access reviews, {setting('organisation')}"
    response = Response(calendar_bytes(name, entries_of(feed)), mimetype="text/calendar")
    response.headers["Content-Disposition"] = 'inline; filename="access-reviews.ics"'
    response.headers["Cache-Control"] = "private, no-cache"
    response.add_etag()
    return response.make_conditional(request)


@bp.post("/you/calendar")
@requires(ARRANGE_OWN)
def renew() -> ResponseReturnValue:
    mine = own_session()
    renew_feed(mine.person, shows_campaigns=mine.reach is Reach.FULL, by=current_actor())
    flash("This is your calendar’s address now. One it had before opens nothing.", "success")
    return redirect(url_for("you.show", _anchor="calendar"), 303)


@bp.post("/you/calendar/end")
@requires(ARRANGE_OWN)
def revoke() -> ResponseReturnValue:
    revoke_feed(own_session().person, by=current_actor())
    flash("Your calendar’s address opens nothing any more.", "success")
    return redirect(url_for("you.show", _anchor="calendar"), 303)
