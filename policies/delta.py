"""What became of an account since the last completed review of its application."""

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Delta(StrEnum):
    """NONE: there is nothing to compare it with, no review or none that it was in."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    NONE = ""


DIFFERENT = (Delta.NEW.value, Delta.CHANGED.value)
NOTHING = "nothing"  # in place of a value that is empty
ADDED, REMOVED = "added", "removed"
HOLDS = "holds"  # where only all of it is known of before

# What is compared besides what the account holds: the fact, and the word for it, in order.
COMPARED: Mapping[str, str] = {
    "department": "department",
    "title": "title",
    "manager": "manager",
    "status": "status",
    "person_status": "person",
    "label": "belongs to",  # only where it was matched to somebody else
}


def changes_in_words(
    added: Iterable[str], removed: Iterable[str], facts: Mapping[str, tuple[str, str]]
) -> str:
    """ "added: Admin; department: Sales → Support"; `facts` are before and now, by key."""
    parts = [
        f"{word}: {', '.join(names)}"
        for word, names in ((ADDED, sorted(added)), (REMOVED, sorted(removed)))
        if names
    ]
    parts += [
        f"{word}: {facts[key][0] or NOTHING} → {facts[key][1] or NOTHING}"
        for key, word in COMPARED.items()
        if key in facts and facts[key][0] != facts[key][1]
    ]
    return "; ".join(parts)


def delta_of(*, is_new: bool, has_previous: bool, changes: str) -> Delta:
    """Which of the four it is."""
    if is_new:
        return Delta.NEW
    if not has_previous:
        return Delta.NONE
    return Delta.CHANGED if changes else Delta.UNCHANGED
