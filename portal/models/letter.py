"""Letters to people, and the personal links they carry."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from policies.lifecycle import LetterState
from portal.db import Base
from portal.models.person import Person


class Link(Base):
    """A personal door. The token is never stored: `token_hash` is SHA-256 of it, in hex.

    Purposes: "tasks" (the employee portal; may be used until it expires), "sign-in" (a
    member's session; good once), "password" (a member chooses one; good once) and "share"
    (a report; may be used until it expires).
    `written_by` says how whoever wrote it came in: "command line" opens the door when no
    other way is left. `target` is the path it leads to, if not the start page. `nonce` lets
    whoever holds SECRET_KEY write the token into a letter when it is carried.
    """

    __tablename__ = "links"

    id: Mapped[int] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    review_id: Mapped[int | None] = mapped_column(ForeignKey("reviews.id"), index=True)
    nonce: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    written_by: Mapped[str] = mapped_column(default="", server_default="")
    target: Mapped[str] = mapped_column(default="", server_default="")

    person: Mapped[Person] = relationship()


class Letter(Base):
    """One message to one person, kept before it is sent.

    `body` is plain text and may contain "{link}", which is written in when the letter
    is carried. `key` is unique: the same letter is never written twice. `sender` is who it
    comes from, where it is written in somebody's name; answers go to them. `channel` is the
    way it takes, `tried` those that failed; `taken_at` is when a worker last took it,
    `failing_since` when its present way first failed.
    """

    __tablename__ = "letters"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    sender_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaigns.id"), index=True)
    review_id: Mapped[int | None] = mapped_column(ForeignKey("reviews.id"))
    link_id: Mapped[int | None] = mapped_column(ForeignKey("links.id"))
    subject: Mapped[str]
    body: Mapped[str]
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[LetterState] = mapped_column(default=LetterState.QUEUED, index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(default="")
    channel: Mapped[str] = mapped_column(default="email", server_default="email")
    tried: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    taken_at: Mapped[datetime | None] = mapped_column(index=True)
    failing_since: Mapped[datetime | None]
    try_at: Mapped[datetime]
    held_until: Mapped[datetime | None]  # not carried before; until then it can be withdrawn
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    sender: Mapped[Person | None] = relationship(foreign_keys=[sender_id])
    link: Mapped[Link | None] = relationship()
