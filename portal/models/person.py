"""A person: someone in the organisation, from HR or the identity provider."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, Optional

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal import clock
from portal.db import Base


class Standing(StrEnum):
    CURRENT = "current"
    PAST = "past"
    EXTERNAL = "external"


class Person(Base):
    """`email` is kept in lower case; `manager_email` as imported, `manager_id` once found."""

    __tablename__ = "people"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str | None] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(index=True)
    employee_number: Mapped[str | None] = mapped_column(unique=True)
    department: Mapped[str] = mapped_column(default="", index=True)
    title: Mapped[str] = mapped_column(default="")
    standing: Mapped[Standing] = mapped_column(default=Standing.CURRENT, index=True)
    status: Mapped[str] = mapped_column(default="")
    manager_email: Mapped[str] = mapped_column(default="")
    manager_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
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
    external_id: Mapped[str | None] = mapped_column(index=True)
    provisioned: Mapped[str] = mapped_column(default="", server_default="")
    withdrawn_at: Mapped[datetime | None] = mapped_column(index=True)

    manager: Mapped[Optional["Person"]] = relationship(remote_side=[id])
