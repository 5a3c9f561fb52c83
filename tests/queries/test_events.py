"""Events, read off the trail."""

import pytest

from policies.assignment import Basis, By, Level, MovesOn, Reviewing
from policies.events import Event
from policies.filters import Filter
from policies.lifecycle import Verdict
from portal.queries.events import events_after
from portal.queries.reassigning import Chosen
from portal.usecases.decisions import decide_item
from portal.usecases.reassigning import reassign_items
from portal.usecases.reviews import sign_off
from tests.factories import APPROVED, REJECTED, items_of, launch, salesforce, start

REJECTS = {"otto": "paula", "carl": "emil"}


@pytest.fixture
def reviewed(cast, acting):
    """Salesforce, by Otto and then by Carl; each rejects one and approves the rest."""

    def reviewed(moves_on):
        salesforce(cast)
        first = Level((Basis(By.NAMED, (cast.otto.id,)),), moves_on=moves_on)
        said = Reviewing((first, Level((Basis(By.NAMED, (cast.carl.id,)),))))
        review = start(launch(acting("alma"), reviewing=said), acting("otto"))
        for first_name, login in REJECTS.items():
            by = acting(first_name)
            for item in items_of(review).values():
                if item.level == review.level and item.verdict is Verdict.UNDECIDED:
                    verdict = REJECTED if item.login == login else APPROVED
                    decide_item(item, verdict, version=item.version, by=by)
            sign_off(review, by=by)
        return review

    return reviewed


@pytest.mark.parametrize(
    ("moves_on", "expected"),
    [
        (
            MovesOn.APPROVED,
            [(Event.REJECTED, 1, 1), (Event.REJECTED, 2, 1), (Event.APPROVED, 2, 5)],
        ),
        (MovesOn.DECIDED, [(Event.REJECTED, 2, 1), (Event.APPROVED, 2, 6)]),
    ],
)
def test_what_is_signed_off_for_good_is_an_event(reviewed, moves_on, expected):
    review = reviewed(moves_on)
    found, last = events_after(0)
    assert [(each.event, each.level, each.items) for each in found] == expected
    assert {each.review_id for each in found} == {review.id}
    assert events_after(last) == ([], last)
    one_by_one, at = [], 0
    while (few := events_after(at, lines=1))[1] != at:
        one_by_one, at = one_by_one + few[0], few[1]
    assert one_by_one == found


def test_handing_over_is_one_too(cast, acting):
    salesforce(cast)
    review = start(launch(acting("alma")), acting("olive"))
    ids = [items_of(review)["max"].id]
    reassign_items(review, Chosen(Filter(), ids), cast.rita, "knows them", by=acting("alma"))
    (told,), _ = events_after(0)
    assert (told.event, told.items) == (Event.REASSIGNED, 1)
