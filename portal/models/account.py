"""An account: one login in one instance of an application, and what it holds."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base
from portal.models.application import Instance
from portal.models.person import Person


class AccountKind(StrEnum):
    HUMAN = "human"
    SERVICE = "service"


_OWNED = text("owner_id IS NOT NULL")  # few accounts are answered for


class Account(Base):
    """`login_key` is the login folded to lower case, unique within its instance.

    `roles` repeats the names of its grants in one line, for reading and filtering.
    `gone_at` is set when a complete list no longer contains it; it is never deleted.
    """

    __tablename__ = "accounts"
    __table_args__ = (
        UniqueConstraint("instance_id", "login_key"),
        # All that counting needs, so that no count reads a row.
        Index(
            "ix_accounts_application_id_gone_at_person_id",
            *("application_id", "gone_at", "person_id"),
        ),
        Index(
            "ix_accounts_person_id_gone_at_application_id",
            *("person_id", "gone_at", "application_id"),
        ),
        Index("ix_accounts_owner_id", "owner_id", sqlite_where=_OWNED, postgresql_where=_OWNED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"))
    instance_id: Mapped[int] = mapped_column(ForeignKey("instances.id"))
    login: Mapped[str]
    login_key: Mapped[str]
    email: Mapped[str] = mapped_column(default="")
    name: Mapped[str] = mapped_column(default="")
    employee_number: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default="")
    kind: Mapped[AccountKind] = mapped_column(default=AccountKind.HUMAN)
    roles: Mapped[str] = mapped_column(default="")
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    matched_by: Mapped[str] = mapped_column(default="")  # email, login, employee number
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    last_used_at: Mapped[datetime | None]
    created_on: Mapped[date | None]
    attributes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    content_hash: Mapped[str] = mapped_column(default="")
    first_sync_id: Mapped[int | None] = mapped_column(ForeignKey("syncs.id"))
    last_sync_id: Mapped[int | None] = mapped_column(ForeignKey("syncs.id"))
    gone_at: Mapped[datetime | None]

    instance: Mapped[Instance] = relationship()
    person: Mapped[Person | None] = relationship(foreign_keys=[person_id])
    owner: Mapped[Person | None] = relationship(foreign_keys=[owner_id])


class Entitlement(Base):
    """A role, group, license or permission that accounts of an instance can hold."""

    __tablename__ = "entitlements"
    __table_args__ = (UniqueConstraint("instance_id", "kind", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("instances.id"))
    kind: Mapped[str]
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)

    instance: Mapped[Instance] = relationship()
    owner: Mapped[Person | None] = relationship()


class Grant(Base):
    """The fact that an account holds an entitlement, as of the last sync."""

    __tablename__ = "grants"
    __table_args__ = ({"sqlite_with_rowid": False},)

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    entitlement_id: Mapped[int] = mapped_column(
        ForeignKey("entitlements.id"), primary_key=True, index=True
    )
    first_sync_id: Mapped[int | None] = mapped_column(ForeignKey("syncs.id"))
