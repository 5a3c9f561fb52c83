"""Groups, as the identity provider keeps them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base


class Group(Base):
    """`revision` counts the changes; `name_key` is the name as comparisons use it."""

    __tablename__ = "people_groups"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(index=True)
    external_id: Mapped[str | None] = mapped_column(index=True)
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class GroupMember(Base):
    """A person in a group, or a group in a group: one of the two is there."""

    __tablename__ = "group_members"
    __table_args__ = (
        CheckConstraint("(person_id IS NULL) <> (inner_id IS NULL)", name="one"),
        Index("uq_group_members_person", "group_id", "person_id", unique=True),
        Index("uq_group_members_inner", "group_id", "inner_id", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("people_groups.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    inner_id: Mapped[int | None] = mapped_column(ForeignKey("people_groups.id"), index=True)
    display: Mapped[str] = mapped_column(default="")
