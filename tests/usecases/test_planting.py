"""Planted accounts: laid among the real ones at the freeze, decided like them, counted nowhere."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from policies.assignment import Basis, By, Level, Outcome, Reviewing
from policies.care import Care
from policies.chips import CHIPS
from policies.deadlines import Undecided
from policies.errors import IllegalMove
from policies.filters import Condition, Filter, Op
from policies.lifecycle import ReviewState
from policies.planting import Planting, planted_in
from policies.user_scope import Granularity
from portal import clock
from portal.db import db
from portal.models import Account, Assignment, Item, ItemGrant, Removal, SignOff, TrailLine
from portal.queries.deadlines import undecided_items
from portal.queries.drift import drift_now
from portal.queries.evidence_planted import planted_facts, planted_lines
from portal.queries.evidence_reviewers import change_rows
from portal.queries.evidence_rows import snapshot
from portal.queries.follow_ups import counted_again
from portal.queries.insight import last_review_of
from portal.queries.item_details import details_of
from portal.queries.item_sizes import size_of
from portal.queries.items import in_view, items_seen_by, progress_seen_by, seen_share
from portal.queries.planted import planted_ids
from portal.queries.reassigning import Chosen
from portal.queries.tally import chip_counts
from portal.usecases.deadlines import end_by_rule, settle_deadline
from portal.usecases.decisions import decide_item, decide_view
from portal.usecases.freezing import start_review
from portal.usecases.reassigning import reassign_items
from portal.usecases.relaunching import relaunch_review
from portal.usecases.reviews import fail_review, sign_off, submit_review
from tests.factories import (
    APPROVED,
    REJECTED,
    UNDECIDED,
    crowded,
    items_of,
    launch,
    make_account,
    salesforce,
    start,
)
from tests.story import story

LINES = ("Nadia Quillard, System Admin", "Tomas Erringford")


def planting(*lines, least=5):
    return Care(planting=Planting(planted_in(lines or LINES), least))


@story
def review(cast, acting):
    """Olive's Salesforce, where two accounts are planted in lists of five or more."""
    salesforce(cast)
    return start(
        launch(acting("alma"), reviewing=replace(Reviewing(), care=planting())), acting("olive")
    )


def planted_of(review) -> list[Item]:
    here = (Item.review_id == review.id, Item.is_planted)
    return list(db.session.scalars(select(Item).where(*here).order_by(Item.id)))


def test_a_list_that_is_long_enough_gets_one_among_the_others(review, cast, acting):
    (item,) = planted_of(review)
    assert (review.frozen["items"], review.frozen["planted"], review.lines) == (8, 1, 7)
    assert item.label in ("nquillard", "terringford")  # as its logins are, and no names are given
    held = db.session.scalars(select(Assignment).where(Assignment.item_id == item.id)).all()
    assert [(each.person_id, each.level) for each in held] == [(cast.olive.id, 1)]
    assert {r.person_id: r.items for r in review.reviewers}[cast.olive.id] == 7
    items = db.session.scalars(
        select(Item).where(Item.review_id == review.id).order_by(Item.id)
    ).all()
    assert [each.label.lower() for each in items] == sorted(each.label.lower() for each in items)
    assert item.is_orphan
    assert item.has_access
    assert item.instance == "Main"
    assert progress_seen_by(acting("olive"), review).total == 7
    said = db.session.scalars(select(TrailLine).where(TrailLine.verb == "accounts planted")).one()
    assert said.details["count"] == 1
    assert item.login not in str(said.content)


def test_nothing_else_tells_it_from_an_orphan_of_the_list(review, acting):
    """What the portal says of the one that is real, of the planted it says too."""
    olive, (item,) = acting("olive"), planted_of(review)
    ghost = items_of(review)["ghost"]
    assert seen_share(olive, review).value == "all but their own access"
    for key in ("recommendation", "delta", "title", "department", "manager", "kind", "is_new"):
        assert getattr(item, key) == getattr(ghost, key), key
    assert item.reasons == ghost.reasons
    held = details_of(item, olive)
    assert {each.name for each in held.held} == set(item.roles.split(", "))
    assert (held.said, held.elsewhere, held.hidden) == ([], [], 0)
    counts = chip_counts(review, olive)
    for chip in CHIPS:
        shown = in_view(review, Filter(((Condition(chip.field, Op.IS, chip.value),),)), olive)
        assert counts[chip.id] == db.session.scalar(select(func.count()).where(shown)), chip
    assert not drift_now(review)


def decide_all(review, acting, *, caught: bool):
    """Everything approved, the planted one rejected or kept; both who decide sign off."""
    olive, (item,) = acting("olive"), planted_of(review)
    decide_view(review, Filter(), APPROVED, seen=0, by=olive)
    if caught:
        db.session.refresh(item)
        decide_item(item, REJECTED, version=item.version, by=olive)
    own = items_of(review)["olive"]
    decide_item(own, APPROVED, version=own.version, by=acting("alma"))
    signed = [sign_off(review, by=acting(first)) for first in ("olive", "alma")]
    db.session.refresh(item)
    return signed


@pytest.mark.parametrize("caught", [True, False])
def test_it_is_signed_off_like_the_others_and_ends_there(review, acting, caught):
    signed = decide_all(review, acting, caught=caught)
    assert review.state is ReviewState.READY  # nobody is asked to remove it
    assert db.session.scalar(select(func.count()).select_from(Removal)) == 0
    assert [(each.items, each.approved, each.rejected) for each in signed] == [(6, 6, 0), (1, 1, 0)]
    assert "7 accounts" in signed[0].statement  # as it was read
    assert progress_seen_by(acting("rhea"), review).total == 8
    assert counted_again(review, items_seen_by(acting("alma"), review)) == (7, 0)
    submit_review(review, by=acting("olive"))
    assert review.state is ReviewState.COMPLETED
    again = start(launch(acting("alma"), name="Next"), acting("olive"))
    assert last_review_of(review.application_id) == review
    assert {each.delta for each in items_of(again).values()} == {"unchanged"}
    assert again.frozen["items"] == 7


def test_undecided_it_stands_in_the_way_of_the_sign_off(review, acting):
    olive, (item,) = acting("olive"), planted_of(review)
    decide_view(review, Filter(), APPROVED, seen=0, by=olive)
    db.session.refresh(item)
    decide_item(item, UNDECIDED, version=item.version, by=olive)
    with pytest.raises(IllegalMove, match="1 account is undecided"):
        sign_off(review, by=olive)


def test_above_the_first_level_nobody_meets_it(cast, acting):
    salesforce(cast)
    above = (Level((Basis(By.NAMED, (who.id,)),)) for who in (cast.carl, cast.ivan))
    levels = (Level((Basis(By.OWNER),)), *above)
    said = Reviewing(levels, remediation=(Basis(By.NAMED, (cast.rufus.id,)),), care=planting())
    review = start(launch(acting("alma"), reviewing=said), acting("olive"))
    decide_all(review, acting, caught=False)
    (item,) = planted_of(review)
    assert (review.level, item.level) == (2, 1)
    carl = acting("carl")
    assert progress_seen_by(carl, review).total == 7
    assert size_of(undecided_items(review)).total == 7  # no due date finds it
    decide_view(review, Filter(), APPROVED, seen=10**6, by=carl)
    assert sign_off(review, by=carl).items == 7
    assert (review.level, progress_seen_by(acting("ivan"), review).total) == (3, 7)


def test_by_entitlement_it_is_one_grant(cast, acting):
    salesforce(cast)
    said = replace(Reviewing(), care=planting("Nadia Quillard, System Admin"))
    by_line = {"granularity": Granularity.ENTITLEMENT, "reviewing": said}
    review = start(launch(acting("alma"), **by_line), acting("olive"))
    (item,) = planted_of(review)
    assert (item.entitlement_kind, item.entitlement) == ("role", "System Admin")
    assert item.is_privileged
    grants = db.session.scalars(select(ItemGrant).where(ItemGrant.item_id == item.id)).all()
    assert [(each.kind, each.name) for each in grants] == [("role", "System Admin")]
    decide_all(review, acting, caught=True)
    assert review.state is ReviewState.READY


def test_whoever_could_be_taken_for_somebody_real_is_left_out(cast, acting):
    application = salesforce(cast)
    make_account(application, "nquillard", roles="Standard User")
    said = replace(Reviewing(), care=planting("Max Meyer", "Nadia Quillard"))
    review = start(launch(acting("alma"), reviewing=said), acting("olive"))
    assert planted_of(review) == []
    assert (review.frozen["items"], review.frozen["planted"]) == (8, 0)


def test_short_lists_get_none_and_a_campaign_without_plants_nothing(cast, acting):
    salesforce(cast)
    said = replace(Reviewing(), care=planting(least=7))
    assert planted_of(start(launch(acting("alma"), reviewing=said), acting("olive"))) == []


def test_relaunched_it_is_drawn_anew_and_nothing_of_it_is_carried_over(review, acting):
    olive, (item,) = acting("olive"), planted_of(review)
    decide_view(review, Filter(), APPROVED, seen=0, by=olive)
    fail_review(review, "The source is gone")
    fresh = relaunch_review(review, carry_decisions=True, by=acting("alma"))
    start_review(fresh, by=olive)
    (anew,) = planted_of(fresh)
    assert anew.id != item.id
    assert anew.decision_id is None
    assert items_of(fresh)["max"].verdict is APPROVED


def test_its_columns_are_those_of_the_list_but_nobodys_own(cast, acting):
    application = crowded(cast, 40)
    for nth, account in enumerate(db.session.scalars(select(Account).order_by(Account.id))):
        account.attributes = {**account.attributes, "Number": f"N{nth}"}
    db.session.commit()
    said = replace(Reviewing(), care=planting("Nadia Quillard"))
    review = start(launch(acting("alma"), reviewing=said), acting("olive"))
    (item,) = planted_of(review)
    assert application.name == "Warehouse"
    assert (item.label, item.account_name) == ("Nadia Quillard", "Nadia Quillard")
    assert list(item.attributes) == ["Team"]
    assert item.roles
    ids = db.session.scalars(select(Item.id).where(Item.review_id == review.id)).all()
    assert review.frozen["first"] <= min(ids) <= item.id <= max(ids) <= review.frozen["last"]


def test_what_the_due_date_rejects_nobody_caught(review, acting):
    """The rule closes the level; nobody is asked to remove what nobody has."""
    clock.shift(timedelta(days=15))
    alma, review.campaign.undecided = acting("alma"), Undecided.REJECT
    db.session.commit()
    settle_deadline(review.campaign, by=alma)
    clock.shift(timedelta(days=20))
    end_by_rule(review, by=alma)
    assert review.state is ReviewState.REMEDIATION
    assert db.session.scalar(select(func.count()).select_from(Removal)) == 7
    closed = db.session.scalars(select(SignOff)).one()
    assert (closed.items, closed.rejected) == (7, 7)
    assert "7 accounts" in closed.statement
    with snapshot() as view:
        facts = planted_facts(view, [review.id])
    assert [line.found for line in facts.lines] == ["not decided"]


def test_where_it_expires_the_reason_counts_real_accounts(review, acting):
    review.campaign.undecided = Undecided.EXPIRE
    db.session.commit()
    clock.shift(timedelta(days=15))
    settle_deadline(review.campaign, by=acting("alma"))
    clock.shift(timedelta(days=20))
    end_by_rule(review, by=acting("alma"))
    assert review.state is ReviewState.EXPIRED
    assert "7 of 7 accounts" in review.cancelled_reason


def test_where_all_must_agree_both_vote_on_it_and_each_is_told_their_own(cast, acting):
    """It stands as the strategy says; what each made of it is what they said themselves."""
    salesforce(cast)
    both = Basis(By.NAMED, (cast.rita.id, cast.otto.id))
    said = Reviewing((Level((both,), Outcome.ALL),), care=planting("Nadia Quillard"))
    review = start(launch(acting("alma"), reviewing=said), acting("otto"))
    for first, verdict in (("rita", APPROVED), ("otto", REJECTED)):
        item = items_of(review)["nquillard"]
        decide_item(item, verdict, version=item.version, by=acting(first))
    with snapshot() as view:
        (line,) = planted_lines(view, planted_ids([review.id]))
    assert {had.name: had.found for had in line.reviewers} == {
        "Otto Okafor": "caught",
        "Rita Reyes": "missed",
    }
    assert line.found == "caught"


def test_handed_over_it_goes_along_and_is_counted(review, cast, acting):
    olive, (item,) = acting("olive"), planted_of(review)
    chosen = Chosen(Filter(), ids=[item.id])
    reassign_items(review, chosen, cast.rita, "knows better", by=olive)
    held = db.session.scalars(select(Assignment).where(Assignment.item_id == item.id)).all()
    assert [each.person_id for each in held] == [cast.rita.id]
    assert {r.person_id: r.items for r in review.reviewers}[cast.olive.id] == 6
    with snapshot() as view:
        assert "nquillard" not in str(list(change_rows(view, [review.id])))
