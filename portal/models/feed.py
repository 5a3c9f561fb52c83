"""A person's calendar of due dates, read by their calendar program with a secret address."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base
from portal.models.person import Person


class Feed(Base):
    """The address is made from `nonce` (portal.tokens); `token_hash` is SHA-256 of it, in hex.

    `shows_campaigns`: it was made by somebody who had fully signed in, and so holds what their
    role lets them see besides their own tasks.
    """

    __tablename__ = "feeds"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), unique=True)
    nonce: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)
    shows_campaigns: Mapped[bool]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()
