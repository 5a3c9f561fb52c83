"""API tokens: what another system shows instead of a person signing in."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base
from portal.models.person import Person


class Purpose(StrEnum):
    """What a token is good for, and nothing else."""

    PROVISIONING = "provisioning"


class Token(Base):
    """The token itself is shown once and kept nowhere: `token_hash` is SHA-256 of it, in hex.

    `prefix` is its beginning, by which people tell tokens apart.
    """

    __tablename__ = "tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    purpose: Mapped[Purpose]
    prefix: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    created_by_name: Mapped[str]
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    created_by: Mapped[Person | None] = relationship()
