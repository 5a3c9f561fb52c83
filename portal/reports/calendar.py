"""A calendar as RFC 5545 has it: entries in, bytes out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from icalendar import Event

REFRESH = timedelta(hours=1)


@dataclass(frozen=True)
class Entry:
    """One moment. `uid` stays the same for ever; `sequence` grows whenever the entry changes."""

    uid: str
    title: str
    at: datetime
    note: str
    url: str
    changed_at: datetime
    sequence: int = 0
    is_cancelled: bool = False


def calendar_bytes(name: str, entries: Sequence[Entry]) -> bytes:
    """The calendar `name` with these entries. Text from outside is escaped and folded."""
    from icalendar import Calendar  # noqa: PLC0415  only who has a calendar pays for loading it

    calendar = Calendar()
    calendar.add("prodid", "-//Countersign//Access reviews//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _line(name))
    calendar.add("refresh-interval", REFRESH, {"value": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for entry in entries:
        calendar.add_component(_event(entry))
    return bytes(calendar.to_ical())


def _event(entry: Entry) -> "Event":
    from icalendar import Event  # noqa: PLC0415  as above

    event = Event()
    event.add("uid", entry.uid)
    event.add("summary", _line(f"Cancelled: {entry.title}" if entry.is_cancelled else entry.title))
    event.add("dtstart", entry.at)
    event.add("dtend", entry.at)
    event.add("dtstamp", entry.changed_at)
    event.add("last-modified", entry.changed_at)
    event.add("sequence", entry.sequence)
    event.add("status", "CANCELLED" if entry.is_cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    event.add("url", entry.url)
    event.add("description", "\n".join(filter(None, (_line(entry.note), entry.url))))
    return event


def _line(text: str) -> str:
    """Text as one line: nothing that a program could take for the end of it."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
