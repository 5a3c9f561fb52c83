"""What an identity provider said of a person, beside the person it is said of."""

from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base
from portal.models.person import Person


class Provisioned(Base):
    """`document` is the SCIM user as last sent, without what the portal itself answers for.

    It is given back as it came, so that a provider which compares finds what it wrote.
    """

    __tablename__ = "provisioned"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    document: Mapped[dict[str, Any]]
    was_external: Mapped[bool] = mapped_column(default=False)

    person: Mapped[Person] = relationship()


class ProvisionedEmail(Base):
    """One address of a provisioned person; `key` is it as comparisons use it."""

    __tablename__ = "provisioned_emails"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    key: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(default="")
    is_primary: Mapped[bool | None]
    display: Mapped[str] = mapped_column(default="")

    person: Mapped[Person] = relationship()
