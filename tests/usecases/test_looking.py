"""A second look: some approvals drawn by lot, looked at before the sign-off, kept as evidence."""

from dataclasses import replace

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from policies.assignment import Reviewing
from policies.care import Care
from policies.errors import IllegalMove, Invalid
from policies.filters import Filter
from policies.lots import drawn
from portal.db import db
from portal.models import Decision, Glance
from portal.queries.care import sample_for, work_of
from portal.queries.evidence_care import look_rows
from portal.queries.evidence_rows import snapshot
from portal.usecases.decisions import decide_item, decide_view
from portal.usecases.looking import draw_second_look, look_again
from portal.usecases.reviews import sign_off
from tests.factories import APPROVED, REJECTED, UNDECIDED, items_of, launch, salesforce, start


@pytest.fixture
def review(cast, acting):
    """Olive's Salesforce, where two approvals of everybody are looked at again."""
    salesforce(cast)
    said = replace(Reviewing(), care=Care(second_look=2))
    return start(launch(acting("alma"), reviewing=said), acting("olive"))


def approve_all(review, by):
    decide_view(review, Filter(), APPROVED, seen=10**6, by=by)


def test_what_is_drawn_is_drawn_by_a_lot_that_can_be_drawn_again(review, acting):
    olive = acting("olive")
    with pytest.raises(Invalid):
        draw_second_look(review, by=olive)  # nothing is approved yet
    decide_item(items_of(review)["max"], APPROVED, version=0, by=olive)
    with pytest.raises(IllegalMove, match="Decide everything first"):
        draw_second_look(review, by=olive)
    approve_all(review, olive)
    look = draw_second_look(review, by=olive)
    mine = [item.id for login, item in items_of(review).items() if login != "olive"]
    assert [number for number, _ in look.items] == drawn(look.seed, sorted(mine), 2)
    assert look.population == 6
    with pytest.raises(Invalid):
        draw_second_look(review, by=olive)  # once is enough


def test_nobody_signs_off_before_they_looked_again(review, acting):
    olive = acting("olive")
    approve_all(review, olive)
    with pytest.raises(IllegalMove, match="drawn by lot"):
        sign_off(review, by=olive)
    look = draw_second_look(review, by=olive)
    first, second = (number for number, _ in look.items)
    assert look_again(review, {first: APPROVED}, {}, by=olive) == 1
    with pytest.raises(IllegalMove, match="drawn by lot"):
        sign_off(review, by=olive)
    assert look_again(review, {second: REJECTED, 999: REJECTED}, {second: "no"}, by=olive) == 0
    assert sign_off(review, by=olive).rejected == 1
    said = db.session.scalars(select(Decision).where(Decision.item_id == second)).all()
    assert [(each.verdict, each.comment) for each in said] == [(APPROVED, ""), (REJECTED, "no")]
    with snapshot() as view:
        rows = list(look_rows(view, [review.id]))
    assert [(row[6], row[9], row[12]) for row in rows] == [
        ("6", str(first), "approved"),
        ("6", str(second), "rejected"),
    ]


def test_what_is_approved_after_the_draw_is_drawn_from_too(review, acting):
    olive = acting("olive")
    approve_all(review, olive)
    look = draw_second_look(review, by=olive)
    look_again(review, dict.fromkeys([n for n, _ in look.items], APPROVED), {}, by=olive)
    assert not sample_for(review, olive).blocks
    drawn_already = {number for number, _ in look.items}
    other = next(
        each
        for login, each in items_of(review).items()
        if each.id not in drawn_already and login != "olive"
    )
    decide_item(other, UNDECIDED, version=other.version, by=olive)
    other = items_of(review)[other.login]
    decide_item(other, APPROVED, version=other.version, by=olive)
    assert sample_for(review, olive).is_due


def test_whoever_rejected_everything_is_not_asked(review, acting):
    decide_view(review, Filter(), REJECTED, seen=0, by=acting("olive"))
    assert sign_off(review, by=acting("olive")).rejected == 6


def test_what_somebody_did_is_counted_as_it_stands(review, acting):
    olive, rita = acting("olive"), items_of(review)["rita"]
    decide_item(rita, APPROVED, version=0, opened=None, by=olive)
    decide_item(items_of(review)["max"], REJECTED, version=0, by=olive)
    approve_all(review, olive)
    work = work_of(review, olive)
    assert (work.items, work.bulk, work.single, work.privileged) == (6, 5, 1, 1)
    assert work_of(review, acting("alma")).single == 0


@pytest.mark.parametrize("change", ["UPDATE glances SET at = at", "DELETE FROM second_looks"])
def test_a_look_is_never_rewritten(review, acting, change):
    olive = acting("olive")
    approve_all(review, olive)
    look = draw_second_look(review, by=olive)
    look_again(review, {look.items[0][0]: APPROVED}, {}, by=olive)
    assert db.session.scalars(select(Glance)).one()
    with pytest.raises(DatabaseError, match="append-only"):
        db.session.execute(text(change))
    db.session.rollback()
