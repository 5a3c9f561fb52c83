"""What becomes of a kind of letter: its text, the ways it may take, what people want of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base


class LetterText(Base):
    """What the organisation made of a text that comes with the product."""

    __tablename__ = "letter_texts"

    kind: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str]
    body: Mapped[str]
    button: Mapped[str]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str]


class LetterWays(Base):
    """What the organisation allows for a kind. `channels`: the first is the usual one, the
    others are taken where it fails, or where somebody wants them."""

    __tablename__ = "letter_ways"

    kind: Mapped[str] = mapped_column(primary_key=True)
    channels: Mapped[list[Any]]
    may_stop: Mapped[bool]


class LetterWish(Base):
    """What somebody wants of a kind: a channel, "none", or "singly" (of digests)."""

    __tablename__ = "letter_wishes"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str]


class Mailbox(Base):
    """Where somebody is on a channel, as it was found; `refused_at` where it takes nothing."""

    __tablename__ = "mailboxes"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    address: Mapped[str]
    refused_at: Mapped[datetime | None] = mapped_column(index=True)
    reason: Mapped[str] = mapped_column(default="", server_default="")
