"""The quick filters as a page shows them: each with its count, its URL, and whether it is on."""

from collections.abc import Mapping
from typing import NamedTuple

from policies.chips import CHIPS, STANDING
from portal.web.filtering import Chosen


class Shown(NamedTuple):
    """A chip on the page. One that shows nothing is left out, unless a decision may change that."""

    id: str
    word: str
    size: int
    url: str
    is_on: bool


def quick_filters(chosen: Chosen, counts: Mapping[str, int]) -> list[Shown]:
    """The chips worth showing, in their order."""
    shown = [
        Shown(chip.id, chip.word, counts[chip.id], *chosen.toggle(chip.field, chip.value))
        for chip in CHIPS
        if chip.id in counts
    ]
    lasting = {chip.id for chip in CHIPS if chip.field in STANDING}
    return [each for each in shown if each.size or each.is_on or each.id in lasting]


def standing_counts(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """The counts that a decision may have changed, by the id of their chip."""
    return [
        (chip.id, counts[chip.id]) for chip in CHIPS if chip.field in STANDING and chip.id in counts
    ]
