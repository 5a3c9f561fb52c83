"""Inviting people to the console: typed, looked at, sent; sent again, withdrawn."""

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.permissions import ADMINISTER
from portal.config import current_config
from portal.forms.invitations import InvitationForm
from portal.models import Member
from portal.queries.invitations import Invitation, invitation_letter, judged, open_invitations
from portal.queries.members import roles
from portal.queries.settings import setting
from portal.usecases.invitations import invite_again, invite_members, revoke_invitation
from portal.web.access import current_actor, requires
from portal.web.formats import plural
from portal.web.pages import page

bp = Blueprint("invitations", __name__, url_prefix="/settings/members")


@bp.get("/invitations/new")
@requires(ADMINISTER, fresh=True)
def new() -> Response:
    form = InvitationForm(roles())
    form.role.data = request.args.get("role", "Read-only")
    return _form(form)


@bp.post("/invitations/preview")
@requires(ADMINISTER)
def preview() -> Response:
    """What would be sent, to whom; or the form again with everything that is wrong."""
    form = InvitationForm(roles())
    if "change" in request.form:
        return _form(form)
    asked = _asked(form)
    return _refused(form, asked) if asked is None or asked.problems else _shown(form, asked)


@bp.post("/invitations")
@requires(ADMINISTER, fresh=True)
def send() -> ResponseReturnValue:
    form = InvitationForm(roles())
    asked = _asked(form)
    if asked is None or asked.problems:
        return _refused(form, asked)
    sent = invite_members(asked, by=current_actor())
    flash(f"{plural(len(sent), 'invitation')} on the way.{_kept()}", "success")
    return redirect(url_for("members.index"), 303)


@bp.post("/<int:member_id>/invitation")
@requires(ADMINISTER, Member, fresh=True)
def again(member: Member) -> ResponseReturnValue:
    invite_again(member, by=current_actor())
    flash(f"{member.person.name} is invited again; earlier links are closed.{_kept()}", "success")
    return redirect(url_for("members.show", member_id=member.id), 303)


@bp.get("/<int:member_id>/revocation")
@requires(ADMINISTER, Member)
def confirm_revoke(member: Member) -> Response:
    links = open_invitations(member.person_id)
    return page("invitations/revoke.html", member=member, links=links)


@bp.post("/<int:member_id>/revocation")
@requires(ADMINISTER, Member)
def revoke(member: Member) -> ResponseReturnValue:
    name = member.person.name
    revoke_invitation(member, by=current_actor())
    flash(f"The invitation of {name} is withdrawn, and its link closed.", "success")
    return redirect(url_for("members.index"), 303)


def _asked(form: InvitationForm) -> Invitation | None:
    return judged(form.asked()) if form.validate() else None


def _form(form: InvitationForm, asked: Invitation | None = None) -> Response:
    return page("invitations/new.html", form=form, asked=asked, domains=setting("member_domains"))


def _refused(form: InvitationForm, asked: Invitation | None) -> Response:
    response = _form(form, asked)
    response.status_code = 422
    return response


def _shown(form: InvitationForm, asked: Invitation) -> Response:
    letter = invitation_letter(asked, asked.people[0], current_actor().name)
    return page("invitations/preview.html", form=form, asked=asked, letter=letter)


def _kept() -> str:
    if current_config().smtp_host:
        return ""
    return " No mail server is set up: you find the letters under Letters."
