"""What people prove themselves with, and how often somebody failed to. No secret is in clear."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base


class Password(Base):
    """A member's own password: `hash` is Argon2id with its parameters (portal.passwords)."""

    __tablename__ = "passwords"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    hash: Mapped[str]
    changed_at: Mapped[datetime]


class SecondFactor(Base):
    """An authenticator app (RFC 6238). `secret` is sealed (portal.tokens).

    It counts from `confirmed_at` on, when a first code was right. `last_step` is the time step
    of the last code taken, in units of 30 s since 1970: no earlier one is taken again.
    """

    __tablename__ = "second_factors"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    secret: Mapped[str]
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(default=0)


class RecoveryCode(Base):
    """A code for whoever lost the app, good once. `code_hash` is SHA-256 in hex."""

    __tablename__ = "recovery_codes"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    code_hash: Mapped[str] = mapped_column(unique=True)
    used_at: Mapped[datetime | None]


class Attempts(Base):
    """Failures in a row for one address, known or not: `pseudonym` is made from it and the
    secret key, so that the table names nobody."""

    __tablename__ = "sign_in_attempts"

    pseudonym: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(index=True)


class HeldForm(Base):
    """What somebody sent to `path` when they were asked who they are; `fields` is sealed JSON."""

    __tablename__ = "held_forms"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    path: Mapped[str]
    fields: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(index=True)
