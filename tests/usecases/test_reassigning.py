"""Items that go to somebody else while a review runs: handed on, replaced, added, left behind."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from jobs.reviewers import move_leavers_items
from policies.assignment import Basis, By, Handing, Level, Reassigning, Reviewing
from policies.errors import Denied, Invalid
from policies.filters import Condition, Filter, Op
from policies.permissions import DECIDE_ITEM, SEE_ITEM, can
from portal import clock
from portal.db import db
from portal.models import Assignment, Item, Letter, Person, ReassignedItem, Reassignment, TrailLine
from portal.models.person import Standing
from portal.queries.items import items_decided_by, items_seen_by
from portal.queries.reassigning import Chosen, duties_in, unassigned_by_review
from portal.usecases.decisions import decide_item
from portal.usecases.freezing import start_review
from portal.usecases.reassigning import add_reviewer, reassign_items, replace_reviewer
from tests.factories import APPROVED, items_of, launch, salesforce, start
from tests.story import story

SALES = Filter(((Condition("department", Op.IS, "Sales"),),))
WHY = "on leave until January"


@story
def review(cast, acting):
    salesforce(cast)
    return start(launch(acting("alma")), acting("olive"))


def reviewers_of(review, level=1):
    rows = db.session.execute(
        select(Item.login, Person.name)
        .join(Assignment, Assignment.item_id == Item.id)
        .join(Person, Person.id == Assignment.person_id)
        .where(Item.review_id == review.id, Assignment.level == level)
    )
    found = {}
    for login, name in rows:
        found.setdefault(login, set()).add(name.split()[0])
    return found


def letters_of(kind):
    query = select(Letter).where(Letter.kind == kind).order_by(Letter.id)
    return [(x.person.name.split()[0], x.facts["what"]) for x in db.session.scalars(query)]


def test_a_reviewer_hands_on_what_is_in_view_and_keeps_the_rest(review, cast, acting):
    olive = acting("olive")
    item = items_of(review)["max"]
    decide_item(item, APPROVED, version=0, by=olive)
    done = reassign_items(review, Chosen(SALES), cast.rita, WHY, by=olive)
    assert (done.moved, done.kept) == (3, 0)
    now = reviewers_of(review)
    assert {login for login, names in now.items() if names == {"Rita"}} == {"max", "paula", "emil"}
    assert now["rita"] == {"Olive"}
    assert items_of(review)["max"].verdict is APPROVED  # what was decided is kept
    assert letters_of("reassigned") == [("Rita", "3 accounts to decide")]
    line = db.session.scalars(select(TrailLine).where(TrailLine.verb == "items reassigned")).one()
    assert line.details["why"] == WHY
    assert line.details["view"] == "Department is Sales"
    kept = db.session.execute(select(ReassignedItem.was_id, ReassignedItem.was_basis)).all()
    assert kept == [(cast.olive.id, "owner")] * 3
    for who in ("olive", "rita", "alma"):
        actor = acting(who)
        every = list(db.session.scalars(select(Item)))
        seen = set(db.session.scalars(select(Item.id).where(items_seen_by(actor, review))))
        assert seen == {i.id for i in every if can(SEE_ITEM, actor, i)}
        decided = set(db.session.scalars(select(Item.id).where(items_decided_by(actor, review))))
        assert decided == {i.id for i in every if can(DECIDE_ITEM, actor, i)}


def test_nobody_is_handed_their_own_access(review, cast, acting):
    own = Chosen(Filter(), [items_of(review)["rita"].id])
    with pytest.raises(Invalid, match="Rita Reyes may not decide any of these"):
        reassign_items(review, own, cast.rita, WHY, by=acting("olive"))
    done = reassign_items(review, Chosen(Filter()), cast.rita, WHY, by=acting("olive"))
    assert (done.moved, done.kept) == (5, 1)
    assert reviewers_of(review)["rita"] == {"Olive"}


@pytest.mark.parametrize(
    ("taker", "reason", "sentence"),
    [
        ("rita", " ", "Say why"),
        ("paula", WHY, "Paula Past is not here any more"),
        ("olive", WHY, "has them already"),
    ],
)
def test_whoever_cannot_take_over_is_refused(review, cast, acting, taker, reason, sentence):
    with pytest.raises(Invalid, match=sentence):
        reassign_items(review, Chosen(SALES), getattr(cast, taker), reason, by=acting("olive"))
    assert db.session.scalars(select(Reassignment)).all() == []


def test_a_campaign_may_limit_to_whom_its_reviewers_hand_on(cast, acting):
    salesforce(cast)
    listed = Reassigning(Handing.LISTED, (cast.otto.id,))
    review = start(launch(acting("alma"), reviewing=Reviewing(reassigning=listed)), acting("olive"))
    with pytest.raises(Invalid, match="not among those"):
        reassign_items(review, Chosen(SALES), cast.rita, WHY, by=acting("olive"))
    assert reassign_items(review, Chosen(SALES), cast.otto, WHY, by=acting("olive")).moved == 3
    assert reassign_items(review, Chosen(SALES), cast.rita, WHY, by=acting("alma")).moved == 4
    closed = Reviewing(reassigning=Reassigning(Handing.NOBODY))
    other = start(launch(acting("alma"), name="Q1", reviewing=closed), acting("olive"))
    with pytest.raises(Denied, match="not handed on"):
        reassign_items(other, Chosen(SALES), cast.rita, WHY, by=acting("olive"))


def test_the_queue_is_assigned_by_whoever_runs_the_campaign(cast, acting):
    salesforce(cast)
    said = Reviewing((Level((Basis(By.OWNER),)),), ())
    review = start(launch(acting("alma"), reviewing=said), acting("olive"))
    assert unassigned_by_review(review.campaign) == {review.id: 1}
    queue = Chosen(Filter(), unassigned=True)
    assert reassign_items(review, queue, cast.rita, WHY, by=acting("alma")).moved == 1
    assert unassigned_by_review(review.campaign) == {}
    assert reviewers_of(review)["olive"] == {"Rita"}


def test_a_reviewer_is_replaced_in_all_reviews_started_or_not(review, cast, acting):
    waiting = launch(acting("alma"), name="Next").reviews[0]
    with pytest.raises(Denied):
        replace_reviewer([review], cast.olive, cast.otto, WHY, by=acting("olive"))
    done = replace_reviewer([review, waiting], cast.olive, cast.otto, WHY, by=acting("alma"))
    assert done.moved == 6
    assert [r.person.name for r in waiting.reviewers] == ["Otto Okafor"]
    start_review(waiting, by=acting("otto"))
    assert reviewers_of(waiting)["max"] == {"Otto"}
    assert reviewers_of(waiting)["olive"] == {"Otto"}  # not Otto's own, so no fallback is needed
    assert {d.reviewer.person.name for d in duties_in(review.campaign) if d.left} == {
        "Otto Okafor",
        "Alma Ahlgren",
    }


def test_another_reviewer_is_added_beside_the_others(review, cast, acting):
    assert add_reviewer(review, 1, cast.rita, WHY, by=acting("alma")).moved == 6
    assert reviewers_of(review)["max"] == {"Olive", "Rita"}
    assert reviewers_of(review)["rita"] == {"Olive"}
    waiting = launch(acting("alma"), name="Next").reviews[0]
    add_reviewer(waiting, 1, cast.rita, WHY, by=acting("alma"))
    start_review(waiting, by=acting("rita"))
    assert reviewers_of(waiting)["max"] == {"Olive", "Rita"}


def test_what_a_leaver_had_goes_where_the_campaigns_rules_lead(review, cast, acting):
    waiting = launch(acting("alma"), name="Next").reviews[0]
    cast.olive.standing = Standing.PAST
    db.session.commit()
    move_leavers_items()
    assert set.union(*reviewers_of(review).values()) == {"Alma"}
    assert len(reviewers_of(review)) == 7  # every account of Salesforce
    assert [r.person.name for r in waiting.reviewers] == ["Alma Ahlgren"]
    assert ("Alma", "6 accounts to decide") in letters_of("reassigned")
    changes = db.session.scalars(select(Reassignment).order_by(Reassignment.id)).all()
    assert [(c.change.value, c.items, c.by_name) for c in changes] == [
        ("left", 6, "Countersign"),
        ("left", 0, "Countersign"),
    ]
    move_leavers_items()
    assert len(db.session.scalars(select(Reassignment)).all()) == 2


def test_what_nobody_takes_is_in_the_queue_and_the_campaigns_owner_is_told(cast, acting):
    salesforce(cast)
    said = Reviewing((Level((Basis(By.NAMED, (cast.rita.id,)),)),), ())
    review = start(launch(acting("alma"), reviewing=said), acting("rita"))
    cast.rita.end_date = clock.today() - timedelta(days=1)
    db.session.commit()
    move_leavers_items()
    assert reviewers_of(review) == {}
    assert letters_of("attention")[-1] == (
        "Alma",
        "Rita Reyes has left, and 7 accounts in Salesforce have no reviewer",
    )
