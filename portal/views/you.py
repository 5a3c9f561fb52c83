"""One's own page: where one is signed in, and by what one signs in."""

from flask import Blueprint, Response, abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from policies.permissions import ENTER_PORTAL
from portal.models.session import Reach
from portal.queries.actors import member_of
from portal.queries.credentials import credentials_of
from portal.queries.feeds import address_of, feed_of
from portal.queries.sessions import sessions_seen_from
from portal.queries.settings import setting
from portal.usecases.sessions import end_session, end_sessions_of
from portal.web.access import current_actor, requires
from portal.web.own import own_session
from portal.web.pages import page
from portal.web.signin import leave

bp = Blueprint("you", __name__, url_prefix="/you")


@bp.get("")
@requires(ENTER_PORTAL)
def show() -> Response:
    mine = own_session()
    fully = mine.reach is Reach.FULL and member_of(mine.person_id) is not None
    return page(
        "you/show.html",
        person=mine.person,
        mine=mine,
        sessions=sessions_seen_from(mine),
        known=credentials_of(mine.person) if fully else None,
        only_sso=setting("sign_in_only_by_sso"),
        calendar=_calendar(mine.person_id),
    )


@bp.post("/sessions/<int:session_id>/end")
@requires(ENTER_PORTAL)
def end(session_id: int) -> ResponseReturnValue:
    mine = own_session()
    if session_id == mine.id:
        leave()
        return redirect(url_for("session.door"), 303)
    found = next((each for each in sessions_seen_from(mine) if each.id == session_id), None)
    end_session(found or abort(404), "ended by its person", by=current_actor())
    flash("That session is ended.", "success")
    return redirect(url_for(".show"), 303)


@bp.post("/sessions/end-others")
@requires(ENTER_PORTAL)
def end_others() -> ResponseReturnValue:
    mine = own_session()
    if mine.reach is not Reach.FULL:
        abort(404)
    why = "signed out everywhere else"
    count = end_sessions_of(mine.person, why, except_id=mine.id, by=current_actor())
    flash("You are signed out everywhere else." if count else "You were signed in nowhere else.")
    return redirect(url_for(".show"), 303)


def _calendar(person_id: int) -> str:
    """The address of one's calendar; empty where there is none."""
    feed = feed_of(person_id)
    return address_of(feed) if feed and not feed.revoked_at else ""
