"""What a pack holds besides sheets: figures for the manifest, the trail's lines, the lists."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, func, or_, select, type_coerce

from policies.assignment import MovesOn, reviewing_from_data
from policies.chain import canonical
from policies.lifecycle import RemovalState, Verdict
from portal.models import (
    Application,
    Campaign,
    DryRun,
    File,
    Item,
    Removal,
    Report,
    Review,
    Sync,
    TrailLine,
)
from portal.queries.evidence import Subject, organisation_of, trail_of
from portal.queries.evidence_rows import stream
from portal.queries.planted import real_in
from portal.reports.pack import About, ReviewFigures


@dataclass(frozen=True)
class KeptList:
    """A list as it was uploaded. `proves` says whether it verified removals."""

    sync_id: int
    file_id: int
    file_name: str
    size: int
    application: str
    proves: bool


def kept_lists(view: Connection, subject: Subject) -> list[KeptList]:
    """The lists that were reviewed and those that prove removals, which are still kept."""
    frozen, proving = _frozen_syncs(view, subject.review_ids), _proving(view, subject.review_ids)
    names = {**frozen, **proving}
    rows = view.execute(
        select(Sync.id, Sync.file_id, Sync.file_name, File.size)
        .join(File, File.id == Sync.file_id)
        .where(Sync.id.in_(names))
        .order_by(Sync.id)
    )
    return [
        KeptList(row.id, row.file_id, row.file_name, row.size, names[row.id], row.id in proving)
        for row in rows
    ]


def lists_not_kept(view: Connection, subject: Subject) -> list[str]:
    """Say which lists have no file: those that an integration fetched."""
    syncs = {**_frozen_syncs(view, subject.review_ids), **_proving(view, subject.review_ids)}
    kept = {each.sync_id for each in kept_lists(view, subject)}
    return [
        f"Import {number} of {name} has no file to keep."
        for number, name in sorted(syncs.items())
        if number not in kept
    ]


def trail_jsonl(view: Connection, subject: Subject, head_id: int) -> Iterator[bytes]:
    """The campaign's lines up to `head_id`: the canonical JSON of each, with its hash."""
    query = (
        select(TrailLine.content, TrailLine.hash)
        .where(_of_campaign(view, subject), TrailLine.id <= head_id)
        .order_by(TrailLine.id)
    )
    for content, hash_ in stream(view, query):
        yield f'{content[:-1]},"hash":"{hash_}"}}\n'.encode()


def dry_runs_json(view: Connection, subject: Subject) -> Iterator[tuple[str, bytes]]:
    """What was kept of the campaign when it was published: the canonical JSON of each, by name.

    The SHA-256 of a file is in the trail, in the line "dry run kept".
    """
    its = select(DryRun.id, DryRun.facts).where(DryRun.campaign_id == subject.campaign_id)
    for number, row in enumerate(view.execute(its.order_by(DryRun.id)), 1):
        yield f"dry-runs/{number}.json", canonical(row.facts)


def about_pack(
    view: Connection,
    subject: Subject,
    files: dict[int, str],
    missing: list[str],
    version: str,
) -> About:
    """What the manifest says. `files` names the CSV of each review."""
    trail = trail_of(view, subject)
    lines = view.execute(
        select(func.count()).where(_of_campaign(view, subject), TrailLine.id <= trail.head_id)
    ).scalar_one()
    row = view.execute(
        select(Report.created_at, Report.requested_by, type_coerce(Campaign.state, String))
        .join(Campaign, Campaign.id == Report.campaign_id)
        .where(Report.id == subject.report_id)
    ).one()
    at: datetime = row[0]
    return About(
        organisation=organisation_of(view),
        campaign={"id": subject.campaign_id, "name": subject.campaign, "state": row[2]},
        report=subject.report_id,
        generated_at=at,
        generated_by=row[1],
        app_version=version,
        trail={"head_id": trail.head_id, "head_hash": trail.head_hash, "lines": lines},
        reviews=_figures(view, subject.review_ids, files),
        missing=missing,
    )


def _of_campaign(view: Connection, subject: Subject) -> ColumnElement[bool]:
    """Lines about the campaign, and about the lists its reviews are made from."""
    syncs = {*_frozen_syncs(view, subject.review_ids), *_proving(view, subject.review_ids)}
    return or_(
        TrailLine.campaign_id == subject.campaign_id,
        TrailLine.thing.in_([f"sync:{number}" for number in sorted(syncs)]),
    )


def _frozen_syncs(view: Connection, ids: list[int]) -> dict[int, str]:
    rows = view.execute(
        select(Review.frozen, Application.name)
        .join(Application, Application.id == Review.application_id)
        .where(Review.id.in_(ids))
    )
    return {
        int(sync["sync"]): name for frozen, name in rows for sync in (frozen or {}).get("syncs", [])
    }


def _proving(view: Connection, ids: list[int]) -> dict[int, str]:
    rows = view.execute(
        select(Removal.sync_id, Application.name)
        .join(Review, Review.id == Removal.review_id)
        .join(Application, Application.id == Review.application_id)
        .where(Removal.review_id.in_(ids), Removal.sync_id.is_not(None))
        .distinct()
    )
    return {sync_id: name for sync_id, name in rows if sync_id is not None}


def _figures(view: Connection, ids: list[int], files: dict[int, str]) -> list[ReviewFigures]:
    gone = Removal.state != RemovalState.ACTION_REQUIRED
    counted = view.execute(
        select(
            Item.review_id,
            func.count().label("items"),
            *(func.count().filter(Item.verdict == v).label(v.value) for v in Verdict),
            func.count().filter(Item.is_privileged).label("privileged"),
            func.count().filter(gone).label("removed"),
        )
        .outerjoin(Removal, Removal.item_id == Item.id)
        .where(real_in(ids))
        .group_by(Item.review_id)
    )
    counts = {row.review_id: dict(row._mapping) for row in counted}
    rows = view.execute(
        select(Review.id, Application.name, type_coerce(Review.state, String), Campaign.reviewing)
        .join(Campaign, Campaign.id == Review.campaign_id)
        .join(Application, Application.id == Review.application_id)
        .where(Review.id.in_(ids))
        .order_by(Review.id)
    )
    return [
        ReviewFigures(
            number, name, state, files[number], _without_id(counts.get(number)), _proposing(said)
        )
        for number, name, state, said in rows
    ]


def _proposing(reviewing: dict[str, Any]) -> list[int]:
    """The levels from which everything decided moves on: what they take away is not final."""
    levels = reviewing_from_data(reviewing).levels
    return [n for n, level in enumerate(levels, 1) if level.moves_on is MovesOn.DECIDED]


COUNTED = ("items", "undecided", "approved", "rejected", "changed", "privileged", "removed")


def _without_id(row: dict[str, int] | None) -> dict[str, int]:
    return {key: row[key] if row else 0 for key in COUNTED}
