"""What came of planted accounts, as plain data: for the attestation, and for whoever ran it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Had:
    """Somebody in whose list a planted account was. `found` is what they made of it; "" where
    somebody else decided."""

    person_id: int
    name: str
    found: str


@dataclass(frozen=True)
class PlantedLine:
    """An invented account, and what came of it. `found`: caught, missed, or not decided."""

    review_id: int
    item_id: int
    application: str
    label: str
    login: str
    held: str
    reviewers: Sequence[Had]
    found: str
    verdict: str
    comment: str
    decided_by: str
    decided_at: datetime | None
    how: str
    at_once: int | None  # how many were decided with it, itself included
    decision_id: int | None

    @property
    def names(self) -> str:
        return ", ".join(each.name for each in self.reviewers)


@dataclass(frozen=True)
class PlantedFacts:
    """What was planted. `waiting` more are still being decided on, and are not told of."""

    lines: Sequence[PlantedLine]
    waiting: int = 0

    def count(self, found: str) -> int:
        return sum(line.found == found for line in self.lines)
