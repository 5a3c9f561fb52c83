"""Dates as people and programs write them. An ambiguous one is refused, never guessed.

3/4/2026 (or 3-4-2026) can be read only where other cells of its column, or whoever uploads
the list, say which comes first.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from policies.values import Bad

DAY_FIRST, MONTH_FIRST = "day", "month"
AMBIGUOUS, MIXED = "ambiguous", "mixed"

_NEVER = frozenset({"", "-", "–", "never", "n/a", "na", "none", "null", "nie", "unknown"})


def date_order(cells: Iterable[str]) -> str:
    """How 3/4/2026 is meant in this column: DAY_FIRST or MONTH_FIRST, if its cells prove it.

    AMBIGUOUS if both are possible and differ, MIXED if neither fits all, "" if it matters not.
    """
    day = month = differs = False
    for cell in cells:
        found = _EITHER.match(cell)
        if found:
            first, second = int(found[1]), int(found[2])
            day, month = day or first > 12, month or second > 12
            differs = differs or first != second
    if day and month:
        return MIXED
    if day or month:
        return DAY_FIRST if day else MONTH_FIRST
    return AMBIGUOUS if differs else ""


def read_instant(text: str, order: str = "", *, serials: bool = False) -> datetime | Bad | None:
    """A moment in UTC, or None for an empty cell or "never". Without a zone, UTC is meant.

    `order` is what `date_order` said; `serials` allows the day numbers of spreadsheets.
    """
    cell = text.strip()
    if cell.lower() in _NEVER:
        return None
    try:
        moment = _read(cell, order, serials)
    except (ValueError, OverflowError):
        moment = None
    if moment is None or not 1900 <= moment.year <= 2200:
        return Bad(text, _expected(cell, order))
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def read_date(text: str, order: str = "", *, serials: bool = False) -> date | Bad | None:
    """The day alone, as it is written; see `read_instant`."""
    moment = read_instant(text, order, serials=serials)
    if not isinstance(moment, datetime):
        return moment
    written = _read(text.strip(), order, serials)
    return written.date() if written else moment.date()


def _read(cell: str, order: str, serials: bool) -> datetime | None:  # noqa: PLR0911  one line a form
    if found := _EITHER.match(cell):
        return _either(found, order)
    if found := _DOTTED.match(cell):
        return _at(int(found[3]), int(found[2]), int(found[1]), found[4])
    if found := _YEAR_FIRST.match(cell):
        return _at(int(found[1]), int(found[2]), int(found[3]), found[4])
    if found := _LDAP.match(cell):
        return datetime.strptime(found[1] + "+0000", "%Y%m%d%H%M%S%z")
    if cell.replace(".", "", 1).isdigit():
        return _serial(cell) if serials and len(cell) != 8 else datetime.fromisoformat(cell)
    if _NAMED.search(cell):
        return _named(cell)
    return datetime.fromisoformat(cell.removesuffix(" UTC"))


def _either(found: re.Match[str], order: str) -> datetime | None:
    first, second = int(found[1]), int(found[2])
    if order in {AMBIGUOUS, MIXED} and first != second:
        return None
    day, month = (second, first) if order == MONTH_FIRST else (first, second)
    return _at(int(found[3]), month, day, found[4])


def _at(year: int, month: int, day: int, time: str | None) -> datetime | None:
    midnight = datetime(year, month, day)  # noqa: DTZ001  the zone is added by the caller
    found = _TIME.match(time or "")
    if not time or not found:
        return None if time else midnight
    hour, half = int(found[1]), (found[4] or "").upper()
    if half:
        hour = hour % 12 + (12 if half == "PM" else 0)
    return midnight.replace(hour=hour, minute=int(found[2]), second=int(found[3] or 0))


def _serial(cell: str) -> datetime | None:
    days = float(cell)
    if not 1 <= days < 110_000:
        return None
    return datetime(1899, 12, 30) + timedelta(seconds=round(days * 86_400))  # noqa: DTZ001  as above


def _named(cell: str) -> datetime:
    plain = " ".join(cell.replace(",", " ").split())
    for form in ("%d %b %Y", "%b %d %Y", "%d %B %Y", "%B %d %Y"):
        try:
            return datetime.strptime(plain, form)  # noqa: DTZ007  as above
        except ValueError:
            continue
    raise ValueError(cell)


def _expected(cell: str, order: str) -> str:
    plain = "a date such as 2026-12-31 or 31.12.2026"
    found = _EITHER.match(cell)
    if not found or order not in {AMBIGUOUS, MIXED}:
        return plain
    if order == MIXED:
        return f"{plain}; this column has some dates with the day first and some with the month"
    return f"{plain}; nothing in this column tells whether the day or the month comes first"


_CLOCK = r"(?:[ T]+(\d{1,2}:\d{2}(?::\d{2})?(?: ?[AaPp][Mm])?))?$"
_EITHER = re.compile(r"\s*(\d{1,2})[/-](\d{1,2})[/-](\d{4})" + _CLOCK)
_DOTTED = re.compile(r"(\d{1,2})\. ?(\d{1,2})\. ?(\d{4})" + _CLOCK)
_YEAR_FIRST = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})" + _CLOCK)
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))? ?([AaPp][Mm])?$")
_LDAP = re.compile(r"(\d{14})(?:\.\d+)?Z$")
_NAMED = re.compile(r"[A-Za-z]{3}.*\d{4}|\d{4}.*[A-Za-z]{3}")
