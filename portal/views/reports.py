"""Reports: a review's CSV, and the reports of a campaign, ordered and downloaded."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

from flask import Blueprint, Response, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement

from policies.errors import Invalid
from policies.permissions import ORDER_EVIDENCE, SEE_EVIDENCE, SEE_REVIEW
from portal.db import db
from portal.models import Campaign, File, Report, Review
from portal.queries.evidence_rows import item_rows, snapshot
from portal.queries.files import read_parts
from portal.queries.items import items_seen_by
from portal.queries.marks import mark_for, marked_copy
from portal.queries.paging import key_in
from portal.queries.reports import WORKING, reports_of
from portal.reports.columns import ITEMS
from portal.usecases.reports import note_download, order_report, retry_report
from portal.web.access import current_actor, requires
from portal.web.files import as_download
from portal.web.lists import csv_answer
from portal.web.pages import page, part

bp = Blueprint("reports", __name__)


@bp.get("/reviews/<int:review_id>/items.csv")
@requires(SEE_REVIEW, Review)
def items_csv(review: Review) -> Response:
    """Every item of the review that whoever asks may see, those planted as long as nobody knows."""
    seen, planted = items_seen_by(current_actor(), review), not review.tells_planted
    rows = _rows(review.id, seen, planted=planted)
    return csv_answer(f"review-{review.id}", ITEMS, rows, about=review)


@bp.get("/campaigns/<int:campaign_id>/reports")
@requires(SEE_EVIDENCE, Campaign)
def index(campaign: Campaign) -> Response:
    return page("reports/index.html", parts=("reports_table",), **_listed(campaign))


@bp.post("/campaigns/<int:campaign_id>/reports")
@requires(ORDER_EVIDENCE, Campaign)
def order(campaign: Campaign) -> ResponseReturnValue:
    order_report(campaign, request.form.get("kind", ""), _review_of(campaign), by=current_actor())
    return _back(campaign)


@bp.post("/reports/<int:report_id>/retry")
@requires(ORDER_EVIDENCE, Report)
def retry(report: Report) -> ResponseReturnValue:
    retry_report(report, by=current_actor())
    return _back(report.campaign)


@bp.get("/reports/<int:report_id>/download")
@requires(SEE_EVIDENCE, Report)
def download(report: Report) -> Response:
    """As it is kept; for an auditor, a copy that carries their name."""
    actor = current_actor()
    mark = mark_for(actor, report.file.sha256) if report.file else None
    copy = marked_copy(cast(File, report.file), mark) if mark else None
    note_download(report, handed_out=copy.sha256 if copy else "", by=actor)
    file = cast(File, report.file)
    if copy:
        return as_download(copy.chunks, copy.name, copy.size, file.media_type)
    return as_download(
        stream_with_context(read_parts(file.id)), file.name, file.size, file.media_type
    )


def _rows(review_id: int, seen: ColumnElement[bool], *, planted: bool) -> Iterator[Sequence[str]]:
    with snapshot() as view:
        yield from item_rows(view, review_id, seen, planted=planted)


def _review_of(campaign: Campaign) -> Review | None:
    number = request.form.get("review", "")
    if not number:
        return None
    key = key_in(number)
    review = db.session.get(Review, key) if key is not None else None
    if review is None or review.campaign_id != campaign.id:
        raise Invalid("There is no such review in this campaign.")
    return review


def _back(campaign: Campaign) -> ResponseReturnValue:
    return part(
        "reports/index.html",
        "reports_table",
        or_go_to=url_for("reports.index", campaign_id=campaign.id),
        **_listed(campaign),
    )


def _listed(campaign: Campaign) -> dict[str, Any]:
    reports = reports_of(campaign)
    return {
        "campaign": campaign,
        "reports": reports,
        "is_working": any(report.state in WORKING for report in reports),
    }
