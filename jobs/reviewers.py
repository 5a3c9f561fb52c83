"""Reviewers who leave while a review runs, and those who stand in for others."""

from collections.abc import Callable, Sequence
from functools import partial

from jobs.careful import Careful
from jobs.job import job
from policies.permissions import SYSTEM
from portal.models import Delegation, Person, Review
from portal.queries.delegations import to_delegate, to_take_back
from portal.queries.reassigning import leavers
from portal.queue import Job
from portal.usecases.delegating import give_to_delegate, take_from_delegate
from portal.usecases.leavers import release_leaver
from portal.usecases.troubles import Work


@job
def move_leavers_items() -> None:
    """What somebody who has left still has to review goes to whom the campaign's rules lead now."""
    todo = [(_of_leaver(*each), each) for each in leavers()]
    careful = Careful(Job.MOVE_LEAVERS_ITEMS, len(todo))
    for work, (review, person) in todo:
        careful.do(work, partial(release_leaver, review, person, by=SYSTEM))


@job
def mind_delegates() -> None:
    """Whoever stands in for somebody has what they have, for as long as they do."""
    careful = Careful(Job.MIND_DELEGATES)
    _each(careful, "take back", to_take_back(), take_from_delegate)
    _each(careful, "hand over", to_delegate(), give_to_delegate)


def _each(
    careful: Careful,
    verb: str,
    pairs: Sequence[tuple[Review, Delegation]],
    change: Callable[..., object],
) -> None:
    todo = [(_of_delegate(verb, *each), each) for each in pairs]
    careful.total += len(todo)
    for work, (review, delegation) in todo:
        careful.do(work, partial(change, review, delegation, by=SYSTEM))


def _of_leaver(review: Review, person: Person) -> Work:
    what = f"hand on what {person.name}, who has left, was to review"
    key = f"leaver:{review.id}:{person.id}"
    return Work(Job.MOVE_LEAVERS_ITEMS, key, what, review.campaign_id)


def _of_delegate(verb: str, review: Review, delegation: Delegation) -> Work:
    what = f"{verb} what {delegation.delegate.name} reviews for {delegation.person.name}"
    key = f"delegate:{verb}:{review.id}:{delegation.id}"
    return Work(Job.MIND_DELEGATES, key, what, review.campaign_id)
