"""Sharing reports: with whom, until when, how often used; and the page behind a shared link."""

from typing import cast

from flask import Blueprint, Response, abort, flash, redirect, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from policies.permissions import SEE_EVIDENCE, SHARE_EVIDENCE, Actor
from portal.forms.shares import ShareForm
from portal.models import Campaign, File, Person, Report, Share
from portal.models.session import Reach
from portal.queries.files import read_parts
from portal.queries.letter_ways import channels_set_up
from portal.queries.links import is_open
from portal.queries.marks import mark_for_guest, marked_copy
from portal.queries.people import person_by_address
from portal.queries.settings import setting
from portal.queries.shares import report_in_words, share_behind, shared_state, shares_of
from portal.usecases.sharing import note_share_used, revoke_share, share_report
from portal.web.access import current_actor, public, requires
from portal.web.files import as_download
from portal.web.formats import plural
from portal.web.limits import limited
from portal.web.pages import page
from portal.web.returning import signed_target

bp = Blueprint("shares", __name__)


@bp.get("/campaigns/<int:campaign_id>/shares")
@requires(SEE_EVIDENCE, Campaign)
def index(campaign: Campaign) -> Response:
    shares = [(share, shared_state(share)) for share in shares_of(campaign)]
    return page("shares/index.html", campaign=campaign, shares=shares, words=report_in_words)


@bp.get("/reports/<int:report_id>/share")
@requires(SHARE_EVIDENCE, Report)
def new(report: Report) -> Response:
    return _form_page(report, _form())


@bp.post("/reports/<int:report_id>/share")
@requires(SHARE_EVIDENCE, Report)
def create(report: Report) -> ResponseReturnValue:
    form = _form()
    if not form.validate():
        answer = _form_page(report, form)
        answer.status_code = 422
        return answer
    made = share_report(report, form.sharing(), by=current_actor())
    flash(f"Shared with {plural(len(made), 'person', 'people')}; a letter is on its way.")
    return redirect(url_for(".index", campaign_id=report.campaign_id), 303)


@bp.post("/shares/<int:share_id>/revoke")
@requires(SHARE_EVIDENCE, Share)
def revoke(share: Share) -> ResponseReturnValue:
    revoke_share(share, by=current_actor())
    flash(f"The link of {share.person.name} opens nothing any more.", "success")
    return redirect(url_for(".index", campaign_id=share.campaign_id), 303)


@bp.get("/shared/<token>")
@public
@limited
def open_shared(token: str) -> ResponseReturnValue:
    """What it is, before it is taken: programs that look into mail follow links."""
    share = share_behind(token)
    if share is None or not is_open(share.link):
        return Response(page("shares/closed.html").data, 410)
    if _reader(share) is None:
        target = signed_target(url_for(".open_shared", token=token))
        return page("shares/sign_in.html", share=share, target=target, words=report_in_words)
    return page("shares/open.html", share=share, token=token, words=report_in_words)


@bp.post("/shared/<token>")
@public
@limited
def take(token: str) -> ResponseReturnValue:
    """Hand the file out, marked where it goes out of the house; each time is written down."""
    share = share_behind(token) or abort(404)
    reader = _reader(share)
    if reader is None or not is_open(share.link):
        return redirect(url_for(".open_shared", token=token), 303)
    file = cast(File, share.report.file)
    mark = mark_for_guest(share.person, file.sha256)
    copy = marked_copy(file, mark) if mark else None
    note_share_used(share, handed_out=copy.sha256 if copy else "", by=reader)
    if copy:
        return as_download(copy.chunks, copy.name, copy.size, file.media_type)
    parts = stream_with_context(read_parts(file.id))
    return as_download(parts, file.name, file.size, file.media_type)


def _reader(share: Share) -> Actor | None:
    """Who reads: the person it is shared with, signed in unless that is switched off."""
    person: Person = share.person
    if current_user.is_authenticated and current_user.reach is Reach.FULL:
        actor = current_actor()
        if actor.person_id == person.id:
            return actor
    if setting("shares_need_sign_in"):
        return None
    return Actor(person.id, person.name, method="link to a shared report")


def _form() -> ShareForm:
    return ShareForm(person_by_address, channels_set_up())


def _form_page(report: Report, form: ShareForm) -> Response:
    signed = setting("shares_need_sign_in")
    return page("shares/new.html", report=report, form=form, words=report_in_words, signed=signed)
