"""Whose time as a member is nearly over: whoever invited them hears of it."""

from jobs.job import job
from policies.permissions import SYSTEM
from portal.queries.members import untold_endings
from portal.usecases.members import tell_inviter


@job
def tell_of_endings() -> None:
    """Write to the inviters of those who have three days left, once for each end date."""
    for member in untold_endings():
        tell_inviter(member, by=SYSTEM)
