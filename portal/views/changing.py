"""Keeping an account, but with less: what is to be taken away, chosen in its row or on a page."""

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from policies.care import why_needed
from policies.errors import Invalid, Stale
from policies.lifecycle import Verdict
from policies.permissions import DECIDE_ITEM
from portal.models import Item
from portal.queries.taking import grants_on
from portal.usecases.decisions import change_item
from portal.views.items import row_of
from portal.web.access import current_actor, requires
from portal.web.opened import opened_now, read_opened
from portal.web.pages import page, wants_part
from portal.web.returning import way_back

bp = Blueprint("changing", __name__, url_prefix="/items/<int:item_id>/change")


@bp.get("")
@requires(DECIDE_ITEM, Item)
def ask(item: Item) -> ResponseReturnValue:
    """In the row where htmx asks; "open=no" puts the row back as it was."""
    if wants_part() and request.args.get("open") == "no":
        return row_of(item, 200)
    return _form(item)


@bp.post("")
@requires(DECIDE_ITEM, Item)
def change(item: Item) -> ResponseReturnValue:
    said: dict[str, Any] = {"comment": request.form.get("comment", ""), "opened": read_opened()}
    version = request.form.get("version", type=int, default=-1)
    takes = request.form.getlist("takes")
    try:
        change_item(item, takes, version=version, by=current_actor(), **said)
    except Stale as stale:
        return row_of(item, 409, str(stale)) if wants_part() else _form(item, str(stale), 409)
    except Invalid as refusal:
        return _form(item, str(refusal), 422)
    return row_of(item, 200)


def _form(item: Item, refusal: str = "", status: int = 200) -> ResponseReturnValue:
    known: dict[str, Any] = {
        "grants": grants_on(item),
        "refusal": refusal,
        "needed": _needed(item),
        "chosen": request.form.getlist("takes"),
        "typed": request.form.get("comment", item.comment),
    }
    if wants_part():
        return row_of(item, status, changing=known)
    back = way_back(url_for("reviews.items", review_id=item.review_id))
    place: dict[str, Any] = {"review": item.review, "care": item.review.care, "back_here": back}
    response = page("changing/ask.html", item=item, opened=opened_now(), **place, **known)
    response.status_code = status
    return response


def _needed(item: Item) -> str:
    """Why a change needs a comment here, if it does."""
    rule, changed = item.review.care.rule_at(item.level), Verdict.CHANGED
    return why_needed(rule, changed, is_privileged=item.is_privileged, is_against=False)
