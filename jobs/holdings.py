"""Counting what people hold, whenever a list was applied."""

from jobs.job import job
from portal.usecases.holdings import keep_holdings


@job
def count_holdings() -> None:
    """Count it, where there may be something new."""
    keep_holdings()
