"""The time. Everything that asks what time it is asks here, so that tests can answer."""

from datetime import UTC, date, datetime, timedelta

_offset = timedelta()


def now() -> datetime:
    """This moment in UTC, to the microsecond."""
    return datetime.now(UTC) + _offset


def today() -> date:
    return now().date()


def shift(by: timedelta) -> None:
    """Move the clock relative to the real one (demo data and tests)."""
    global _offset  # noqa: PLW0603  the one clock of the process
    _offset = by
