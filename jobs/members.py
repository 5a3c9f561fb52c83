"""Whose time as a member is nearly over: whoever invited them hears of it."""

from functools import partial

from jobs.careful import Careful
from jobs.job import job
from policies.permissions import SYSTEM
from portal.db import db
from portal.models import Member
from portal.queries.members import untold_endings
from portal.queue import Job
from portal.usecases.members import tell_inviter
from portal.usecases.troubles import Work


@job
def tell_of_endings() -> None:
    """Write to the inviters of those who have three days left, once for each end date."""
    members = untold_endings()
    careful = Careful(Job.TELL_OF_ENDINGS, len(members))
    for number in [member.id for member in members]:
        work = Work(Job.TELL_OF_ENDINGS, f"ending:{number}", "tell of the end of a membership")
        careful.do(work, partial(_tell, number))


def _tell(number: int) -> None:
    tell_inviter(db.session.get_one(Member, number), by=SYSTEM)
