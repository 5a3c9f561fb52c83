"""Identity providers: who vouches for people at the door, and which role they get by it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base
from portal.models.member import Role


class ProviderKind(StrEnum):
    OIDC = "oidc"
    SAML = "saml"


class Unmatched(StrEnum):
    """What becomes of somebody no rule gives a role to."""

    EMPLOYEE = "employee"
    REFUSE = "refuse"


class IdentityProvider(Base):
    """One way to sign in elsewhere. `key` stands in its addresses; `secret` is sealed.

    `config` holds what its protocol needs and is no secret: issuer and client id, or the
    entity id, addresses and certificates. `check` is what was found when its description was
    last asked for: `problem` ("" when all is well), and `facts` as pairs of texts.
    """

    __tablename__ = "identity_providers"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[ProviderKind]
    name: Mapped[str]
    is_enabled: Mapped[bool] = mapped_column(default=False)
    config: Mapped[dict[str, Any]] = mapped_column(default=dict)
    secret: Mapped[str] = mapped_column(default="")
    domains: Mapped[list[Any]] = mapped_column(default=list)
    creates_members: Mapped[bool] = mapped_column(default=False)
    unmatched: Mapped[Unmatched] = mapped_column(default=Unmatched.EMPLOYEE)
    created_at: Mapped[datetime]
    tested_at: Mapped[datetime | None]
    admin_came_at: Mapped[datetime | None]
    check_wanted_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]
    check: Mapped[dict[str, Any]] = mapped_column(default=dict)

    rules: Mapped[list["RoleRule"]] = relationship(
        order_by="RoleRule.position", cascade="all, delete-orphan"
    )


class RoleRule(Base):
    """Whoever's `claim` has `value` gets the role; without a role they are a plain employee."""

    __tablename__ = "role_rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("identity_providers.id"), index=True)
    position: Mapped[int]
    claim: Mapped[str]
    value: Mapped[str]
    role_id: Mapped[int | None] = mapped_column(ForeignKey("roles.id"))

    role: Mapped[Role | None] = relationship(lazy="joined")


class SeenAssertion(Base):
    """An assertion that let somebody in, remembered for as long as it could be replayed."""

    __tablename__ = "seen_assertions"

    provider_id: Mapped[int] = mapped_column(ForeignKey("identity_providers.id"), primary_key=True)
    id_hash: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
