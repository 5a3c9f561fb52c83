"""What an attestation says: rows of one snapshot of the database, as portal.reports.facts.

Totals come from aggregates and lists are cut in SQL, so that a review of a million accounts
costs as much memory as one of a hundred.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, String, func, select, type_coerce
from sqlalchemy.orm import aliased

from policies.settings import SETTINGS
from portal.models import (
    Application,
    Campaign,
    Person,
    Report,
    Review,
    Setting,
    TrailHead,
    TrailLine,
)
from portal.queries.evidence_dates import dates_of
from portal.queries.evidence_findings import findings
from portal.queries.evidence_lists import privileged_approvals, rejected_accounts
from portal.queries.evidence_people import reviewer_lines
from portal.queries.evidence_planted import planted_facts
from portal.queries.evidence_results import results
from portal.queries.evidence_scope import populations, scope_of
from portal.queries.evidence_signatures import signatures
from portal.reports.facts import Attestation, Cover, Sheet, Trail


@dataclass(frozen=True)
class Subject:
    """What a report is about: its campaign, and the reviews it covers."""

    report_id: int
    kind: str
    campaign_id: int
    campaign: str
    reviews: dict[int, str]  # the application of each, by id, in the order they are printed
    application: str  # of the one review, or empty

    @property
    def review_ids(self) -> list[int]:
        return list(self.reviews)


def subject_of(view: Connection, report_id: int) -> Subject:
    """Read the report's row and find its reviews."""
    row = view.execute(
        select(Report.kind, Report.campaign_id, Report.review_id, Campaign.name)
        .join(Campaign, Campaign.id == Report.campaign_id)
        .where(Report.id == report_id)
    ).one()
    query = (
        select(Review.id, Application.name)
        .join(Application, Application.id == Review.application_id)
        .where(Review.campaign_id == row.campaign_id)
        .order_by(func.lower(Application.name), Review.id)
    )
    if row.review_id:
        query = query.where(Review.id == row.review_id)
    reviews = view.execute(query).all()
    return Subject(
        report_id,
        row.kind,
        row.campaign_id,
        row.name,
        {review.id: review.name for review in reviews},
        reviews[0].name if row.review_id else "",
    )


def attestation(
    view: Connection, subject: Subject, sheets: list[Sheet], version: str
) -> Attestation:
    """Everything the PDF prints. Times come from the rows, so it says the same every time."""
    ids = subject.review_ids
    return Attestation(
        cover=_cover(view, subject, version),
        dates=dates_of(view, subject.campaign_id),
        signatures=signatures(view, ids),
        scope=scope_of(view, subject.campaign_id, ids),
        populations=populations(view, ids),
        reviewers=reviewer_lines(view, ids),
        results=results(view, ids),
        removals=rejected_accounts(view, ids),
        privileged=privileged_approvals(view, ids),
        findings=findings(view, ids),
        planted=planted_facts(view, ids),
        trail=trail_of(view, subject),
        sheets=sheets,
    )


def trail_of(view: Connection, subject: Subject) -> Trail:
    """The campaign's lines up to the one that ordered the report, and that one as the head."""
    head = (
        view.execute(
            select(TrailLine.id, TrailLine.hash)
            .where(TrailLine.thing == f"report:{subject.report_id}")
            .order_by(TrailLine.id)
            .limit(1)
        ).first()
        or view.execute(select(TrailHead.last_id, TrailHead.hash)).first()
    )
    head_id, head_hash = (head[0], head[1]) if head else (0, "")
    row = view.execute(
        select(func.count(), func.min(TrailLine.at), func.max(TrailLine.at)).where(
            TrailLine.campaign_id == subject.campaign_id, TrailLine.id <= head_id
        )
    ).one()
    return Trail(row[0], row[1], row[2], head_id, head_hash)


def _cover(view: Connection, subject: Subject, version: str) -> Cover:
    row = _cover_row(view, subject)
    state, ended = row.state, row.ended_at
    if subject.application:
        state, ended = _review_state(view, subject.review_ids[0])
    return Cover(
        organisation=organisation_of(view),
        campaign=row.name,
        campaign_id=subject.campaign_id,
        occurrence=row.occurrence,
        subject=subject.application,
        frameworks=[str(name) for name in row.frameworks],
        state=state,
        owner=", ".join(part for part in (row.owner, row.owner_title) if part),
        remediation_owner=row.remover or "",
        launched_at=row.launched_at,
        due_at=row.due_at,
        ended_at=ended,
        accepts_late=row.accepts_late,
        undecided_rule=row.undecided,
        report_id=subject.report_id,
        requested_by=row.requested_by,
        generated_at=row.created_at,
        version=version,
    )


def _cover_row(view: Connection, subject: Subject) -> Any:
    owner, remover = aliased(Person), aliased(Person)
    return view.execute(
        select(
            *(getattr(Campaign, key) for key in _CAMPAIGN),
            type_coerce(Campaign.state, String).label("state"),
            type_coerce(Campaign.undecided, String).label("undecided"),
            owner.name.label("owner"),
            owner.title.label("owner_title"),
            remover.name.label("remover"),
            Report.requested_by,
            Report.created_at,
        )
        .join(Campaign, Campaign.id == Report.campaign_id)
        .outerjoin(owner, owner.id == Campaign.owner_id)
        .outerjoin(remover, remover.id == Campaign.remediation_owner_id)
        .where(Report.id == subject.report_id)
    ).one()


_CAMPAIGN = (
    "name",
    "occurrence",
    "frameworks",
    "launched_at",
    "due_at",
    "ended_at",
    "accepts_late",
)


def _review_state(view: Connection, review_id: int) -> tuple[str, datetime | None]:
    row = view.execute(
        select(type_coerce(Review.state, String), Review.submitted_at).where(Review.id == review_id)
    ).one()
    return row[0], row[1]


def organisation_of(view: Connection) -> str:
    """The name on the report."""
    kept = view.execute(select(Setting.value).where(Setting.key == "organisation")).scalar()
    return str(kept or SETTINGS["organisation"].default)
