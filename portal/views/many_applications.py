"""Changing every application of a filtered list at once: chosen, shown, and then done."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.custom_fields import CHOICE, PERSON
from policies.errors import Invalid, Stale
from policies.permissions import EDIT_APPLICATIONS
from portal.models import CustomField
from portal.models.application import ApplicationState
from portal.queries.applications import applications_order, fields_with
from portal.queries.custom_fields import PREFIX, custom_fields, people_in_fields, written_value
from portal.queries.many_applications import (
    OWNER_CHANGES,
    STATE,
    Change,
    Chosen,
    change_typed,
    changed_by,
    changes_to_choose,
    digest_of,
    ids_of,
)
from portal.queries.paging import count_of, page_of
from portal.queries.people import addresses
from portal.queries.settings import setting
from portal.usecases.many_applications import change_applications
from portal.web.access import current_actor, requires
from portal.web.filtering import here, read_filter
from portal.web.formats import plural
from portal.web.lists import LONGEST_TEXT
from portal.web.pages import page

bp = Blueprint("many_applications", __name__, url_prefix="/applications/change")


@bp.get("")
@requires(EDIT_APPLICATIONS)
def choose() -> Response:
    """First what is to change, then what that would do to which of them."""
    what, value = _text("what"), _text("value_typed")
    if "value_typed" not in request.args:
        return _choosing(what)
    try:
        return _shown(change_typed(what, value))
    except Invalid as refusal:
        answer = _choosing(what, str(refusal))
        answer.status_code = 422
        return answer


@bp.post("")
@requires(EDIT_APPLICATIONS)
def change() -> ResponseReturnValue:
    wanted = change_typed(_text("what"), _text("value_typed"))
    try:
        count = change_applications(_chosen(), wanted, digest=_text("digest"), by=current_actor())
    except Stale as stale:
        return _shown(wanted, str(stale)), 409
    flash(f"{plural(count, 'application')}: {wanted.words}.", "success")
    return redirect(_list_url(), 303)


def _choosing(what: str, error: str = "") -> Response:
    added, chosen = custom_fields(), _chosen()
    field = next((each for each in added if PREFIX + each.key == what), None)
    return page(
        "many_applications/choose.html",
        what=what,
        field=field,
        kinds=changes_to_choose(added),
        choices=_choices(what, field),
        addresses=(addresses() or []) if _names_somebody(what, field) else [],
        names_somebody=_names_somebody(what, field),
        total=count_of(chosen.query),
        typed=_text("value_typed"),
        error=error,
        **_around(chosen),
    )


def _shown(wanted: Change, stale: str = "") -> Response:
    chosen, added = _chosen(), custom_fields()
    changing = chosen.query.where(changed_by(wanted))
    order = applications_order("name", descending=False)
    found = page_of(changing, order, request.args.get("at", ""))
    ids = ids_of(chosen)
    return page(
        "many_applications/show.html",
        change=wanted,
        value=_text("value_typed"),
        found=found,
        changing=count_of(changing),
        total=len(ids),
        digest=digest_of(ids),
        people=people_in_fields(found.rows, added),
        written=written_value,
        owners_can_access=setting("owners_can_access"),
        pages=[here(at=cursor) if cursor else None for cursor in (found.before, found.after)],
        stale=stale,
        **_around(chosen),
    )


def _chosen() -> Chosen:
    """The list in the URL, or in what was sent. Invalid where its filter makes no sense."""
    read = read_filter(fields_with(custom_fields()))
    if read.error:
        raise Invalid(read.error)
    return Chosen(read.filter, _text("q")[:LONGEST_TEXT])


def _around(chosen: Chosen) -> dict[str, Any]:
    """What both pages say of the list, and carry along."""
    kept = [*chosen.filter.as_query(), *([("q", chosen.text)] if chosen.text else [])]
    words = chosen.filter.in_words(fields_with(custom_fields()))
    query = urlencode(kept)
    back = url_for("applications.index") + (f"?{query}" if query else "")
    again = url_for(".choose") + (f"?{query}" if query else "")
    return {"chosen": chosen, "kept": kept, "words": words, "back": back, "again": again}


def _list_url() -> str:
    """The list as it was, less what it said of what is otherwise now."""
    return str(_around(_chosen())["back"])


def _choices(what: str, field: CustomField | None) -> list[tuple[str, str]]:
    if what == STATE:
        return [(state.value, state.value.capitalize()) for state in ApplicationState]
    if field is not None and field.kind == CHOICE:
        return [("", "Nothing"), *((str(each), str(each)) for each in field.choices)]
    return []


def _names_somebody(what: str, field: CustomField | None) -> bool:
    return what in OWNER_CHANGES or (field is not None and field.kind == PERSON)


def _text(name: str) -> str:
    return request.values.get(name, "").replace("\0", "").strip()
