"""Rows picked by hand, as a filter: whatever can be done with all in view can be done with them."""

from collections.abc import Iterable
from dataclasses import dataclass

from policies.comparisons import Fields
from policies.errors import Invalid
from policies.filters import Filter

MOST_PICKED = 1_000


@dataclass(frozen=True)
class Picked(Filter):
    """Exactly the items with these ids; it cannot be written into a URL."""

    ids: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return True

    def in_words(self, fields: Fields) -> str:
        """As the trail says it: how many they are; which ones, its digest tells."""
        return "1 picked by hand" if len(self.ids) == 1 else f"{len(self.ids):,} picked by hand"


def picks_in(values: Iterable[str]) -> dict[int, int]:
    """What the ticked boxes say, "ID.VERSION": the version that was looked at, by id.

    Raises Invalid where nothing is ticked, or more than a page can hold.
    """
    found: dict[int, int] = {}
    for value in values:
        number, _, version = value.partition(".")
        if not (number.isdecimal() and version.isdecimal() and len(value) < 30):
            raise Invalid("The selection could not be read. Nothing was changed.")
        found[int(number)] = int(version)
    if not found:
        raise Invalid("Nothing is selected. Tick the accounts first.")
    if len(found) > MOST_PICKED:
        most = f"{MOST_PICKED:,}"
        raise Invalid(f"At most {most} can be selected. Filter, and decide all in view instead.")
    return found
