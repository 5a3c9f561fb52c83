"""What one types to have somebody stand in: who, from when, until when."""

from collections.abc import Mapping
from datetime import date

from policies.errors import Invalid


def read_days(form: Mapping[str, str], today: date) -> tuple[date, date | None]:
    """The first and the last day; the first is today where none is given, the last may be open."""
    first, last = form.get("from_on", "").strip(), form.get("until_on", "").strip()
    return (_day(first) if first else today, _day(last) if last else None)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(f"“{text[:20]}” is not a day. Write it as 2026-12-31.") from None
