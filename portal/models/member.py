"""Members: people with a role in the console."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base
from portal.models.person import Person


class MemberState(StrEnum):
    """A pending member was invited and has not come in yet."""

    PENDING = "pending"
    ACTIVE = "active"
    SUSPENDED = "suspended"


class GrantedBy(StrEnum):
    """Who gave a member their role: somebody by hand, or a rule of another system."""

    HAND = "hand"
    SSO = "single sign-on"
    SCIM = "provisioning"


class Role(Base):
    """A name and an access level for each scope."""

    __tablename__ = "roles"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str] = mapped_column(default="")
    is_built_in: Mapped[bool] = mapped_column(default=False)

    scopes: Mapped[list["RoleScope"]] = relationship(lazy="selectin")


class RoleScope(Base):
    __tablename__ = "role_scopes"

    role_id: Mapped[int] = mapped_column(ForeignKey("roles.id"), primary_key=True)
    scope: Mapped[str] = mapped_column(primary_key=True)
    access: Mapped[int]


class Member(Base):
    """`ends_at` closes a time-boxed membership, to the second."""

    __tablename__ = "members"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), unique=True)
    role_id: Mapped[int] = mapped_column(ForeignKey("roles.id"))
    state: Mapped[MemberState] = mapped_column(default=MemberState.ACTIVE)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime | None]
    granted_by: Mapped[GrantedBy] = mapped_column(
        default=GrantedBy.HAND, server_default=GrantedBy.HAND.value
    )
    ends_at: Mapped[datetime | None]
    invited_at: Mapped[datetime | None]
    invited_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True, foreign_keys=[person_id])
    invited_by: Mapped[Person | None] = relationship(foreign_keys=[invited_by_id])
    role: Mapped[Role] = relationship(lazy="joined", innerjoin=True)
