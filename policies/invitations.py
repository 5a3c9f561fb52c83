"""Whom an invitation may go to: the pasted addresses, the allowed domains, the last day.

Every line is judged, and every problem said at once; nothing is sent before all are good.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from policies.errors import Invalid

LIFE = timedelta(days=7)  # of an invitation
MOST_AT_ONCE = 200
LONGEST_NAME = 200
SOON_DAYS = 14  # from then on the list counts the days to the end

_BY_COMMAS = re.compile(r'(?:"[^"\n]*"|<[^>\n]*>|[^,\n"<])+')
_BY_SEMICOLONS = re.compile(r'(?:"[^"\n]*"|<[^>\n]*>|[^;\n"<])+')  # names are "Abbot, Ada" then
_NAMED = re.compile(r'^"?(?P<name>[^"<>]*?)"?\s*<(?P<address>[^<>]*)>$')
_ODD = r"\s@<>\"',;:()\[\]\\"
_ADDRESS = re.compile(rf"^[^{_ODD}]+@[^{_ODD}]+\.[^{_ODD}.]{{2,}}$")
_LONGEST_ADDRESS = 254  # RFC 5321


@dataclass(frozen=True)
class Invitee:
    """One address as it was typed. `problem` is the sentence why it cannot be invited."""

    typed: str
    name: str
    address: str
    problem: str = ""


def invitees(text: str) -> list[Invitee]:
    """The people in a pasted list: "a@x.org", "Ada Abbot <a@x.org>", by commas, semicolons or
    lines.

    Raises Invalid where nobody is named, or too many are.
    """
    parts = _BY_SEMICOLONS if ";" in text else _BY_COMMAS
    typed = [part.strip() for part in parts.findall(text.replace("\0", ""))]
    found = [_invitee(part) for part in typed if part]
    if not found:
        raise Invalid("Write at least one email address.")
    if len(found) > MOST_AT_ONCE:
        raise Invalid(f"{len(found):,} addresses; {MOST_AT_ONCE} at once is the most.")
    return _without_repeats(found)


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()


def is_outside(address: str, domains: Collection[str]) -> bool:
    """Whether the address lies outside the allowed domains. No domain named: none is."""
    return bool(domains) and domain_of(address) not in {d.lower().lstrip("@") for d in domains}


def end_of_day(text: str, today: date) -> datetime | None:
    """The last second (UTC) of the day that was typed; None where nothing was.

    Raises Invalid for what is no date, and for a day that is over.
    """
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid(f"“{text.strip()[:40]}” is not a date. Write 2026-12-31.") from None
    if day < today:
        raise Invalid("The last day must not be over already.")
    return datetime.combine(day, time(23, 59, 59), UTC)


def _invitee(typed: str) -> Invitee:
    named = _NAMED.match(typed)
    name = " ".join((named["name"] if named else "").split())[:LONGEST_NAME]
    address = (named["address"] if named else typed).strip().lower()
    is_one = _ADDRESS.match(address) and len(address) <= _LONGEST_ADDRESS
    wrong = "" if is_one else "This is not an email address."
    return Invitee(typed[:LONGEST_NAME], name, address, wrong)


def _without_repeats(found: list[Invitee]) -> list[Invitee]:
    """The same address twice is one invitation."""
    return list({each.address: each for each in reversed(found)}.values())[::-1]
