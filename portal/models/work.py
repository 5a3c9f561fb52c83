"""Work that happens unattended: when each job last ran, which is paused, and what it cannot do.

What a job works on are rows of their own (letters, imports, reports); nothing here is needed to
find them. These tables say how the work goes, also while Redis is down.
"""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base


class JobRun(Base):
    """How a job last went at one worker ("host:pid").

    A run that is over has `ended_at`. One that takes longer than a few seconds is heard of
    meanwhile (`heard_at`), with `done` of `total` and the `step` it is at. `error` is why the
    last one broke off, and is empty where it did not. `seconds` is how often it is woken.
    """

    __tablename__ = "job_runs"

    job: Mapped[str] = mapped_column(primary_key=True)
    worker: Mapped[str] = mapped_column(primary_key=True)
    seconds: Mapped[int]
    began_at: Mapped[datetime]
    heard_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    step: Mapped[str] = mapped_column(default="")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(default="")


class PausedJob(Base):
    """A job that a person paused: it does nothing until somebody resumes it."""

    __tablename__ = "paused_jobs"

    name: Mapped[str] = mapped_column(primary_key=True)
    by_name: Mapped[str]
    paused_at: Mapped[datetime]


class Trouble(Base):
    """One thing that a job cannot do: "launch “Q4 2026”".

    `key` names it ("launch:12"). `attempts` counts, of what may take its worker down with it,
    the starts; of all else the failures. With `put_aside_at` it is left alone until somebody
    has it tried again.
    """

    __tablename__ = "troubles"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    job: Mapped[str] = mapped_column(index=True)
    what: Mapped[str]
    campaign_id: Mapped[int | None]
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(default="")
    began_at: Mapped[datetime]
    put_aside_at: Mapped[datetime | None] = mapped_column(index=True)

    @property
    def label(self) -> str:
        """What it is called in the trail."""
        return self.what
