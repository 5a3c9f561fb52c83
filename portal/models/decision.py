"""Decisions and sign-offs: who said what, when and why. Rows are only ever added."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from policies.lifecycle import Verdict
from portal.db import Base
from portal.models.person import Person


class How(StrEnum):
    SINGLE = "single"
    COMMENT = "comment"
    BULK = "bulk"
    UNDO = "undo"
    POLICY = "policy"
    CARRIED = "carried over"


class Decision(Base):
    """`verdict` undecided means that an earlier decision was withdrawn, or, where `how` is
    "comment", that something was said before anybody decided.

    `was` and `was_comment` are what stood before, so that a bulk decision can be undone. `takes`
    are the grants that a change takes away ("role: Admin"), sorted. `seconds` is how long it took
    (policies.pace), None where that is not known; `batch` how many were decided at once.
    """

    __tablename__ = "decisions"
    __table_args__ = (
        Index("ix_decisions_review_id_bulk_id", "review_id", "bulk_id"),
        Index("ix_decisions_by_person_id_id", "by_person_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), index=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id"))
    level: Mapped[int]
    verdict: Mapped[Verdict]
    comment: Mapped[str] = mapped_column(default="")
    was: Mapped[Verdict]
    was_comment: Mapped[str] = mapped_column(default="")
    how: Mapped[How]
    bulk_id: Mapped[str | None] = mapped_column(default=None)
    by_person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    by_name: Mapped[str]
    decided_at: Mapped[datetime]
    takes: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    seconds: Mapped[float | None]
    batch: Mapped[int | None] = mapped_column(default=1)

    by_person: Mapped[Person | None] = relationship()

    @property
    def said(self) -> str:
        """In a word: approved, rejected, changed, withdrawn, or comment."""
        if self.how is How.COMMENT:
            return "comment"
        return "withdrawn" if self.verdict is Verdict.UNDECIDED else self.verdict.value


class SignOff(Base):
    """A reviewer's statement that closes their part of a level.

    `statement` is what they read and attested; `digest` is SHA-256 over the lines
    "item id<TAB>verdict<TAB>decision id" of their items, in order of item id. Without a person,
    the campaign's rule closed it at the due date, and nobody attested anything.
    """

    __tablename__ = "sign_offs"

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id"), index=True)
    level: Mapped[int]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    person_title: Mapped[str] = mapped_column(default="")
    statement: Mapped[str]
    items: Mapped[int]
    approved: Mapped[int]
    rejected: Mapped[int]
    changed: Mapped[int] = mapped_column(default=0, server_default="0")
    digest: Mapped[str]
    method: Mapped[str]  # how they signed in
    signed_at: Mapped[datetime]

    person: Mapped[Person | None] = relationship(lazy="joined")
