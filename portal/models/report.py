"""A report: what a finished review or campaign leaves, rendered by a job."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from policies.lifecycle import ReportState
from portal.db import Base
from portal.models.campaign import Campaign
from portal.models.file import File
from portal.models.review import Review


class Report(Base):
    """Kinds: "review" (a PDF attestation of one review), "campaign" (one of all), "pack" (ZIP).

    A report without review_id is about the whole campaign. `done` of `total` steps
    is its progress while rendering; `beat_at` is when its worker was last heard of.
    """

    __tablename__ = "reports"

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    review_id: Mapped[int | None] = mapped_column(ForeignKey("reviews.id"), index=True)
    kind: Mapped[str]
    state: Mapped[ReportState] = mapped_column(default=ReportState.QUEUED, index=True)
    step: Mapped[str] = mapped_column(default="")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(default="")
    file_id: Mapped[int | None] = mapped_column(ForeignKey("files.id"))
    requested_by: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    beat_at: Mapped[datetime | None]
    ready_at: Mapped[datetime | None]

    campaign: Mapped[Campaign] = relationship()
    review: Mapped[Review | None] = relationship()
    file: Mapped[File | None] = relationship()
