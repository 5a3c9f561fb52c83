"""The data check at the start of a review: may these accounts be reviewed?

Source: the product's seed ("Preview the user list") and product.md ("Start of a review").
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

FRESH_DAYS = {"integration": 2, "file": 7}


@dataclass(frozen=True)
class SourceFacts:
    """One source of an application, as the check needs to see it."""

    kind: str  # "integration" or "file"
    instance: str
    last_applied_at: datetime | None
    is_complete: bool
    accounts: int


@dataclass(frozen=True)
class Finding:
    """One line of the check: `ok`, what was found, and what to do if it is not."""

    ok: bool
    says: str
    remedy: str = ""


def check(
    sources: list[SourceFacts], *, now: datetime, fresh_days: dict[str, int]
) -> list[Finding]:
    """Judge every source. A review may continue only when every finding is ok."""
    if not sources:
        return [
            Finding(
                False,
                "This application has no list of accounts yet.",
                "Upload its current user list to continue.",
            )
        ]
    return [_judge(source, now, fresh_days) for source in sources]


def _judge(source: SourceFacts, now: datetime, fresh_days: dict[str, int]) -> Finding:
    name = f"{source.instance}: " if source.instance else ""
    if source.last_applied_at is None:
        return Finding(False, f"{name}nothing has been imported yet.", "Upload the user list.")
    days = fresh_days.get(source.kind, FRESH_DAYS["file"])
    if now - source.last_applied_at > timedelta(days=days):
        age = (now - source.last_applied_at).days
        return Finding(
            False,
            f"{name}the list is {age} days old; it may be {days} at most.",
            "Upload a list from today." if source.kind == "file" else "Sync the integration again.",
        )
    if not source.accounts:
        return Finding(False, f"{name}the list is empty.", "Upload the full user list.")
    return Finding(True, f"{name}{source.accounts:,} accounts, up to date.")
