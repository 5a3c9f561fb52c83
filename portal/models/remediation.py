"""Remediation: taking rejected access away, and verifying that it is gone."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from policies.lifecycle import RemovalState
from portal.db import Base

if TYPE_CHECKING:
    from portal.models.item import Item
    from portal.models.review import Review


class Remediation(Base):
    """The task of one review, opened when the first level with a rejection is signed off."""

    __tablename__ = "remediations"

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id"), unique=True)
    opened_at: Mapped[datetime]
    verified_at: Mapped[datetime | None]  # of the latest verification
    cleared_at: Mapped[datetime | None]

    review: Mapped["Review"] = relationship(back_populates="remediation")


class Removal(Base):
    """One rejected item, or one to be left with less: what was done, and the sync that proves it.

    `is_whole`: the account loses all access; else only the grants that ItemGrant.taken_at names.

    Only lists received after `opened_at`, when its level was signed off, count as proof.
    """

    __tablename__ = "removals"
    __table_args__ = (Index("ix_removals_review_id_state", "review_id", "state"),)

    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id"))
    state: Mapped[RemovalState] = mapped_column(default=RemovalState.ACTION_REQUIRED)
    is_whole: Mapped[bool] = mapped_column(default=True, server_default=true())
    opened_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(default="")
    noted_by: Mapped[str] = mapped_column(default="")
    noted_at: Mapped[datetime | None]
    found_status: Mapped[str] = mapped_column(default="")  # in the latest list
    checked_at: Mapped[datetime | None]  # still there when last looked for
    sync_id: Mapped[int | None] = mapped_column(ForeignKey("syncs.id"))  # the proof
    verified_at: Mapped[datetime | None]

    item: Mapped["Item"] = relationship()
