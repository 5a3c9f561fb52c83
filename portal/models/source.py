"""Where lists come from: sources, their syncs, and rows staged between the two.

A sync is one fetch or upload of a source. Its rows are staged, previewed, and then
applied in one transaction, or refused with every problem found.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from policies.lifecycle import SyncState
from portal.db import Base
from portal.models.application import Instance
from portal.models.file import File
from portal.models.person import Person


class Source(Base):
    """A source of people (no instance) or of the accounts of one instance.

    `mapping` remembers which column means what: {"column header": "field"}.
    `options` remembers encoding, delimiter, separators and the like.
    """

    __tablename__ = "sources"

    id: Mapped[int] = mapped_column(primary_key=True)
    noun: Mapped[str]  # "people" or "accounts"
    kind: Mapped[str] = mapped_column(default="file")  # "file" or "integration"
    instance_id: Mapped[int | None] = mapped_column(ForeignKey("instances.id"), index=True)
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    removed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    instance: Mapped[Instance | None] = relationship()


class Sync(Base):
    """One upload or fetch, with everything an auditor asks about it.

    Counts: read = applied + skipped (each skipped row has a SyncProblem with is_fatal false).
    `is_complete` says that absence from this list means the account is gone.
    """

    __tablename__ = "syncs"
    __table_args__ = (Index("ix_syncs_source_id_state", "source_id", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"))
    state: Mapped[SyncState] = mapped_column(default=SyncState.QUEUED, index=True)
    file_id: Mapped[int | None] = mapped_column(ForeignKey("files.id"))
    file_name: Mapped[str] = mapped_column(default="")
    sha256: Mapped[str] = mapped_column(default="")
    size: Mapped[int] = mapped_column(default=0)
    is_complete: Mapped[bool] = mapped_column(default=True)
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    columns: Mapped[list[Any]] = mapped_column(default=list)  # headers found, with samples
    rows_read: Mapped[int] = mapped_column(default=0)
    rows_applied: Mapped[int] = mapped_column(default=0)
    rows_skipped: Mapped[int] = mapped_column(default=0)
    new: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    gone: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    unmatched: Mapped[int] = mapped_column(default=0)
    problems: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(default="")
    attempts: Mapped[int] = mapped_column(default=0)
    apply_when_read: Mapped[bool] = mapped_column(default=False)  # skip the confirmation
    # Uploaded in the course of a review's remediation: verified against when applied.
    review_id: Mapped[int | None] = mapped_column(ForeignKey("reviews.id"), index=True)
    by_person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    by_name: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    applied_at: Mapped[datetime | None] = mapped_column(index=True)
    duration_ms: Mapped[int | None]
    # While reading: until when its reader need not have been heard of again.
    leased_until: Mapped[datetime | None]

    source: Mapped[Source] = relationship()
    file: Mapped[File | None] = relationship()
    by_person: Mapped[Person | None] = relationship()

    @property
    def noun(self) -> str:
        """What it is a list of: people or accounts."""
        return self.source.noun

    @property
    def application_id(self) -> int | None:
        """The application whose accounts it lists; None for a list of people."""
        return self.source.instance.application_id if self.source.instance else None


class SyncProblem(Base):
    """One thing wrong with one row. `row` counts from 1 at the header, as in a spreadsheet."""

    __tablename__ = "sync_problems"

    id: Mapped[int] = mapped_column(primary_key=True)
    sync_id: Mapped[int] = mapped_column(ForeignKey("syncs.id"), index=True)
    row: Mapped[int]
    column: Mapped[str] = mapped_column(default="")
    value: Mapped[str] = mapped_column(default="")
    expected: Mapped[str]
    is_fatal: Mapped[bool] = mapped_column(default=True)


class StagedPerson(Base):
    """A row of a people list, parsed and valid, not yet applied."""

    __tablename__ = "staged_people"

    sync_id: Mapped[int] = mapped_column(ForeignKey("syncs.id"), primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str | None]
    name: Mapped[str]
    employee_number: Mapped[str | None]
    department: Mapped[str]
    title: Mapped[str]
    standing: Mapped[str]
    status: Mapped[str]
    manager_email: Mapped[str]
    start_date: Mapped[date | None]
    end_date: Mapped[date | None]
    attributes: Mapped[dict[str, Any]]
    person_id: Mapped[int | None]  # found when previewed


class StagedAccount(Base):
    """A row of an account list (several rows of one login already merged), not yet applied.

    `roles` repeats the names of its grants in one line of text.
    `content_hash` tells whether anything but identity changed.
    """

    __tablename__ = "staged_accounts"
    __table_args__ = (
        Index("ix_staged_accounts_sync_id_login_key", "sync_id", "login_key"),
        {"sqlite_with_rowid": False},
    )

    sync_id: Mapped[int] = mapped_column(ForeignKey("syncs.id"), primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str]
    login_key: Mapped[str]
    email: Mapped[str]
    name: Mapped[str]
    employee_number: Mapped[str]
    status: Mapped[str]
    kind: Mapped[str]
    owner_email: Mapped[str]
    roles: Mapped[str]
    last_used_at: Mapped[datetime | None]
    created_on: Mapped[date | None]
    attributes: Mapped[dict[str, Any]]
    grants_key: Mapped[str] = mapped_column(default="")  # which StagedGrants; empty: none
    content_hash: Mapped[str]
    person_id: Mapped[int | None]
    matched_by: Mapped[str] = mapped_column(default="")


class StagedGrant(Base):
    """One entitlement in a set of them. Many accounts hold the same set, kept once a sync."""

    __tablename__ = "staged_grants"
    __table_args__ = ({"sqlite_with_rowid": False},)

    sync_id: Mapped[int] = mapped_column(ForeignKey("syncs.id"), primary_key=True)
    grants_key: Mapped[str] = mapped_column(primary_key=True)  # a digest of the set
    kind: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
