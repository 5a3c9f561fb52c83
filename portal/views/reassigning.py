"""Handing accounts of a running review to another reviewer."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.errors import Invalid, Refusal
from policies.permissions import REASSIGN_ITEMS
from portal.forms.taker import TakerForm, read_taker
from portal.models import Review
from portal.queries.items import fields_of, progress_of
from portal.queries.people import addresses, people_named, person_by_address
from portal.queries.reassigning import Chosen, people_to_choose, reassignable
from portal.usecases.reassigning import reassign_items
from portal.web.access import current_actor, requires
from portal.web.filtering import read_filter
from portal.web.formats import plural
from portal.web.pages import page
from portal.web.returning import way_back

bp = Blueprint("reassigning", __name__, url_prefix="/reviews/<int:review_id>/reassignment")


@bp.get("")
@requires(REASSIGN_ITEMS, Review)
def ask(review: Review) -> Response:
    return _page(review, TakerForm(str(request.args.get("person", ""))))


@bp.post("")
@requires(REASSIGN_ITEMS, Review)
def hand(review: Review) -> ResponseReturnValue:
    form = read_taker(request.form, person_by_address, people_named)
    if form.errors or form.person is None:
        return _page(review, form, 422)
    try:
        done = reassign_items(review, _chosen(review), form.person, form.reason, by=current_actor())
    except Invalid as refusal:
        return _page(review, form, 422, refusal)
    noun = review.noun
    rest = f" {plural(done.kept, noun)} they may not decide stayed." if done.kept else ""
    flash(f"{plural(done.moved, noun)} went to {form.person.name}.{rest}", "success")
    return redirect(way_back(url_for("reviews.items", review_id=review.id)), 303)


def _page(
    review: Review, form: TakerForm, status: int = 200, refusal: Refusal | None = None
) -> Response:
    """Show exactly what would go over, and ask to whom."""
    actor, chosen, read = current_actor(), _chosen(review), read_filter(fields_of(review))
    listed = people_to_choose(review.campaign, actor)
    response = page(
        "reassigning/ask.html",
        review=review,
        form=form,
        errors=[*form.errors, *([(str(refusal), "#person")] if refusal else [])],
        going=progress_of(reassignable(review, chosen, actor)),
        chosen=read,
        hidden=_hidden(read.filter.as_query()),
        unassigned=chosen.unassigned,
        listed=listed,
        addresses=addresses() if listed is None else [p.email for p in listed if p.email],
        back=way_back(url_for("reviews.items", review_id=review.id)),
    )
    response.status_code = status
    return response


def _chosen(review: Review) -> Chosen:
    ids = [int(key) for key in request.values.getlist("item") if key.isdecimal()]
    view = read_filter(fields_of(review))
    if view.error:
        raise Invalid(view.error)
    return Chosen(view.filter, ids, request.values.get("unassigned") == "1")


def _hidden(query: list[tuple[str, str]]) -> list[tuple[str, Any]]:
    """What the form carries along: which accounts, and the way back."""
    kept = [(name, value) for name in ("item", "unassigned", "back")
            for value in request.values.getlist(name)]  # fmt: skip
    return [*query, *kept]
