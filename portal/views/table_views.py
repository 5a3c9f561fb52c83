"""Arranging the table of a review: its columns, their names, and views kept by name."""

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.errors import Invalid
from policies.layout import WIDTHS, Layout, typed_layout
from policies.permissions import ARRANGE_TABLE, RUN_CAMPAIGNS, can
from portal.models import Review
from portal.queries.item_fields import usual_labels
from portal.queries.items import fields_of
from portal.queries.table_views import layout_for, shown_at_first
from portal.usecases.table_views import (
    arrange_columns,
    forget_columns,
    give_columns,
    keep_view,
    name_columns,
    remove_view,
)
from portal.web.access import current_actor, requires
from portal.web.columns import NOT_COLUMNS
from portal.web.pages import page
from portal.web.returning import way_back

bp = Blueprint("table_views", __name__)


@bp.get("/reviews/<int:review_id>/columns")
@requires(ARRANGE_TABLE, Review)
def columns(review: Review) -> Response:
    return _form(review, layout_for(review, current_actor()))


@bp.post("/reviews/<int:review_id>/columns")
@requires(ARRANGE_TABLE, Review)
def arrange(review: Review) -> ResponseReturnValue:
    """Keep the columns: for oneself, for everybody in the campaign, or not at all."""
    try:
        said = _arrange(review, request.form.get("for", "me"))
    except Invalid as refusal:
        return _form(review, layout_for(review, current_actor()), str(refusal))
    flash(said, "success")
    return redirect(_back(review), 303)


@bp.post("/reviews/<int:review_id>/views")
@requires(ARRANGE_TABLE, Review)
def keep(review: Review) -> ResponseReturnValue:
    shared, query = request.form.get("shared") == "1", _back(review).partition("?")[2]
    view = keep_view(review, request.form.get("name", ""), query, shared=shared, by=current_actor())
    flash(f"Kept as “{view.name}”.", "success")
    return redirect(_back(review), 303)


@bp.post("/reviews/<int:review_id>/views/<int:view_id>/removal")
@requires(ARRANGE_TABLE, Review)
def remove(review: Review, view_id: int) -> ResponseReturnValue:
    name = remove_view(review, view_id, by=current_actor())
    flash(f"“{name}” is removed. No decision is changed by it.", "success")
    return redirect(_back(review), 303)


def _arrange(review: Review, whom: str) -> str:
    actor = current_actor()
    if whom == "nobody":
        forget_columns(review, by=actor)
        return "The columns are as at first."
    layout = _typed()
    if whom == "all":
        labels = {k[6:]: v for k, v in request.form.items() if k.startswith("label-")}
        name_columns(review, labels, by=actor)
        give_columns(review, layout, by=actor)
        return "Everybody in this campaign begins with these columns."
    arrange_columns(review, layout, by=actor)
    return "Your columns are kept, for every review of this application."


def _typed() -> Layout:
    form = request.form
    places = {k[6:]: v for k, v in form.items() if k.startswith("place-")}
    widths = {k[6:]: v for k, v in form.items() if k.startswith("width-")}
    known = [key for key in form.getlist("show") if key not in NOT_COLUMNS]
    return typed_layout(known, places, widths, form.getlist("pin"))


def _form(review: Review, layout: Layout, error: str = "") -> Response:
    fields, by_key = fields_of(review), {column.key: column for column in layout}
    keys = [*(key for key in by_key if key in fields), *fields]
    rows = [(fields[k], by_key.get(k)) for k in dict.fromkeys(keys) if k not in NOT_COLUMNS]
    response = page(
        "table_views/columns.html",
        review=review,
        rows=rows,
        widths=WIDTHS,
        usual=usual_labels(review),
        first=shown_at_first(review),
        error=error,
        back=_back(review),
        for_all=can(RUN_CAMPAIGNS, current_actor(), review),
    )
    response.status_code = 422 if error else 200
    return response


def _back(review: Review) -> str:
    return way_back(url_for("reviews.items", review_id=review.id))
