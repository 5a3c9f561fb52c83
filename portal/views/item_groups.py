"""What is in view of a review by department, manager, role or any other field."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.errors import Invalid
from policies.filters import Field, Filter
from policies.groups import USUAL, groupable, within
from policies.lifecycle import ReviewState
from policies.permissions import SEE_REVIEW
from portal.models import Review
from portal.queries.item_groups import COUNTED, MOST_LEFT, Group, groups_in
from portal.queries.item_pages import Sort
from portal.queries.items import fields_of, in_view, item_columns, left_for, progress_seen_by
from portal.web.access import current_actor, requires
from portal.web.filtering import Chosen, here, read_filter
from portal.web.lists import csv_answer
from portal.web.opened import opened_now
from portal.web.pages import page
from portal.web.rows import takes_picks

bp = Blueprint("item_groups", __name__, url_prefix="/reviews/<int:review_id>")

COLUMNS = {"total": "Accounts"} | {key: key.capitalize() for key in COUNTED if key != "total"}


@bp.get("/groups")
@requires(SEE_REVIEW, Review)
def index(review: Review) -> ResponseReturnValue:
    if review.state is ReviewState.PENDING:
        return redirect(url_for("reviews.show", review_id=review.id))
    facts = _facts(review)
    urls = [_urls(review, facts["chosen"].filter, facts["field"], each) for each in facts["groups"]]
    return page("item_groups/index.html", parts=("groups_list",), urls=urls, **facts)


@bp.get("/groups.csv")
@requires(SEE_REVIEW, Review)
def download(review: Review) -> Response:
    chosen, field, sort = _asked(review)
    if chosen.error:  # a page says so and shows all; a file of all would be taken for the answer
        raise Invalid(chosen.error)
    found, _ = _found(review, chosen, field, sort, most=None)
    return csv_answer("groups", (field.label, *COLUMNS.values()), _rows(found), about=review)


def _facts(review: Review) -> dict[str, Any]:
    chosen, field, sort = _asked(review)
    actor = current_actor()
    groups, total = _found(review, chosen, field, sort)
    left = left_for(actor, review, progress_seen_by(actor, review))
    return {
        "review": review,
        "chosen": chosen,
        "field": field,
        "fields": groupable(chosen.fields).values(),
        "groups": groups,
        "total": total,
        "heads": [_head("value", field.label, sort)]
        + [_head(key, label, sort) for key, label in COLUMNS.items()],
        "columns": COLUMNS,
        "decides": not chosen.error and takes_picks(review, left),
    }


def _asked(review: Review) -> tuple[Chosen, Field, Sort]:
    """The filter, the field (?by=, or the department), and the order."""
    chosen = read_filter(fields_of(review))
    serve = groupable(chosen.fields)
    field = serve.get(request.args.get("by", ""), serve[USUAL])
    key = request.args.get("sort", "").removeprefix("-")
    if key not in {"value", *COUNTED}:
        return chosen, field, MOST_LEFT
    return chosen, field, Sort(key, descending=request.args["sort"].startswith("-"))


def _found(
    review: Review, chosen: Chosen, field: Field, sort: Sort, **limits: Any
) -> tuple[Sequence[Group], int]:
    actor = current_actor()
    view = in_view(review, chosen.filter, actor)
    column = item_columns({field.key: field}, review, actor)[field.key]
    return groups_in(view, column, field, sort, **limits)


def _head(key: str, label: str, sort: Sort) -> tuple[str, str, str | None]:
    """A column's head: its words, where the list is in its order, and which way it is now."""
    if key != sort.key:
        return label, here(sort=key if key == "value" else f"-{key}"), None
    way = "desc" if sort.descending else "asc"
    return label, here(sort=key if sort.descending else f"-{key}"), way


def _urls(review: Review, chosen: Filter, field: Field, group: Group) -> dict[str, str]:
    """Where the group is looked at, and where it is decided at once."""
    inside = within(chosen, field, group.value)
    if inside is None:
        return {}
    asked = urlencode(inside.as_query())
    back = urlencode({"back": request.full_path.rstrip("?"), "opened": opened_now()})
    bulk = url_for("items.confirm", review_id=review.id)
    table = url_for("reviews.items", review_id=review.id)
    decided = {each: f"{bulk}?verdict={each}&{asked}&{back}" for each in ("approved", "rejected")}
    return {"look": f"{table}?{asked}", **decided}


def _rows(found: Sequence[Group]) -> Iterator[list[str]]:
    for group in found:
        yield [group.value, *(str(getattr(group.progress, key)) for key in COLUMNS)]
