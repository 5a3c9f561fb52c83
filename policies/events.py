"""What happens in a review that something else may be done about, told from lines of the trail.

The trail has every change already, in one order and for ever. An event is no second account of it:
whoever acts on events remembers the last line they read, and asks for those after it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from policies.assignment import MovesOn, Reviewing


class Event(StrEnum):
    """REJECTED: access is to be taken away, wholly or in part, and signed off, at whichever level.
    APPROVED: access is to stay, and signed off at the last level."""

    REJECTED = "rejected"
    APPROVED = "approved"
    REASSIGNED = "reassigned"
    COMPLETED = "review completed"


@dataclass(frozen=True)
class Happening:
    """One event: the line of the trail that says so, and how many items it is about."""

    event: Event
    trail_id: int
    review_id: int
    level: int
    items: int
    at: datetime


SIGNED = ("review signed off", "review closed by rule")
REASSIGNED, SUBMITTED = "items reassigned", "review submitted"
TOLD = (*SIGNED, REASSIGNED, SUBMITTED)  # the verbs that tell of an event


def counts_in(
    verb: str, details: Mapping[str, Any], said: Reviewing
) -> Iterator[tuple[Event, int]]:
    """The events that a line of the trail tells of, and how many items each is about.

    `said` is how the campaign is reviewed. Where a level passes everything on, what it rejects is
    a proposal: the last level's word counts.
    """
    if verb in SIGNED:
        level, last = int(details["level"]), len(said.levels)
        losing = details["rejected"] + details.get("changed", 0)
        proposes = level < last and said.levels[level - 1].moves_on is MovesOn.DECIDED
        if losing and not proposes:
            yield Event.REJECTED, losing
        if details["approved"] and level >= last:
            yield Event.APPROVED, details["approved"]
    if verb == REASSIGNED:
        yield Event.REASSIGNED, details["items"]
    if verb == SUBMITTED:
        yield Event.COMPLETED, details["rejected"] + details.get("changed", 0)
