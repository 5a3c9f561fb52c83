"""Letters: what was written to whom, what became of it, sending again, closing a link."""

from collections.abc import Iterator

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.letter_kinds import Channel
from policies.permissions import ADMINISTER
from portal.models import Letter, Link
from portal.queries.letter_ways import working_times
from portal.queries.letters import (
    LETTER_FIELDS,
    SORTS,
    letters_by_state,
    letters_matching,
    letters_order,
    shows_link,
    text_to_show,
)
from portal.queries.links import is_open
from portal.queries.paging import count_of, in_turn, page_of
from portal.usecases.letters import resend_letter
from portal.usecases.links import revoke_link
from portal.web.access import current_actor, requires
from portal.web.formats import exact
from portal.web.lists import csv_answer, read_download, read_listing
from portal.web.pages import page

bp = Blueprint("letters", __name__)

HEADER = (
    *("Written (UTC)", "Kind", "Person", "Email", "Subject", "State", "Attempts", "Sent (UTC)"),
    *("Channel", "Problem"),
)


@bp.get("/letters")
@requires(ADMINISTER)
def index() -> Response:
    listing = read_listing(LETTER_FIELDS, SORTS, "-written")
    query = letters_matching(listing.filter, listing.text)
    order = letters_order(listing.sort, descending=listing.descending)
    return page(
        "letters/index.html",
        parts=("letters_list",),
        listing=listing,
        found=page_of(query, order, listing.cursor),
        total=count_of(query),
        states=letters_by_state(),
    )


@bp.get("/letters/csv")
@requires(ADMINISTER)
def index_csv() -> Response:
    listing = read_download(LETTER_FIELDS, SORTS, "-written")
    order = letters_order(listing.sort, descending=listing.descending)
    query = letters_matching(listing.filter, listing.text).order_by(*order.terms)
    letters = in_turn(query)
    return csv_answer("letters", HEADER, csv_rows(letters))


@bp.get("/letters/<int:letter_id>")
@requires(ADMINISTER, Letter)
def show(letter: Letter) -> Response:
    return page(
        "letters/show.html",
        letter=letter,
        ways=_ways(letter),
        text=text_to_show(letter),
        link=letter.link,
        link_is_open=letter.link is not None and is_open(letter.link),
        link_is_shown=shows_link(letter),
        zone=working_times().of(letter.person).zone,
    )


@bp.post("/letters/<int:letter_id>/resend")
@requires(ADMINISTER, Letter)
def resend(letter: Letter) -> ResponseReturnValue:
    resend_letter(letter, by=current_actor())
    flash(f"The letter to {letter.person.name} is on its way again.", "success")
    return redirect(url_for(".show", letter_id=letter.id), 303)


@bp.post("/links/<int:link_id>/revoke")
@requires(ADMINISTER, Link)
def revoke(link: Link) -> ResponseReturnValue:
    revoke_link(link, by=current_actor())
    flash("The link is closed, and whoever came in by it is signed out.", "success")
    letter_id = request.form.get("letter", type=int)
    return redirect(url_for(".show", letter_id=letter_id) if letter_id else url_for(".index"), 303)


def _ways(letter: Letter) -> str:
    """ "Email, after Slack" """
    way, *before = [Channel(each).label for each in (letter.channel, *letter.tried)]
    return f"{way}, after {' and '.join(before)}" if before else way


def csv_rows(letters: Iterator[Letter]) -> Iterator[list[str]]:
    for letter in letters:
        yield [
            exact(letter.created_at),
            letter.kind,
            letter.person.name,
            letter.person.email or "",
            letter.subject,
            letter.state.value,
            str(letter.attempts),
            exact(letter.sent_at),
            letter.channel,
            letter.last_error,
        ]
