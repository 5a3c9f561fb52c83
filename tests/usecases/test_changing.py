"""Keeping an account, but with less: what is taken away, and how that is verified."""

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.exc import DatabaseError

from policies.assignment import Basis, By, Level, MovesOn, Outcome, Reviewing
from policies.errors import IllegalMove, Invalid
from policies.filters import Condition, Filter, Op
from policies.lifecycle import RemovalState, ReviewState, Verdict
from policies.permissions import SEE_ITEM, can
from portal.db import db
from portal.models import Account, Entitlement, Grant, ItemGrant, Letter, Removal, SignOff
from portal.queries.items import progress_seen_by
from portal.queries.removals import taken_from
from portal.queries.taking import may_lose, takes_on
from portal.usecases.decisions import change_item, decide_item, decide_view, undo_bulk
from portal.usecases.freezing import start_review
from portal.usecases.relaunching import relaunch_review
from portal.usecases.remediation import verify_against
from portal.usecases.reviews import fail_review, sign_off, submit_review
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

CHANGED = Verdict.CHANGED
ADMIN, USER = "role: System Admin", "role: Standard User"
REST = Filter(((Condition("verdict", Op.IS, "undecided"),),))
COLUMNS = {"Profile": "role", "Login": "login"}


@pytest.fixture
def opened(cast, acting):
    """Salesforce, at levels of these people; Rufus removes."""

    def opened(*who, moves_on=MovesOn.APPROVED, outcome=Outcome.ANY):
        salesforce(cast)
        people = [getattr(cast, first) for first in who or ("alma",)]
        levels = [Level((Basis(By.NAMED, (p.id,)),), outcome, moves_on) for p in people]
        remover = (Basis(By.NAMED, (cast.rufus.id,)),)
        said = Reviewing(tuple(levels), remediation=remover)
        return start(launch(acting("alma"), reviewing=said), acting("alma"))

    return opened


def rita(review):
    return items_of(review)["rita"]


def change(review, by, *takes):
    item = rita(review)
    return change_item(item, takes or (ADMIN,), comment="moved", version=item.version, by=by)


def approve_the_rest(review, by):
    latest = max(item.decision_id or 0 for item in items_of(review).values())
    decide_view(review, REST, APPROVED, seen=latest, by=by)
    sign_off(review, by=by)


def taken(review):
    rows = select(ItemGrant.name).where(
        ItemGrant.item_id == rita(review).id, ItemGrant.taken_at.is_not(None)
    )
    return sorted(db.session.scalars(rows))


def fresh_list(review, *, without=(), gone=(), mapping=COLUMNS, complete=True):
    """A list on which everybody is, but for `gone`, and Rita without these roles."""
    sync = make_sync(review.application, mapping=mapping, is_complete=complete)
    for account in db.session.scalars(select(Account)):
        account.last_sync_id = account.last_sync_id if account.login in gone else sync.id
    lost = select(Entitlement.id).where(Entitlement.name.in_(without))
    mine = select(Account.id).where(Account.login == "rita")
    db.session.execute(
        delete(Grant).where(Grant.account_id.in_(mine), Grant.entitlement_id.in_(lost))
    )
    db.session.commit()
    verify_against(sync)
    return db.session.scalar(select(Removal.state).where(Removal.item_id == rita(review).id))


def test_what_is_to_go_is_chosen_of_what_is_held_and_counts_as_decided(opened, acting):
    review, alma = opened(), acting("alma")
    assert may_lose(rita(review)) == [USER, ADMIN]
    item = rita(review)
    for wrong in ((), ("role: God",)):
        with pytest.raises(Invalid):
            change_item(item, wrong, version=item.version, by=alma)
    said = change(review, alma)
    assert (said.verdict, said.takes, taken(review)) == (CHANGED, [ADMIN], ["System Admin"])
    found = progress_seen_by(alma, review)
    assert (found.decided, found.changed, found.undecided) == (1, 1, 6)
    item = rita(review)
    decide_item(item, CHANGED, comment="moved to Finance", version=item.version, by=alma)
    assert takes_on(rita(review)) == [ADMIN]
    change(review, alma, ADMIN, USER)
    assert taken(review) == ["Standard User", "System Admin"]
    item = rita(review)
    decide_item(item, UNDECIDED, version=item.version, by=alma)
    assert taken(review) == []


def test_undone_with_the_bulk_that_went_over_it_a_change_stands_again(opened, acting):
    review, alma = opened(), acting("alma")
    change(review, alma)
    bulk = decide_view(review, Filter(), APPROVED, seen=10**6, by=alma)
    assert (rita(review).verdict, taken(review)) == (APPROVED, [])
    undo_bulk(review, bulk.id, by=alma)
    assert (rita(review).verdict, taken(review)) == (CHANGED, ["System Admin"])
    assert (takes_on(rita(review)), rita(review).comment) == ([ADMIN], "moved")


def test_nothing_is_changed_in_bulk_nor_where_several_decide_together(opened, acting):
    review = opened("alma", outcome=Outcome.ALL)
    with pytest.raises(Invalid, match="one by one"):
        decide_view(review, Filter(), CHANGED, seen=0, by=acting("alma"))
    with pytest.raises(Invalid, match="several decide"):
        change(review, acting("alma"))


def test_a_change_is_verified_like_a_rejection(opened, cast, acting):
    review, alma, rufus = opened(), acting("alma"), acting("rufus")
    change(review, alma)
    approve_the_rest(review, alma)
    said = db.session.scalars(select(SignOff)).one()
    assert (said.changed, said.rejected) == (1, 0)
    assert "I changed 1" in said.statement
    assert review.state is ReviewState.REMEDIATION
    asked = db.session.scalars(select(Letter).where(Letter.kind == "remediation")).one()
    assert "some access of 1 account" in asked.subject
    assert can(SEE_ITEM, rufus, rita(review))
    assert not can(SEE_ITEM, rufus, items_of(review)["max"])
    with pytest.raises(IllegalMove):
        submit_review(review, by=alma)
    assert fresh_list(review) is RemovalState.ACTION_REQUIRED
    assert fresh_list(review, mapping={"Login": "login"}) is RemovalState.ACTION_REQUIRED
    assert fresh_list(review, without=["System Admin"]) is RemovalState.REDUCED
    assert review.state is ReviewState.READY
    submit_review(review, by=alma)


@pytest.mark.parametrize(
    ("list_of", "state"),
    [
        ({"without": ["System Admin"], "mapping": {"Login": "login"}}, "action required"),
        ({"gone": ["rita"], "complete": False}, "action required"),
        ({"gone": ["rita"]}, "no longer in app"),
        ({"without": ["System Admin"], "complete": False}, "reduced"),
        ({"without": ["System Admin"], "mapping": {}}, "reduced"),
    ],
    ids=["no column of roles", "cut off", "account gone", "listed in part", "from an integration"],
)
def test_only_what_a_list_tells_of_counts(opened, acting, list_of, state):
    review, alma = opened(), acting("alma")
    change(review, alma)
    approve_the_rest(review, alma)
    assert fresh_list(review, **list_of).value == state


def test_what_is_left_goes_on_to_the_next_level_and_can_lose_more_there(opened, acting):
    review, alma, carl = opened("alma", "carl"), acting("alma"), acting("carl")
    change(review, alma)
    approve_the_rest(review, alma)
    item = rita(review)
    assert (review.level, item.level, item.verdict, item.is_reduced) == (2, 2, UNDECIDED, True)
    assert may_lose(item) == [USER]
    removal = db.session.scalars(select(Removal)).one()
    assert (removal.is_whole, taken_from([removal])) == (False, {item.id: [ADMIN]})
    assert fresh_list(review, without=["System Admin"]) is RemovalState.REDUCED
    change(review, carl, USER)
    approve_the_rest(review, carl)
    db.session.expire_all()
    assert (removal.state, review.state.value) == (RemovalState.ACTION_REQUIRED, "remediation")
    assert taken_from([removal]) == {item.id: [USER, ADMIN]}
    assert fresh_list(review, without=["Standard User"]) is RemovalState.REDUCED


def test_what_one_level_reduced_the_next_may_reject_altogether(opened, acting):
    review, alma, carl = opened("alma", "carl"), acting("alma"), acting("carl")
    change(review, alma)
    approve_the_rest(review, alma)
    assert fresh_list(review, without=["System Admin"]) is RemovalState.REDUCED
    item = rita(review)
    decide_item(item, REJECTED, version=item.version, by=carl)
    approve_the_rest(review, carl)
    db.session.expire_all()
    removal = db.session.scalars(select(Removal)).one()
    assert (removal.is_whole, removal.state) == (True, RemovalState.ACTION_REQUIRED)
    assert fresh_list(review) is RemovalState.ACTION_REQUIRED
    assert fresh_list(review, gone=["rita"]) is RemovalState.GONE


def test_where_everything_moves_on_the_last_word_counts(opened, acting):
    review = opened("alma", "carl", moves_on=MovesOn.DECIDED)
    change(review, acting("alma"))
    approve_the_rest(review, acting("alma"))
    assert (rita(review).is_reduced, taken(review)) == (False, [])
    approve_the_rest(review, acting("carl"))
    assert review.state is ReviewState.READY


def test_a_change_is_carried_over_to_a_relaunched_review(opened, acting):
    review, alma = opened(), acting("alma")
    change(review, alma)
    fail_review(review, "gone", by=alma)
    anew = relaunch_review(review, carry_decisions=True, by=alma)
    start_review(anew, by=alma)
    assert (rita(anew).verdict, taken(anew)) == (CHANGED, ["System Admin"])


def test_what_was_decided_to_go_is_never_rewritten(opened, acting):
    review = opened()
    change(review, acting("alma"))
    with pytest.raises(DatabaseError, match="append-only"):
        db.session.execute(text("UPDATE decisions SET takes = '[]'"))
    db.session.rollback()
