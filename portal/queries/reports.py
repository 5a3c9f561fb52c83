"""Finding reports: of a campaign, and the next that is to be made."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, or_, select
from sqlalchemy.orm import aliased, joinedload

from policies.lifecycle import ReportState
from portal.config import current_config
from portal.db import db
from portal.models import Campaign, Report, Review

WORKING = (ReportState.QUEUED, ReportState.RENDERING)


def reports_of(campaign: Campaign) -> Sequence[Report]:
    """Every report of a campaign, the newest first, with what its row shows."""
    return db.session.scalars(
        select(Report)
        .where(Report.campaign_id == campaign.id)
        .options(joinedload(Report.file), joinedload(Report.review).joinedload(Review.application))
        .order_by(Report.id.desc())
    ).all()


def unfinished_report(campaign_id: int, kind: str, review_id: int | None) -> Report | None:
    """The same report, if it waits to be made."""
    return db.session.scalar(
        select(Report).where(
            Report.campaign_id == campaign_id,
            Report.kind == kind,
            Report.review_id == review_id if review_id else Report.review_id.is_(None),
            Report.state == ReportState.QUEUED,
        )
    )


def next_report(silent_since: datetime, but: Collection[int]) -> Report | None:
    """The oldest report to make: one that waits, or whose worker fell silent. Packs come last."""
    other = aliased(Report)
    unmade = (
        select(other.id)
        .where(
            other.campaign_id == Report.campaign_id,
            other.kind != "pack",
            other.state.in_(WORKING),
        )
        .exists()
    )
    return db.session.scalar(
        select(Report)
        .where(
            or_(Report.state == ReportState.QUEUED, _silent(silent_since)),
            or_(Report.kind != "pack", ~unmade),
            Report.id.not_in(but),
        )
        .order_by(case((Report.kind == "pack", 1), else_=0), Report.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=Report)
    )


def abandoned_before(moment: datetime, attempts: int) -> Sequence[Report]:
    """Reports whose worker fell silent, having been tried `attempts` times."""
    return db.session.scalars(
        select(Report).where(_silent(moment), Report.attempts >= attempts)
    ).all()


def attestations_of(campaign_id: int) -> Sequence[Report]:
    """The newest finished attestation of the campaign and of each of its reviews."""
    ready = db.session.scalars(
        select(Report)
        .where(
            Report.campaign_id == campaign_id,
            Report.kind != "pack",
            Report.state == ReportState.READY,
        )
        .options(joinedload(Report.file))
        .order_by(Report.id)
    )
    newest = {(report.kind, report.review_id): report for report in ready}
    return sorted(newest.values(), key=lambda report: (report.kind, report.review_id or 0))


def report_addresses(reports: Sequence[Report]) -> str:
    """Where these reports can be downloaded, one a line, as a letter says it."""
    names = {"campaign": "Attestation", "pack": "Evidence pack", "review": "Attestation"}
    base = current_config().base_url
    return "\n".join(f"- {names[r.kind]}: {base}/reports/{r.id}/download" for r in reports)


def _silent(since: datetime) -> ColumnElement[bool]:
    return and_(Report.state == ReportState.RENDERING, Report.beat_at < since)
