"""When each level of a review should be done, where a campaign shares its time out among them."""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from policies.errors import Invalid


def check_shares(shares: Sequence[int]) -> None:
    """Raise Invalid unless no level has a share, or all have and they come to 100 per cent."""
    if not any(shares):
        return
    if not all(share >= 1 for share in shares):
        raise Invalid("Shares of the time: give one to every level, or to none.")
    if sum(shares) != 100:
        raise Invalid(f"Shares of the time: together they are 100 %, not {sum(shares)} %.")


def level_due(
    begun: datetime, due_at: datetime, zone: str, shares: Sequence[int], level: int
) -> datetime:
    """By when `level`, the first being 1, should be done in a campaign of that time.

    `shares` are per cent, one for each level. The last level has until the due date, as every
    level has where there are none; the others until the end of the day in `zone` at which their
    share, and those of the levels before, are used up.
    """
    if level >= len(shares) or not any(shares) or begun >= due_at:
        return due_at
    part = begun + (due_at - begun) * sum(shares[:level]) / 100
    day = part.astimezone(ZoneInfo(zone)).date()
    end = datetime.combine(day, time(23, 59, 59), ZoneInfo(zone)).astimezone(UTC)
    return min(end, due_at)
