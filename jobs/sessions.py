"""Sessions nobody asks for any more are deleted; the trail keeps who signed in, when and how."""

import structlog

from jobs.job import job
from portal.usecases.sessions import tidy_sessions

log = structlog.stdlib.get_logger("countersign.sessions")


@job
def sweep_sessions() -> None:
    """Delete sessions that ended 90 days ago, and what else of signing in is over."""
    if count := tidy_sessions():
        log.info("old sessions deleted", count=count)
