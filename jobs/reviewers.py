"""Reviewers who leave while a review runs, and those who stand in for others."""

from jobs.job import job
from policies.permissions import SYSTEM
from portal.queries.delegations import to_delegate, to_take_back
from portal.queries.reassigning import leavers
from portal.usecases.delegating import give_to_delegate, take_from_delegate
from portal.usecases.leavers import release_leaver


@job
def move_leavers_items() -> None:
    """What somebody who has left still has to review goes to whom the campaign's rules lead now."""
    for review, person in leavers():
        release_leaver(review, person, by=SYSTEM)


@job
def mind_delegates() -> None:
    """Whoever stands in for somebody has what they have, for as long as they do."""
    for review, delegation in to_take_back():
        take_from_delegate(review, delegation, by=SYSTEM)
    for review, delegation in to_delegate():
        give_to_delegate(review, delegation, by=SYSTEM)
