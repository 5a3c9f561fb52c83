"""How somebody has the columns of a review's table: which, in what order, how wide, which stay."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policies.errors import Invalid

WIDTHS = ("usual", "narrow", "wide")
MOST_PINNED = 2  # beside the account, which always stays
LONGEST_LABEL = 60


@dataclass(frozen=True)
class Column:
    """One column that is shown."""

    key: str
    width: str = "usual"
    pinned: bool = False


Layout = tuple[Column, ...]


def as_data(layout: Layout) -> list[list[Any]]:
    """The layout as JSON: [key, width, pinned] in the order of the columns."""
    return [[column.key, column.width, column.pinned] for column in layout]


def from_data(data: Iterable[Sequence[Any]]) -> Layout:
    """The layout that `as_data` wrote; pinned columns come first."""
    found = [Column(key, width if width in WIDTHS else "usual", bool(p)) for key, width, p in data]
    return tuple(sorted(found, key=lambda column: not column.pinned))


def typed_layout(
    shown: Sequence[str],
    places: Mapping[str, str],
    widths: Mapping[str, str],
    pinned: Iterable[str],
) -> Layout:
    """The layout as the form has it: `places` are numbers, typed; equal ones stay in their order.

    Raises Invalid where nothing is shown, or more stays in sight than fits.
    """
    if not shown:
        raise Invalid("Show at least one column.")
    kept = [key for key in pinned if key in shown]
    if len(kept) > MOST_PINNED:
        raise Invalid(f"At most {MOST_PINNED} columns can stay beside the account.")
    order = sorted(shown, key=lambda key: _number(places.get(key, "")))
    return from_data([[key, widths.get(key, ""), key in kept] for key in order])


def checked_labels(labels: Mapping[str, str], usual: Mapping[str, str]) -> dict[str, str]:
    """What an application calls its columns, where that is not what they are called anyway.

    Raises Invalid where one is too long, or two would be called the same.
    """
    named = {key: " ".join(text.split()) for key, text in labels.items() if key in usual}
    named = {key: text for key, text in named.items() if text and text != usual[key]}
    if any(len(text) > LONGEST_LABEL for text in named.values()):
        raise Invalid(f"A column's name can have {LONGEST_LABEL} characters at most.")
    words = [text.casefold() for text in {**usual, **named}.values()]
    twice = next((text for text in named.values() if words.count(text.casefold()) > 1), None)
    if twice:
        raise Invalid(f"Two columns cannot both be called “{twice}”.")
    return named


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 5 else 10_000
