"""A person: someone in the organisation, from HR or the identity provider."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, Optional

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from portal import clock
from portal.db import Base, name_key

# Compared byte by byte, as the key is made for.
_KEY = String().with_variant(String(collation="C"), "postgresql")


class Standing(StrEnum):
    CURRENT = "current"
    PAST = "past"
    EXTERNAL = "external"


def _key_of_name(context: DefaultExecutionContext) -> str:
    given: dict[str, Any] = context.get_current_parameters()  # type: ignore[no-untyped-call]
    return name_key(given["name"]) or ""


def _where_said(column: str) -> Index:
    """Of those alone of whom it is said: SQLite writes a page for each index an entry goes to."""
    said = text(f"{column} IS NOT NULL")
    return Index(f"ix_people_{column}", column, sqlite_where=said, postgresql_where=said)


class Person(Base):
    """`email` is kept in lower case; `manager_email` as imported, `manager_id` once found.

    `name_key` is the name as lists are put in order by it (portal.queries.order). It follows the
    name by itself, but for statements that write many names at once.
    """

    __tablename__ = "people"
    __table_args__ = (
        _where_said("manager_id"),
        _where_said("external_id"),
        _where_said("withdrawn_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str | None] = mapped_column(unique=True)
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(_KEY, default=_key_of_name, server_default="", index=True)
    employee_number: Mapped[str | None] = mapped_column(unique=True)
    department: Mapped[str] = mapped_column(default="", index=True)
    title: Mapped[str] = mapped_column(default="", index=True)
    standing: Mapped[Standing] = mapped_column(default=Standing.CURRENT, index=True)
    status: Mapped[str] = mapped_column(default="")
    manager_email: Mapped[str] = mapped_column(default="")
    manager_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    start_date: Mapped[date | None]
    end_date: Mapped[date | None]
    attributes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # Syncs name the people who ran them, so these two point back without a constraint.
    first_sync_id: Mapped[int | None]
    last_sync_id: Mapped[int | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime | None] = mapped_column(default=clock.now, onupdate=clock.now)
    # As an identity provider knows them, and the fields it fills (policies.provisioning):
    # ",name,title,". Empty where nobody provisions this person; `withdrawn_at`: it deleted them.
    user_name: Mapped[str | None] = mapped_column(unique=True)
    external_id: Mapped[str | None]
    provisioned: Mapped[str] = mapped_column(default="", server_default="")
    withdrawn_at: Mapped[datetime | None]

    manager: Mapped[Optional["Person"]] = relationship(remote_side=[id])

    @validates("name")
    def _follow_name(self, _: str, name: str) -> str:
        self.name_key = name_key(name) or ""
        return name


class Holding(Base):
    """How many accounts a person has and when one of them was last used, over all applications.

    Counted by a job (docs/decisions/0044) to put lists in order and to filter them; nobody who has
    none is here. What pages show beside a person they count themselves.
    """

    __tablename__ = "holdings"
    __table_args__ = ({"sqlite_with_rowid": False},)

    person_id: Mapped[int] = mapped_column(
        ForeignKey("people.id"), primary_key=True, autoincrement=False
    )
    accounts: Mapped[int]
    used_at: Mapped[datetime | None]


class HoldingsCount(Base):
    """The one row that says of when the holdings are: after so many lists were applied."""

    __tablename__ = "holdings_counts"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    lists: Mapped[int]
    counted_at: Mapped[datetime]
