"""How a campaign helps its reviewers: what it recommends by, and what they see first."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from policies.recommendations import RULES


class StartView(StrEnum):
    EVERYTHING = "everything"
    CHANGED = "changed"


@dataclass(frozen=True)
class Guidance:
    """`off` are the keys of the rules that it does without."""

    off: frozenset[str] = frozenset()
    start: StartView = StartView.EVERYTHING

    @property
    def on(self) -> frozenset[str]:
        """The keys of the rules that it recommends by."""
        return frozenset(RULES) - self.off

    def as_data(self) -> dict[str, Any]:
        return {"off": sorted(self.off), "start": self.start.value}

    def in_words(self) -> str:
        """Say it as a person would."""
        if not self.on:
            return "Nothing is recommended"
        if not self.off:
            return "Recommendations by every rule"
        without = ", ".join(RULES[key].name.lower() for key in RULES if key in self.off)
        return f"Recommendations by every rule but {without}"


def guidance_from_data(data: Mapping[str, Any]) -> Guidance:
    """The guidance that `as_data` wrote; what is missing or unknown is as usual."""
    start = data.get("start", "")
    return Guidance(
        frozenset(data.get("off", ())) & frozenset(RULES),
        StartView(start) if start in set(StartView) else StartView.EVERYTHING,
    )
