"""Whether the portal can do its work: database, migrations, queue, clock."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from portal.db import db
from portal.queue import QueueHealth, current_queue, health

MIGRATIONS = Path(__file__).parents[2] / "migrations"
LATEST_CLOCK = 60.0  # seconds without a sign of life of the clock


@dataclass(frozen=True)
class Readiness:
    """What each check found: a sentence about what is wrong, or nothing."""

    problems: dict[str, str]
    queue: QueueHealth

    @property
    def is_ready(self) -> bool:
        return not any(self.problems.values())


def readiness() -> Readiness:
    """Ask everything once. Takes a few milliseconds, at most a few seconds when Redis is lost."""
    queue = health(current_queue())
    problems = {
        "database": _database_problem(),
        "migrations": _migrations_problem(),
        "queue": queue.problem,
        "clock": _clock_problem(queue),
    }
    return Readiness(problems, queue)


def _database_problem() -> str:
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError as problem:
        db.session.rollback()
        return f"The database does not answer ({type(problem).__name__})."
    return ""


def is_migrated() -> bool:
    """Whether the database is at the newest migration. Asked without Alembic, which loads long.

    Raises `SQLAlchemyError` where it was never migrated.
    """
    found = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    return str(found) == newest_migration()


@cache
def newest_migration() -> str:
    """The number of the last file: each migration follows the one of the number before."""
    return max(file.name for file in (MIGRATIONS / "versions").glob("[0-9]*.py")).partition("_")[0]


def _migrations_problem() -> str:
    try:
        if is_migrated():
            return ""
    except SQLAlchemyError as problem:
        db.session.rollback()
        return f"Cannot be read ({type(problem).__name__})."
    return "The database is not at the newest migration. Run: flask --app wsgi upgrade"


def _clock_problem(queue: QueueHealth) -> str:
    if queue.clock_lag is None:
        return "The clock has not been heard of."
    if queue.clock_lag > LATEST_CLOCK:
        return f"The clock was last heard of {queue.clock_lag:.0f} seconds ago."
    return ""
