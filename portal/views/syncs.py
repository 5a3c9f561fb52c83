"""Imports: the list of them, uploading, and one page that follows an upload to its end."""

from collections.abc import Iterator

from flask import Blueprint, Response, flash, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.columns import ACCOUNTS, PEOPLE
from policies.errors import Invalid
from policies.lifecycle import SyncState
from policies.lists import SEPARATORS
from policies.permissions import (
    APPLY_SYNC,
    IMPORT_ACCOUNTS,
    IMPORT_PEOPLE,
    SEE_SOURCES,
    SEE_SYNC,
    require,
)
from portal.connectors.delimited import DELIMITERS
from portal.connectors.encodings import CHOICES
from portal.db import db
from portal.forms.syncs import (
    FILE_TYPES,
    ORDERS,
    Upload,
    instance_choices,
    read_mapping,
    read_upload,
    targets,
)
from portal.models import Instance, Source, Sync
from portal.queries.paging import Order, count_of, in_turn, key_in, page_of
from portal.queries.samples import samples_of
from portal.queries.syncs import (
    PROBLEM_ORDER,
    SORTS,
    SYNC_FIELDS,
    all_instances,
    all_syncs,
    is_at_work,
    loses_much,
    present_before,
    problems_of,
    skipped_by_reason,
    syncs_order,
)
from portal.usecases.retrying import retry_sync
from portal.usecases.sources import accounts_source, people_source, place_for_list
from portal.usecases.syncs import confirm_sync, discard_sync, map_columns, upload_list
from portal.web.access import current_actor, requires
from portal.web.formats import exact
from portal.web.lists import Listing, csv_answer, read_download, read_listing
from portal.web.pages import page, wants_part

bp = Blueprint("syncs", __name__, url_prefix="/imports")

HEADER = (
    *("Import", "List of", "Application", "Instance", "File", "SHA-256", "Bytes", "State"),
    *("Complete", "Rows read", "Applied", "Skipped", "New", "Changed", "Gone", "Unchanged"),
    *("Unmatched", "Problems", "By", "Uploaded (UTC)", "Applied (UTC)", "Milliseconds"),
)
PROBLEMS = 200  # on one page
NAMES = {**CHOICES, **DELIMITERS, "utf-8-sig": "UTF-8"}


@bp.get("")
@requires(SEE_SOURCES)
def index() -> Response:
    listing = read_listing(SYNC_FIELDS, SORTS, "-uploaded")
    query = all_syncs(listing.filter, listing.text)
    return page(
        "syncs/index.html",
        parts=("syncs_list",),
        listing=listing,
        found=page_of(query, _order(listing), listing.cursor),
        total=count_of(query),
    )


@bp.get("/csv")
@requires(SEE_SOURCES)
def index_csv() -> Response:
    listing = read_download(SYNC_FIELDS, SORTS, "-uploaded")
    query = all_syncs(listing.filter, listing.text).order_by(*_order(listing).terms)
    syncs = in_turn(query)
    return csv_answer("imports", HEADER, (csv_row(sync) for sync in syncs))


@bp.get("/new")
@requires(SEE_SOURCES)
def new() -> Response:
    noun = PEOPLE if request.args.get("noun") == PEOPLE else ACCOUNTS
    require(IMPORT_PEOPLE if noun == PEOPLE else IMPORT_ACCOUNTS, current_actor(), None)
    return _new(noun)


@bp.post("")
@requires(SEE_SOURCES)
def create() -> ResponseReturnValue:
    """Keep the file and have it read; what it changes is shown before anything does."""
    try:
        sent = read_upload(request.form, request.files)
        sync = upload_list(
            _source(sent),
            sent.file_name,
            sent.stream,
            is_complete=sent.is_complete,
            by=current_actor(),
        )
    except Invalid as refusal:
        noun = PEOPLE if request.form.get("noun") == PEOPLE else ACCOUNTS
        return _new(noun, error=str(refusal)), 422
    return redirect(url_for(".show", sync_id=sync.id), 303)


@bp.get("/<int:sync_id>")
@requires(SEE_SYNC, Sync)
def show(sync: Sync) -> Response:
    """The page of one import, whatever state it is in."""
    if wants_part() and sync.state is SyncState.APPLIED and sync.review_id:
        going = make_response("")
        going.headers["HX-Redirect"] = url_for("reviews.show", review_id=sync.review_id)
        return going
    return _page(sync)


@bp.post("/<int:sync_id>/columns")
@requires(APPLY_SYNC, Sync)
def map(sync: Sync) -> ResponseReturnValue:  # noqa: A001  the word of the lifecycle
    mapping, options = read_mapping(request.form, sync)
    try:
        map_columns(sync, mapping, options, by=current_actor())
    except Invalid as refusal:
        return _page(sync, error=str(refusal), typed=mapping), 422
    return redirect(url_for(".show", sync_id=sync.id), 303)


@bp.post("/<int:sync_id>/apply")
@requires(APPLY_SYNC, Sync)
def apply(sync: Sync) -> ResponseReturnValue:
    accept = request.form.get("accept_gone") == "1"
    confirm_sync(sync, by=current_actor(), accept_gone=accept)
    return redirect(url_for(".show", sync_id=sync.id), 303)


@bp.post("/<int:sync_id>/discard")
@requires(APPLY_SYNC, Sync)
def discard(sync: Sync) -> ResponseReturnValue:
    discard_sync(sync, by=current_actor())
    flash("The list was discarded. Nothing was changed.")
    return redirect(url_for(".show", sync_id=sync.id), 303)


@bp.post("/<int:sync_id>/retry")
@requires(APPLY_SYNC, Sync)
def retry(sync: Sync) -> ResponseReturnValue:
    retry_sync(sync, by=current_actor())
    return redirect(url_for(".show", sync_id=sync.id), 303)


@bp.get("/<int:sync_id>/problems.csv")
@requires(SEE_SYNC, Sync)
def problems_csv(sync: Sync) -> Response:
    rows = in_turn(problems_of(sync).order_by(*PROBLEM_ORDER.terms))
    header = ("Row", "Column", "Value", "Expected", "Kind")
    lines = (
        (p.row or "file", p.column, p.value, p.expected, "problem" if p.is_fatal else "left out")
        for p in rows
    )
    return csv_answer(f"problems-{sync.id}", header, _texts(lines))


def _order(listing: Listing) -> Order:
    return syncs_order(listing.sort, descending=listing.descending)


def _new(noun: str, error: str = "") -> Response:
    instances = all_instances() if noun == ACCOUNTS else []
    return page(
        "syncs/new.html",
        noun=noun,
        error=error,
        file_types=FILE_TYPES,
        instances=instance_choices(instances),
        chosen=_chosen(instances),
    )


def _chosen(instances: list[Instance]) -> int | str:
    """The instance to be offered first: as sent, or of the application in the URL."""
    sent = key_in(request.form.get("instance_id", ""))
    if sent is not None:
        return sent
    wanted = request.args.get("application", type=int)
    return next((one.id for one in instances if one.application_id == wanted), "")


def _source(sent: Upload) -> Source:
    actor = current_actor()
    require(IMPORT_PEOPLE if sent.noun == PEOPLE else IMPORT_ACCOUNTS, actor, None)
    if sent.noun == PEOPLE:
        return people_source(by=actor)
    if sent.instance_id is None:
        place = place_for_list(sent.application, sent.instance, create=True, by=actor)
        return accounts_source(place, by=actor)
    instance = db.session.get(Instance, sent.instance_id)
    if instance is None:
        raise Invalid("This application is not there any more. Choose another.")
    return accounts_source(instance, by=actor)


def _page(sync: Sync, **said: object) -> Response:
    """The import as it stands; `said` is what was typed and why it was not taken."""
    return page(
        "syncs/show.html",
        parts=("sync_body",),
        sync=sync,
        at_work=is_at_work(sync),
        found=sync.options.get("found", {}),
        names=NAMES,
        **said,
        **_details(sync),
    )


def _details(sync: Sync) -> dict[str, object]:
    """What the page shows in the state the sync is in, and only that."""
    details: dict[str, object] = {}
    if sync.columns:
        details |= _choices(sync)
    if sync.state is SyncState.PREVIEW:
        details |= {"samples": samples_of(sync), "loses_much": loses_much(sync)}
        details |= {"present": present_before(sync)}
    if sync.state is SyncState.REFUSED:
        query = problems_of(sync, fatal=True)
        cursor = request.args.get("at", "")
        details["problems"] = page_of(query, PROBLEM_ORDER, cursor, PROBLEMS)
    if sync.state in {SyncState.PREVIEW, SyncState.APPLIED} and sync.rows_skipped:
        details["skipped"] = skipped_by_reason(sync)
    return details


def _choices(sync: Sync) -> dict[str, object]:
    """What can be chosen for columns and format."""
    found = sync.options.get("found", {})
    between = {
        SEPARATORS.get(one, SEPARATORS["whole"]) for one in found.get("separators", {}).values()
    }
    return {
        "targets": targets(sync.noun),
        "encodings": list(CHOICES.items()),
        "delimiters": list(DELIMITERS.items()),
        "separators": list(SEPARATORS.items()),
        "found_separators": ", ".join(sorted(between)) or "nothing",
        "orders": list(ORDERS.items()),
        "sheets": [(name, name) for name in found.get("sheets", ())],
    }


def csv_row(sync: Sync) -> list[str]:
    """An import as a row under HEADER."""
    instance = sync.source.instance
    counts = (sync.rows_read, sync.rows_applied, sync.rows_skipped, sync.new, sync.changed)
    more = (sync.gone, sync.unchanged, sync.unmatched, sync.problems)
    return [
        str(sync.id),
        sync.noun,
        instance.application.name if instance else "",
        instance.name if instance else "",
        sync.file_name,
        sync.sha256,
        str(sync.size),
        sync.state.value,
        "yes" if sync.is_complete else "no",
        *[str(count) for count in (*counts, *more)],
        sync.by_name,
        exact(sync.created_at),
        exact(sync.applied_at),
        str(sync.duration_ms or ""),
    ]


def _texts(lines: Iterator[tuple[object, ...]]) -> Iterator[list[str]]:
    for line in lines:
        yield [str(cell) for cell in line]
