"""The quick filters of a review: each is a word and one condition of the filter language.

How many items each would show is told from a tally (portal.queries.tally): what was frozen is kept
with every item as one number, a bit for each chip that asks for it; where it stands is beside it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from policies.lifecycle import Verdict
from policies.recommendations import OPPOSED


@dataclass(frozen=True)
class Chip:
    """`word` shows the items whose `field` is `value`."""

    word: str
    field: str
    value: str

    @property
    def id(self) -> str:
        return f"chip-{self.field}-{self.value}".replace("_", "-")


CHIPS = (
    Chip("Undecided", "verdict", "undecided"),
    Chip("Rejected", "verdict", "rejected"),
    Chip("Kept with less", "verdict", "changed"),
    Chip("New or changed", "is_different", "yes"),
    Chip("New", "delta", "new"),
    Chip("Changed", "delta", "changed"),
    Chip("Privileged", "is_privileged", "yes"),
    Chip("Inactive", "is_inactive", "yes"),
    Chip("Past users", "is_past", "yes"),
    Chip("Orphans", "is_orphan", "yes"),
    Chip("External", "is_external", "yes"),
    Chip("Service accounts", "kind", "service"),
    Chip("Reject recommended", "recommendation", "reject"),
    Chip("Against recommendation", "is_against", "yes"),
    Chip("Decided by others", "decided_by", "others"),
)
STANDING = ("verdict", "is_against", "decided_by")  # fields that decisions change

# What is frozen and counted, by its bit. Bits are stored: add at the end, never move one.
BITS: Mapping[tuple[str, str], int] = {
    key: 1 << nth
    for nth, key in enumerate(
        (
            ("delta", "new"),
            ("delta", "changed"),
            ("is_privileged", "yes"),
            ("is_inactive", "yes"),
            ("is_past", "yes"),
            ("is_orphan", "yes"),
            ("is_external", "yes"),
            ("kind", "service"),
            ("recommendation", "reject"),
            ("recommendation", "approve"),
        )
    )
}


def bits_in(item: object) -> int:
    """The bits of an item whose facts are at hand (portal.queries.tally says it in SQL)."""
    said = {field: getattr(item, field) for field, _ in BITS}
    words = {key: "yes" if value is True else str(value) for key, value in said.items()}
    return sum(bit for (field, value), bit in BITS.items() if words[field] == value)


@dataclass(frozen=True)
class Group:
    """So many items that stand alike: their verdict, who decided, and their bits."""

    verdict: Verdict
    decided_by: int | None
    bits: int
    count: int


def counts_of(groups: Iterable[Group], me: int | None) -> dict[str, int]:
    """How many items each chip would show, by its id."""
    found = dict.fromkeys((chip.id for chip in CHIPS), 0)
    for group in groups:
        for chip in CHIPS:
            if _shows(chip, group, me):
                found[chip.id] += group.count
    return found


def _shows(chip: Chip, group: Group, me: int | None) -> bool:
    if chip.field == "verdict":
        return group.verdict.value == chip.value
    if chip.field == "decided_by":
        is_decided = group.verdict is not Verdict.UNDECIDED  # withdrawn, somebody is still noted
        return is_decided and group.decided_by is not None and group.decided_by != me
    if chip.field == "is_different":
        return bool(group.bits & (BITS["delta", "new"] | BITS["delta", "changed"]))
    if chip.field == "is_against":
        return any(
            group.bits & BITS["recommendation", advice] and group.verdict == verdict
            for advice, verdict in OPPOSED.items()
        )
    return bool(group.bits & BITS[chip.field, chip.value])
