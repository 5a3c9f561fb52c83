"""How values are written for people: dates, numbers, sizes."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zlib import crc32
from zoneinfo import ZoneInfo

from flask import Flask

from policies.browsers import in_words
from policies.deadlines import Span, in_zone, is_late
from policies.grants import names_of


def long_date(value: date | datetime | None) -> str:
    """Fri 4 Dec 2026; an empty string for None."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = value.astimezone(UTC)
    return f"{value:%a} {value.day} {value:%b %Y}"


def day_in(text: str) -> str:
    """The day of a moment that is kept as ISO text: Fri 4 Dec 2026."""
    return long_date(datetime.fromisoformat(text))


def exact(value: datetime | None) -> str:
    """2026-12-04 16:30:05 UTC"""
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if value else ""


def date_and_time(value: datetime | None) -> str:
    """Fri 4 Dec 2026, 16:30 UTC"""
    return f"{long_date(value)}, {value.astimezone(UTC):%H:%M} UTC" if value else ""


def moment_in(value: datetime | None, zone: str) -> str:
    """Fri 4 Dec 2026, 17:30 (Europe/Berlin)"""
    if value is None:
        return ""
    local = value.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b %Y}, {local:%H:%M} ({zone})"


def late_in(value: datetime | None, spans: Sequence[Span]) -> bool:
    """Whether that was after the due date that was in force then."""
    return value is not None and is_late(value, spans)


def clock_time(value: datetime) -> str:
    """16:30:05 UTC"""
    return f"{value.astimezone(UTC):%H:%M:%S} UTC"


def number(value: float | None) -> str:
    """1,284"""
    return "" if value is None else f"{value:,}"


def filesize(value: int | None) -> str:
    """12 B, 3.4 kB, 61.0 MB"""
    size = float(value or 0)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def plural(count: int, one: str, many: str = "") -> str:
    """1 account, 1,284 accounts"""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def duration(milliseconds: int | None) -> str:
    """850 ms, 12.4 s, 3 min 20 s"""
    if milliseconds is None:
        return ""
    if milliseconds < 1000:
        return f"{milliseconds} ms"
    seconds = milliseconds / 1000
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


def age(value: timedelta | float) -> str:
    """How long, as people say it: 8 s, 5 min, 2 h 10 min, 3 days. Takes seconds as well."""
    seconds = int(value.total_seconds() if isinstance(value, timedelta) else value)
    if seconds < 60:
        return f"{max(0, seconds)} s"
    minutes, hours = seconds // 60, seconds // 3600
    if minutes < 60:
        return f"{minutes} min"
    if hours < 48:
        rest = minutes % 60
        return f"{hours} h {rest} min" if rest and hours < 10 else f"{hours} h"
    return f"{hours // 24} days"


def first_capital(text: str) -> str:
    """The text with a capital letter at its beginning, the rest as it is."""
    return text[:1].upper() + text[1:]


def tone(name: str) -> int:
    """Which of the six colours of monograms a name has: always the same one."""
    return crc32(name.strip().casefold().encode()) % 6 + 1


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(
        age=age,
        browser=in_words,
        clock_time=clock_time,
        first_capital=first_capital,
        date=long_date,
        day=day_in,
        datetime_exact=exact,
        date_and_time=date_and_time,
        moment_in=moment_in,
        in_zone=in_zone,
        late_in=late_in,
        number=number,
        filesize=filesize,
        plural=plural,
        duration=duration,
        tone=tone,
        taken=names_of,
    )
