"""Sessions: someone came in, by some way, and has not left yet."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base
from portal.models.letter import Link
from portal.models.member import Role
from portal.models.person import Person


class Reach(StrEnum):
    """How far a session goes, whatever its person may do besides.

    A link to tasks opens one's own tasks; an owner's link one's own applications as well;
    only a sign-in opens what one's role allows.
    """

    TASKS = "tasks"
    OWNER = "owner"
    FULL = "full"


class Session(Base):
    """One browser's sign-in. The cookie holds a token; `token_hash` is SHA-256 of it, in hex.

    `method` is said in the evidence: how they proved who they are. `proved_at` is when they
    last did. `subject`, `index` and `id_token` are the identity provider's names for it;
    `id_token` is sealed (portal.tokens). An Admin looks at the portal as `preview_role`.
    """

    __tablename__ = "sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    link_id: Mapped[int | None] = mapped_column(ForeignKey("links.id"), index=True)
    provider_id: Mapped[int | None] = mapped_column(ForeignKey("identity_providers.id"), index=True)
    reach: Mapped[Reach]
    method: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    proved_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(index=True)
    ended_why: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    agent: Mapped[str] = mapped_column(default="")
    subject: Mapped[str] = mapped_column(default="", index=True)
    index: Mapped[str] = mapped_column(default="", index=True)
    id_token: Mapped[str] = mapped_column(default="")
    preview_role_id: Mapped[int | None] = mapped_column(ForeignKey("roles.id"))

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)
    link: Mapped[Link | None] = relationship(lazy="joined")
    preview_role: Mapped[Role | None] = relationship()
