"""A second look: some of a reviewer's approvals, drawn by lot. Rows are only ever added."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from policies.lifecycle import Verdict
from portal.db import Base


class SecondLook(Base):
    """What one reviewer was asked to look at again, at one level of a review.

    `items` are [item id, id of the decision that stood], drawn by policies.lots with `seed` from
    `population` approvals of theirs, whose ids in ascending order, one a line, have the SHA-256
    `digest`.
    """

    __tablename__ = "second_looks"
    __table_args__ = (
        Index("ix_second_looks_review_id_person_id", "review_id", "person_id", "level"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id"))
    level: Mapped[int]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    seed: Mapped[str]
    population: Mapped[int]
    digest: Mapped[str]
    items: Mapped[list[Any]]
    drawn_at: Mapped[datetime]


class Glance(Base):
    """What came of one account that was looked at again: it stayed approved, or what instead."""

    __tablename__ = "glances"

    look_id: Mapped[int] = mapped_column(ForeignKey("second_looks.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), primary_key=True)
    verdict: Mapped[Verdict]
    at: Mapped[datetime]
