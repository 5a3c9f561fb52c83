"""Several reviewers who decide together: all must approve, or the majority decides."""

import itertools

import pytest
from sqlalchemy import case, select, update

from policies.assignment import Basis, By, Level, Outcome, Reviewing
from policies.errors import Denied, IllegalMove, Invalid
from policies.filters import Filter
from policies.lifecycle import Verdict
from policies.outcomes import outcome_of
from policies.recommendations import Advice
from portal.db import db
from portal.models import Decision, Item, Vote
from portal.queries.accepting import acceptances
from portal.queries.bulks import last_bulk
from portal.queries.levels import votes_on
from portal.queries.owed import owed_in
from portal.usecases.decisions import decide_item, decide_view, undo_bulk
from portal.usecases.reassigning import add_reviewer
from portal.usecases.recommendations import accept_recommendations
from portal.usecases.reviews import sign_off
from tests.factories import APPROVED, REJECTED, UNDECIDED, items_of, launch, salesforce, start

EVERYTHING = Filter()


@pytest.fixture
def opened(cast, acting):
    """Salesforce, reviewed by Rita, Otto and Rufus together; Carl has what is Rita's own too."""

    def opened(rule):
        salesforce(cast)
        people = (cast.rita.id, cast.otto.id, cast.rufus.id)
        said = Reviewing((Level((Basis(By.NAMED, people),), rule),))
        return start(launch(acting("carl"), reviewing=said), acting("otto"))

    return opened


def vote(review, by, login, verdict, comment=""):
    item = items_of(review)[login]
    decide_item(item, verdict, comment=comment, version=item.version, by=by)
    return items_of(review)[login].verdict


@pytest.mark.parametrize("rule", [Outcome.ALL, Outcome.MAJORITY])
def test_items_stand_where_the_table_puts_them(opened, acting, rule):
    review = opened(rule)
    cases = itertools.islice(itertools.product((APPROVED, REJECTED, None), repeat=3), 0, 27, 4)
    for login, votes in zip(sorted(set(items_of(review)) - {"rita"}), cases, strict=False):
        for first, verdict in zip(("rita", "otto", "rufus"), votes, strict=True):
            item = items_of(review)[login]
            if verdict:
                decide_item(item, verdict, version=item.version, by=acting(first))
        expected = outcome_of(rule, votes.count(APPROVED), votes.count(REJECTED), 3)
        assert items_of(review)[login].verdict is expected, (login, votes)


def test_one_rejection_settles_it_and_can_be_taken_back(opened, acting):
    review = opened(Outcome.ALL)
    assert vote(review, acting("rita"), "max", APPROVED) is UNDECIDED
    assert vote(review, acting("otto"), "max", REJECTED, "left sales") is REJECTED
    assert vote(review, acting("otto"), "max", UNDECIDED) is UNDECIDED
    assert vote(review, acting("otto"), "max", APPROVED) is UNDECIDED
    assert vote(review, acting("rufus"), "max", APPROVED) is APPROVED
    said = select(Decision.verdict, Decision.was, Decision.by_name).order_by(Decision.id)
    assert db.session.execute(said).all() == [
        (REJECTED, UNDECIDED, "Otto Okafor"),
        (UNDECIDED, REJECTED, "Otto Okafor"),
        (APPROVED, UNDECIDED, "Rufus Rand"),
    ]
    assert len(db.session.scalars(select(Vote)).all()) == 5  # what each said is kept
    assert [
        (name, word)
        for _, name, word in votes_on(review, [items_of(review)["max"]])[items_of(review)["max"].id]
    ] == [("Otto Okafor", "approved"), ("Rita Reyes", "approved"), ("Rufus Rand", "approved")]


def test_nobody_decides_for_those_who_decide_together(opened, acting):
    review = opened(Outcome.ALL)
    with pytest.raises(Denied, match="not assigned"):
        vote(review, acting("alma"), "max", APPROVED)


def test_all_vote_in_view_and_the_last_of_them_signs_off(opened, acting):
    review = opened(Outcome.ALL)
    rita, otto, rufus = acting("rita"), acting("otto"), acting("rufus")
    assert decide_view(review, EVERYTHING, APPROVED, seen=0, by=rita).count == 6
    assert {i.verdict for i in items_of(review).values()} == {UNDECIDED}
    with pytest.raises(IllegalMove):
        sign_off(review, by=rita)
    assert {o.person.name: o.left for o in owed_in([review.campaign])} == {
        "Rita Reyes": 0,
        "Otto Okafor": 7,
        "Rufus Rand": 7,
    }
    decide_view(review, EVERYTHING, APPROVED, seen=0, by=otto)
    decide_view(review, EVERYTHING, APPROVED, seen=0, by=rufus)
    assert {i.verdict for i in items_of(review).values()} == {APPROVED}
    assert sign_off(review, by=rufus).items == 7


def test_another_reviewer_is_another_vote_to_wait_for(opened, cast, acting):
    review = opened(Outcome.ALL)
    for first in ("rita", "otto", "rufus"):
        vote(review, acting(first), "max", APPROVED)
    assert items_of(review)["max"].verdict is APPROVED
    add_reviewer(review, 1, cast.olive, "knows them", by=acting("carl"))
    assert items_of(review)["max"].verdict is Verdict.UNDECIDED
    assert vote(review, acting("olive"), "max", APPROVED) is APPROVED


@pytest.mark.parametrize("rule", [Outcome.ALL, Outcome.MAJORITY])
def test_a_vote_on_all_is_undone_where_nothing_was_said_since(opened, acting, rule):
    review = opened(rule)
    rita, otto = acting("rita"), acting("otto")
    vote(review, otto, "max", REJECTED, "left sales")
    before = items_of(review)["max"].verdict
    vote(review, rita, "paula", APPROVED, "still here")
    bulk = decide_view(review, EVERYTHING, APPROVED, seen=0, by=otto)
    vote(review, otto, "paula", REJECTED)
    assert last_bulk(review, otto).id == bulk.id
    assert undo_bulk(review, bulk.id, by=otto) == bulk.count - 1
    said = {login: said_by("Otto Okafor", review, item) for login, item in items_of(review).items()}
    assert {login: word for login, word in said.items() if word} == {
        "max": "rejected",
        "paula": "rejected",
    }
    assert items_of(review)["max"].verdict is before
    assert said_by("Rita Reyes", review, items_of(review)["paula"]) == "approved"
    assert last_bulk(review, otto) is None
    with pytest.raises(Invalid, match="nothing left"):
        undo_bulk(review, bulk.id, by=otto)


def test_votes_by_recommendation_are_undone_both_ways(opened, acting):
    review, otto = opened(Outcome.ALL), acting("otto")
    advice = case((Item.login == "max", Advice.REJECT), else_=Advice.APPROVE)
    db.session.execute(update(Item).values(recommendation=advice))
    db.session.commit()
    counts = acceptances(review, EVERYTHING, otto)
    assert (counts.rejected, counts.approved > 0) == (1, True)
    bulk = accept_recommendations(review, EVERYTHING, seen=counts.total, by=otto)
    assert items_of(review)["max"].verdict is REJECTED
    assert undo_bulk(review, bulk.id, by=otto) == counts.total
    assert items_of(review)["max"].verdict is UNDECIDED
    assert acceptances(review, EVERYTHING, otto) == counts


def said_by(name, review, item):
    return next(word for _, who, word in votes_on(review, [item])[item.id] if who == name)
