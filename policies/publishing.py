"""Whether a plan is finished, so that it may be published."""

from datetime import datetime

from policies.timing import Timing, check_timing
from policies.user_scope import Users, check_users


def check_complete(users: Users, timing: Timing, now: datetime, *, keeps_time: bool) -> None:
    """Raise Invalid, with a sentence, where something is missing.

    `keeps_time`: it is scheduled already, so its timing was looked at when that was done.
    """
    check_users(users)
    if not keeps_time:
        check_timing(timing, now)
