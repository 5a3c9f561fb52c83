"""An application: something people have accounts in, its owners, instances and fields."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base
from portal.models.person import Person


class ApplicationState(StrEnum):
    SANCTIONED = "sanctioned"
    UNSANCTIONED = "unsanctioned"
    IN_REVIEW = "in review"
    CLOSED = "closed"
    HIDDEN = "hidden"


class Application(Base):
    """`fields` holds the values of custom fields (below) by their key.

    `privileged_words` say which roles are privileged here; none: the organisation's words do.
    `logo` is the SHA-256 of its logo (portal.models.logo), or empty: a monogram is drawn then.
    """

    __tablename__ = "applications"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str] = mapped_column(default="")
    state: Mapped[ApplicationState] = mapped_column(default=ApplicationState.SANCTIONED, index=True)
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)
    column_labels: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    logo: Mapped[str] = mapped_column(default="", server_default="")
    privileged_words: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    created_at: Mapped[datetime]

    owners: Mapped[list["ApplicationOwner"]] = relationship(
        order_by="[ApplicationOwner.is_primary.desc(), ApplicationOwner.person_id]",
        cascade="all, delete-orphan",
    )
    instances: Mapped[list["Instance"]] = relationship(
        back_populates="application", order_by="Instance.id"
    )

    @property
    def owner(self) -> Person | None:
        """The primary owner, or the first of the others."""
        return self.owners[0].person if self.owners else None


class ApplicationOwner(Base):
    """A person answers for an application; exactly one of its owners may be primary."""

    __tablename__ = "application_owners"
    __table_args__ = (
        Index(
            "uq_application_owners_primary",
            "application_id",
            unique=True,
            sqlite_where=text("is_primary"),
            postgresql_where=text("is_primary"),
        ),
    )

    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True, index=True)
    is_primary: Mapped[bool] = mapped_column(default=False)

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class Instance(Base):
    """One vendor-side account of an application: "EU tenant", "sandbox"."""

    __tablename__ = "instances"
    __table_args__ = (UniqueConstraint("application_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"))
    name: Mapped[str] = mapped_column(default="Main")

    application: Mapped[Application] = relationship(back_populates="instances")


class CustomField(Base):
    """A field the organisation added to its applications, shown in the order of `position`.

    Kinds are those of policies.custom_fields. In `Application.fields`, under `key`, a person is
    kept by id; everything else as text. What is empty is not there.
    """

    __tablename__ = "custom_fields"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    label: Mapped[str]
    kind: Mapped[str] = mapped_column(default="text")
    choices: Mapped[list[Any]] = mapped_column(default=list)
    position: Mapped[int] = mapped_column(default=0, server_default="0")
