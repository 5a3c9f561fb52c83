"""Reviews of several levels: one after another, each closed for good, comments upward."""

import pytest
from sqlalchemy import select

from policies.assignment import Basis, By, Level, MovesOn, Reviewing
from policies.errors import Denied, IllegalMove
from policies.filters import Condition, Filter, Op
from policies.lifecycle import RemovalState, ReviewState
from policies.permissions import DECIDE_ITEM, SEE_ITEM, SEE_REVIEW, can
from portal.db import db
from portal.models import Account, Item, Letter, Removal
from portal.queries.items import in_view, items_decided_by, items_seen_by, progress_seen_by
from portal.queries.levels import levels_in, said_below
from portal.queries.reviews import reviews_to_do
from portal.usecases.decisions import decide_item, decide_view
from portal.usecases.remediation import verify_against
from portal.usecases.reviews import sign_off, submit_review
from tests.factories import (
    APPROVED,
    REJECTED,
    UNDECIDED,
    items_of,
    launch,
    make_sync,
    salesforce,
    start,
)

EVERYTHING = Filter()
WHO = ("alma", "carl", "rhea", "olive", "rita", "otto", "rufus", "max")


@pytest.fixture
def opened(cast, acting):
    """Olive reviews Salesforce, then Rita, then Otto; what Olive may not do goes to Alma."""

    def opened(waits=False, moves_on=MovesOn.APPROVED):
        salesforce(cast)
        levels = [Level((Basis(By.OWNER),), moves_on=moves_on)]
        levels += [Level((Basis(By.NAMED, (p.id,)),)) for p in (cast.rita, cast.otto)]
        remover = (Basis(By.NAMED, (cast.rufus.id,)),)
        said = Reviewing(tuple(levels), remediation=remover, waits=waits)
        return start(launch(acting("alma"), reviewing=said), acting("olive"))

    return opened


def finish(review, acting, *who, **rejected):
    """Each of them decides what is theirs at this level, rejecting those named, and signs off."""
    for first in who:
        actor = acting(first)
        for login, comment in rejected.items():
            item = items_of(review)[login]
            if can(DECIDE_ITEM, actor, item):
                decide_item(item, REJECTED, comment=comment, version=item.version, by=actor)
        undecided = Filter(((Condition("verdict", Op.IS, "undecided"),),))
        latest = max(item.decision_id or 0 for item in items_of(review).values())
        if any(
            i.verdict is UNDECIDED and can(DECIDE_ITEM, actor, i) for i in items_of(review).values()
        ):
            decide_view(review, undecided, APPROVED, seen=latest, by=actor)
        sign_off(review, by=actor)


def letters(kind):
    rows = db.session.scalars(select(Letter).where(Letter.kind == kind).order_by(Letter.id))
    return [letter.person.name.split()[0] for letter in rows]


def test_those_above_neither_see_nor_decide_before_their_turn(opened, acting):
    review = opened()
    rita = acting("rita")
    assert not can(SEE_REVIEW, rita, review)
    assert review not in reviews_to_do(rita)
    with pytest.raises(Denied):
        decide_item(items_of(review)["max"], APPROVED, version=0, by=rita)
    assert letters("invitation") == ["Olive", "Alma"]


def test_a_rejection_at_each_level_is_final_and_is_removed_without_waiting(opened, cast, acting):
    review = opened()
    finish(review, acting, "olive", "alma", paula="left us")
    assert (review.state, review.level) == (ReviewState.IN_REVIEW, 2)
    assert letters("level-started") == ["Alma", "Rita"]  # Alma has what is Rita's own
    assert letters("remediation") == ["Rufus"]
    assert items_of(review)["max"].comment == ""
    with pytest.raises(IllegalMove):
        sign_off(review, by=acting("olive"))
    with pytest.raises(Denied):
        decide_item(items_of(review)["max"], REJECTED, version=9, by=acting("olive"))
    one, two, _ = levels_in(review)
    assert (one.approved, one.rejected, list(two.names)) == (6, 1, ["Rita Reyes", "Alma Ahlgren"])
    shown = {
        i.login
        for i in db.session.scalars(select(Item).where(in_view(review, EVERYTHING, acting("rita"))))
    }
    assert "paula" not in shown
    below = Filter(((Condition("level", Op.IS, "1"),),))
    asked = db.session.scalars(
        select(Item.login).where(in_view(review, below, acting("rita")))
    ).all()
    assert asked == ["paula"]
    (said,) = said_below(review, [items_of(review)["paula"]])[items_of(review)["paula"].id]
    assert (said.comment, said.by_name, said.level) == ("left us", "Olive Owens", 1)
    assert progress_seen_by(acting("carl"), review).total == 6
    finish(review, acting, "rita", "alma", ghost="who is that?")
    assert review.level == 3
    finish(review, acting, "otto", emil="contract ended")
    assert review.state is ReviewState.REMEDIATION
    removals = select(Item.login).join(Removal, Removal.item_id == Item.id).order_by(Item.login)
    assert db.session.scalars(removals).all() == ["emil", "ghost", "paula"]
    assert letters("remediation") == ["Rufus"] * 3


def test_what_is_gone_before_the_last_level_ends_needs_no_remediation(opened, cast, acting):
    review = opened()
    finish(review, acting, "olive", "alma", paula="left us")
    fresh = make_sync(review.application)
    for login, item in items_of(review).items():
        account = db.session.get(Account, item.account_id)
        if login == "paula":
            account.gone_at = fresh.applied_at
        else:
            account.last_sync_id = fresh.id
    db.session.commit()
    verify_against(fresh)
    (removal,) = db.session.scalars(select(Removal))
    assert removal.state is RemovalState.GONE
    finish(review, acting, "rita", "alma")
    finish(review, acting, "otto")
    assert review.state is ReviewState.READY
    submit_review(review, by=acting("olive"))
    assert review.state is ReviewState.COMPLETED


def test_a_campaign_may_have_removals_wait_for_the_last_level(opened, acting):
    review = opened(waits=True)
    finish(review, acting, "olive", "alma", paula="left us")
    assert letters("remediation") == []
    finish(review, acting, "rita", "alma")
    finish(review, acting, "otto")
    assert letters("remediation") == ["Rufus"]


def test_a_level_may_pass_on_all_that_was_decided(opened, acting):
    review = opened(moves_on=MovesOn.DECIDED)
    finish(review, acting, "olive", "alma", paula="left us")
    assert items_of(review)["paula"].verdict is UNDECIDED
    assert letters("remediation") == []
    finish(review, acting, "rita", "alma")
    finish(review, acting, "otto")
    assert review.state is ReviewState.READY


@pytest.mark.parametrize("who", WHO)
def test_at_the_second_level_lists_show_exactly_what_the_rules_allow(opened, acting, who):
    review = opened()
    finish(review, acting, "olive", "alma", paula="left us")
    item = items_of(review)["max"]
    decide_item(item, REJECTED, version=item.version, by=acting("rita"))
    actor = acting(who)
    every = list(db.session.scalars(select(Item)))
    seen = set(db.session.scalars(select(Item.id).where(items_seen_by(actor, review))))
    assert seen == {i.id for i in every if can(SEE_ITEM, actor, i)}
    decided = set(db.session.scalars(select(Item.id).where(items_decided_by(actor, review))))
    assert decided == {i.id for i in every if can(DECIDE_ITEM, actor, i)}
