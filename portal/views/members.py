"""Members: the list, one of them, and what an Admin changes about them."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.errors import Invalid
from policies.invitations import SOON_DAYS, end_of_day
from policies.permissions import ADMINISTER, SEE_SETTINGS
from policies.role_changes import Holding, role_changes
from portal import clock
from portal.models import Member, Role
from portal.queries.invitations import open_invitations
from portal.queries.members import (
    MEMBER_FIELDS,
    SORTS,
    latest_lines_by,
    members_by_state,
    members_matching,
    members_order,
    presences,
    roles,
    with_presence,
)
from portal.queries.paging import count_of, page_of
from portal.queries.roles import overview_of, role_named
from portal.queries.sessions import running_sessions
from portal.usecases.members import (
    change_member_role,
    reinstate_member,
    set_member_end,
    suspend_member,
)
from portal.web.access import current_actor, requires
from portal.web.formats import plural
from portal.web.lists import csv_answer, read_download, read_listing
from portal.web.pages import page

bp = Blueprint("members", __name__, url_prefix="/settings/members")

HEADER = (
    *("Name", "Email", "Role", "State", "Standing", "Way in", "Role given by", "Last seen"),
    *("Member since", "Ends", "Invited by"),
)


@bp.get("")
@requires(SEE_SETTINGS)
def index() -> Response:
    listing = read_listing(MEMBER_FIELDS, SORTS, "name")
    query = members_matching(listing.filter, listing.text)
    order = members_order(listing.sort, descending=listing.descending)
    found = page_of(query, order, listing.cursor)
    return page(
        "members/index.html",
        parts=("members_list",),
        listing=listing,
        found=found,
        total=count_of(query),
        counts=members_by_state(),
        picked=request.args.getlist("value"),
        **_shown(*found.rows),
    )


@bp.get("/csv")
@requires(SEE_SETTINGS)
def index_csv() -> Response:
    listing = read_download(MEMBER_FIELDS, SORTS, "name")
    order = members_order(listing.sort, descending=listing.descending)
    query = members_matching(listing.filter, listing.text).order_by(*order.terms)
    return csv_answer("members", HEADER, _csv_rows(query))


@bp.get("/<int:member_id>")
@requires(SEE_SETTINGS, Member)
def show(member: Member) -> Response:
    return page(
        "members/show.html",
        member=member,
        role=overview_of(member.role),
        sessions=running_sessions(member.person_id),
        lines=latest_lines_by(member),
        links=open_invitations(member.person_id),
        **_shown(member),
    )


@bp.get("/<int:member_id>/suspension")
@requires(ADMINISTER, Member)
def confirm_suspend(member: Member) -> Response:
    sessions = running_sessions(member.person_id)
    return page("members/suspend.html", member=member, sessions=sessions)


@bp.post("/<int:member_id>/suspension")
@requires(ADMINISTER, Member)
def suspend(member: Member) -> ResponseReturnValue:
    ended = suspend_member(member, by=current_actor())
    return _done(member, f"{member.person.name} is suspended; {plural(ended, 'session')} ended.")


@bp.post("/<int:member_id>/reinstatement")
@requires(ADMINISTER, Member, fresh=True)
def reinstate(member: Member) -> ResponseReturnValue:
    reinstate_member(member, by=current_actor())
    return _done(member, f"{member.person.name} may come in again, as {member.role.name}.")


@bp.get("/<int:member_id>/role")
@requires(ADMINISTER, Member, fresh=True)
def choose_role(member: Member) -> Response:
    """The roles to choose from; with one chosen, what would change by it."""
    chosen = role_named(request.args.get("role", "")[:200])
    return page(
        "members/role.html",
        member=member,
        roles=roles(),
        chosen=chosen,
        changes=role_changes(_holding(member.role), _holding(chosen)) if chosen else [],
    )


@bp.post("/<int:member_id>/role")
@requires(ADMINISTER, Member, fresh=True)
def give_role(member: Member) -> ResponseReturnValue:
    role = role_named(request.form.get("role", "")[:200])
    if role is None:
        raise Invalid("There is no such role. Choose one from the list.")
    change_member_role(member, role, by=current_actor())
    return _done(member, f"{member.person.name} is now {role.name}, from their next click on.")


@bp.get("/<int:member_id>/end")
@requires(ADMINISTER, Member)
def choose_end(member: Member) -> Response:
    day = member.ends_at.date().isoformat() if member.ends_at else ""
    return page("members/end.html", member=member, day=day)


@bp.post("/<int:member_id>/end")
@requires(ADMINISTER, Member, fresh=True)
def set_end(member: Member) -> ResponseReturnValue:
    day = request.form.get("ends", "")
    try:
        set_member_end(member, end_of_day(day, clock.today()), by=current_actor())
    except Invalid as invalid:
        answer = page("members/end.html", member=member, day=day, error=str(invalid))
        answer.status_code = 422
        return answer
    return _done(member, "The end date is saved." if day.strip() else "There is no end date now.")


def _shown(*members: Member) -> dict[str, Any]:
    return {"presences": presences(members), "now": clock.now(), "soon": SOON_DAYS}


def _holding(role: Role) -> Holding:
    return Holding(role.name, overview_of(role).levels)


def _done(member: Member, sentence: str) -> ResponseReturnValue:
    flash(sentence, "success")
    return redirect(url_for(".show", member_id=member.id), 303)


def _csv_rows(query: Any) -> Iterator[list[str]]:
    """Asks only once the answer streams: the session of the request is closed by then."""
    for member, presence in with_presence(query):
        moments = presence.seen_at, member.created_at, member.ends_at
        seen, since, ends = (f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else "" for at in moments)
        yield [
            member.person.name,
            member.person.email or "",
            member.role.name,
            presence.state,
            member.person.standing.value,
            presence.way,
            member.granted_by.value,
            *(seen, since, ends),
            member.invited_by.name if member.invited_by else "",
        ]
