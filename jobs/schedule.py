"""Everything that happens by itself, as one list: what, and how often.

This is also the sweep. Whoever writes a row wakes its job at once, through Redis; if that
wake-up is lost, the next turn here finds the row. Each entry is therefore a job that is cheap
when there is nothing to do.
"""

from typing import NamedTuple

from portal.queue import Job


class Periodic(NamedTuple):
    """Wake `job` every `seconds`."""

    job: Job
    seconds: int


SCHEDULE = (
    Periodic(Job.READ_UPLOADS, 15),
    Periodic(Job.APPLY_SYNCS, 15),
    Periodic(Job.COUNT_HOLDINGS, 15),
    Periodic(Job.COUNT_CAMPAIGNS, 15),
    Periodic(Job.DELIVER_LETTERS, 30),
    Periodic(Job.RENDER_REPORTS, 30),
    Periodic(Job.CHECK_PROVIDERS, 30),
    Periodic(Job.TEND_SAML, 60),
    Periodic(Job.LAUNCH_CAMPAIGNS, 60),
    Periodic(Job.START_REVIEWS, 60),
    Periodic(Job.MIND_DUE_DATES, 60),
    Periodic(Job.REMIND_PEOPLE, 60),
    Periodic(Job.MOVE_LEAVERS_ITEMS, 60),
    Periodic(Job.MIND_DELEGATES, 60),
    Periodic(Job.TELL_OF_ENDINGS, 60),
    Periodic(Job.SWEEP_SESSIONS, 60),
)
HEARTBEAT = 5  # seconds between two signs of life of the clock
