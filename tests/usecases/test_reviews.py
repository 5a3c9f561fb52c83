"""One review from launch to submission, and everything that must not happen on the way."""

import pytest
from sqlalchemy import select

from policies.errors import Denied, IllegalMove, Invalid, Stale
from policies.filters import Condition, Filter, Op
from policies.lifecycle import CampaignState, RemovalState, ReviewState
from policies.permissions import DECIDE_ITEM, SEE_ITEM, can
from policies.user_scope import UserScope
from portal.db import db
from portal.models import (
    Account,
    Assignment,
    Decision,
    Item,
    ItemGrant,
    Letter,
    Removal,
    Source,
    TrailLine,
)
from portal.queries.items import items_decided_by, items_seen_by
from portal.queries.trail import first_broken_line
from portal.usecases.decisions import decide_item, decide_view, undo_bulk
from portal.usecases.freezing import start_review
from portal.usecases.remediation import note_removal, remove_source, verify_against
from portal.usecases.reviews import cancel_review, sign_off, submit_review
from tests.cast import ROLES
from tests.factories import (
    APPROVED,
    REJECTED,
    UNDECIDED,
    items_of,
    launch,
    make_application,
    make_sync,
    salesforce,
    start,
)
from tests.story import story

NOTHING = Filter()


@story
def review(cast, acting):
    salesforce(cast)
    return start(launch(acting("alma")), acting("olive"))


def decide(review, by, **verdicts):
    for login, verdict in verdicts.items():
        item = items_of(review)[login.replace("_", "-")]
        decide_item(item, verdict, version=item.version, by=by)


def verbs():
    return list(db.session.scalars(select(TrailLine.verb).order_by(TrailLine.id)))


def test_a_launch_writes_to_the_owner_once(cast, acting):
    salesforce(cast)
    campaign = launch(acting("alma"))
    assert campaign.state is CampaignState.ACTIVE
    letters = db.session.scalars(select(Letter)).all()
    assert [(x.kind, x.person.name) for x in letters] == [("invitation", "Olive Owens")]
    assert "{link}" in letters[0].body
    assert "Salesforce" in letters[0].subject


def test_a_launch_that_matches_nothing_is_archived_with_the_reason(cast, acting):
    campaign = launch(acting("alma"))
    assert campaign.state is CampaignState.ARCHIVED
    assert campaign.reason == "No application matched."


def test_an_application_without_owner_falls_to_the_campaigns_owner(cast, acting):
    make_application("Orphaned app")
    campaign = launch(acting("alma"))
    (reviewer,) = campaign.reviews[0].reviewers
    assert (reviewer.person.name, reviewer.basis) == ("Alma Ahlgren", "fallback: campaign owner")
    assert campaign.scope_report["without_owner"] == ["Orphaned app"]


def test_the_freeze_keeps_what_the_accounts_held(review, cast):
    items = items_of(review)
    assert set(items) == {"max", "rita", "paula", "emil", "olive", "sync-bot", "ghost"}
    assert (items["max"].label, items["max"].department) == ("Max Meyer", "Sales")
    assert [k for k, i in items.items() if i.is_privileged] == ["rita"]
    assert [k for k, i in items.items() if i.is_past] == ["paula"]
    assert [k for k, i in items.items() if i.is_external] == ["emil"]
    assert {k for k, i in items.items() if i.is_orphan} == {"ghost", "sync-bot"}
    assert not items["ghost"].has_access
    assert review.frozen["attributes"] == ["a.Team"]
    grants = select(ItemGrant.name).where(ItemGrant.item_id == items["rita"].id)
    assert set(db.session.scalars(grants)) == {"System Admin", "Standard User"}


def test_a_frozen_review_does_not_change_with_its_application(review, cast):
    account = db.session.get(Account, items_of(review)["max"].account_id)
    account.roles = "System Admin"
    db.session.commit()
    assert items_of(review)["max"].roles == "Standard User"


def test_nobody_reviews_their_own_access(review, cast, acting):
    own = items_of(review)["olive"]
    basis = select(Assignment.person_id, Assignment.basis).where(Assignment.item_id == own.id)
    assert db.session.execute(basis).all() == [(cast.alma.id, "fallback: campaign owner")]
    with pytest.raises(Denied):
        decide_item(own, APPROVED, version=0, by=acting("olive"))


def test_a_review_starts_only_on_fresh_data(cast, acting):
    make_application("Empty", cast.olive)
    campaign = launch(acting("alma"))
    with pytest.raises(Invalid, match="nothing has been imported"):
        start_review(campaign.reviews[0], by=acting("olive"))


def test_only_reviewers_start_it(cast, acting):
    salesforce(cast)
    campaign = launch(acting("alma"))
    with pytest.raises(Denied):
        start_review(campaign.reviews[0], by=acting("max"))


def test_a_decision_can_change_until_sign_off(review, acting):
    decide(review, acting("olive"), max=REJECTED)
    decide(review, acting("olive"), max=APPROVED)
    decide(review, acting("olive"), max=UNDECIDED)
    item = items_of(review)["max"]
    assert (item.verdict, item.version, item.decided_by_id) == (UNDECIDED, 3, None)
    history = select(Decision.verdict).where(Decision.item_id == item.id).order_by(Decision.id)
    assert list(db.session.scalars(history)) == [REJECTED, APPROVED, UNDECIDED]
    said = [verb for verb in verbs() if verb.startswith("item")]
    assert said == ["item rejected", "item approved", "item withdrawn"]


def test_a_stale_decision_is_refused_and_nobodys_is_lost(review, acting):
    item = items_of(review)["max"]
    decide_item(item, REJECTED, version=0, comment="left sales", by=acting("olive"))
    with pytest.raises(Stale, match="Olive Owens changed this"):
        decide_item(items_of(review)["max"], APPROVED, version=0, by=acting("alma"))
    assert items_of(review)["max"].comment == "left sales"


def test_all_in_view_means_exactly_the_view(review, acting):
    sales = Filter(((Condition("department", Op.IS, "Sales"),),))
    bulk = decide_view(review, sales, APPROVED, seen=0, by=acting("olive"))
    assert bulk.count == 3  # Olive is in sales too, but may not decide on herself
    approved = {login for login, item in items_of(review).items() if item.verdict is APPROVED}
    assert approved == {"max", "paula", "emil"}
    line = db.session.scalars(select(TrailLine).order_by(TrailLine.id.desc())).first()
    assert (line.verb, line.details["count"]) == ("view approved", 3)
    assert line.details["filter"] == "Department is Sales"
    assert len(line.details["digest"]) == 64


def test_a_bulk_decision_yields_to_a_decision_made_meanwhile(review, acting):
    decide(review, acting("alma"), max=REJECTED)
    with pytest.raises(Stale, match="meanwhile"):
        decide_view(review, NOTHING, APPROVED, seen=0, by=acting("olive"))
    assert items_of(review)["rita"].verdict is UNDECIDED


def test_a_bulk_decision_can_be_undone_where_it_still_stands(review, acting):
    decide(review, acting("olive"), max=REJECTED)
    seen = items_of(review)["max"].decision_id
    bulk = decide_view(review, NOTHING, APPROVED, seen=seen, by=acting("olive"))
    decide(review, acting("olive"), rita=REJECTED)
    undone = undo_bulk(review, bulk.id, by=acting("olive"))
    items = items_of(review)
    assert undone == bulk.count - 1
    assert (items["max"].verdict, items["rita"].verdict) == (REJECTED, REJECTED)
    assert items["emil"].verdict is UNDECIDED
    with pytest.raises(Invalid, match="nothing left"):
        undo_bulk(review, bulk.id, by=acting("olive"))


def finish(review, acting, **rejected):
    olive, alma = acting("olive"), acting("alma")
    decide(review, olive, **rejected)
    undecided = Filter(((Condition("verdict", Op.IS, "undecided"),),))
    latest = max(item.decision_id or 0 for item in items_of(review).values())
    decide_view(review, undecided, APPROVED, seen=latest, by=olive)
    sign_off(review, by=olive)
    decide(review, alma, olive=APPROVED)
    sign_off(review, by=alma)


def test_sign_off_needs_every_item_decided(review, acting):
    decide(review, acting("olive"), max=APPROVED)
    with pytest.raises(IllegalMove, match="5 accounts are undecided"):
        sign_off(review, by=acting("olive"))


def test_after_sign_off_nothing_changes(review, acting):
    finish(review, acting, max=REJECTED)
    with pytest.raises(Denied, match="not open for decisions"):
        decide(review, acting("olive"), max=APPROVED)


def test_a_part_signed_off_stays_closed_while_others_go_on(review, acting):
    olive = acting("olive")
    decide_view(review, NOTHING, APPROVED, seen=0, by=olive)
    sign_off(review, by=olive)
    assert review.state is ReviewState.IN_REVIEW
    with pytest.raises(Denied, match="signed off"):
        decide(review, olive, max=REJECTED)


def test_without_rejections_a_review_is_ready_at_once(review, acting):
    finish(review, acting)
    assert review.state is ReviewState.READY
    submit_review(review, by=acting("olive"))
    assert review.state is ReviewState.COMPLETED
    assert review.campaign.state is CampaignState.COMPLETED


def test_a_review_with_nobody_in_scope_has_only_to_be_submitted(cast, acting):
    salesforce(cast)
    nobody = Filter(((Condition("department", Op.IS, "Nowhere"),),)).as_data()
    campaign = launch(acting("alma"), user_scope=UserScope.FILTER, user_filter=nobody)
    review = start(campaign, acting("olive"))
    assert review.state is ReviewState.READY
    submit_review(review, by=acting("olive"))
    assert campaign.state is CampaignState.COMPLETED


def test_rejected_access_must_be_gone_before_submission(review, cast, acting):
    finish(review, acting, max=REJECTED, rita=REJECTED)
    assert review.state is ReviewState.REMEDIATION
    with pytest.raises(IllegalMove):
        submit_review(review, by=acting("olive"))
    kinds = list(db.session.scalars(select(Letter.kind).order_by(Letter.id)))
    assert kinds[-1] == "remediation"


def relist(review, sync, *gone, **statuses):
    """What applying a fresh list does to the accounts: seen by it, or gone."""
    for login, item in items_of(review).items():
        account = db.session.get(Account, item.account_id)
        if login in gone:
            account.gone_at = sync.applied_at
        else:
            account.last_sync_id = sync.id
            account.status = statuses.get(login, account.status)
    db.session.commit()


def states(review):
    query = select(Item.login, Removal.state).join(Removal.item)
    return dict(db.session.execute(query.where(Removal.review_id == review.id)).all())


def test_a_forgotten_removal_is_caught(review, cast, acting):
    finish(review, acting, max=REJECTED, rita=REJECTED, emil=REJECTED)
    fresh = make_sync(review.application)
    relist(review, fresh, "max", emil="Suspended")
    verify_against(fresh)
    assert states(review) == {
        "max": RemovalState.GONE,
        "emil": RemovalState.INACTIVE,
        "rita": RemovalState.ACTION_REQUIRED,
    }
    assert review.state is ReviewState.REMEDIATION
    final = make_sync(review.application)
    relist(review, final, "max", "rita", emil="suspended")
    verify_against(final)
    assert review.state is ReviewState.READY
    submit_review(review, by=acting("alma"))
    assert review.state is ReviewState.COMPLETED
    assert first_broken_line() is None


def test_a_list_from_before_the_sign_off_proves_nothing(review, acting):
    early = make_sync(review.application)
    finish(review, acting, max=REJECTED)
    relist(review, early, "max")
    verify_against(early)
    assert states(review) == {"max": RemovalState.ACTION_REQUIRED}


def test_absence_from_an_incomplete_list_proves_nothing(review, acting):
    finish(review, acting, max=REJECTED)
    partial = make_sync(review.application, is_complete=False)
    relist(review, partial, "max")
    verify_against(partial)
    assert states(review) == {"max": RemovalState.ACTION_REQUIRED}
    assert review.state is ReviewState.REMEDIATION


def test_access_that_comes_back_reopens_the_remediation(review, acting):
    finish(review, acting, max=REJECTED)
    gone = make_sync(review.application)
    relist(review, gone, "max")
    verify_against(gone)
    assert review.state is ReviewState.READY
    back = make_sync(review.application)
    relist(review, back)
    verify_against(back)
    assert review.state is ReviewState.REMEDIATION


def test_a_note_says_what_was_done(review, cast, acting):
    finish(review, acting, max=REJECTED)
    removal = db.session.scalars(select(Removal)).one()
    note_removal(removal, "Ticket 4711", by=acting("olive"))
    assert (removal.note, removal.noted_by) == ("Ticket 4711", "Olive Owens")
    with pytest.raises(Denied):
        note_removal(removal, "I was not here", by=acting("max"))


def test_a_removed_source_stops_its_reviews(review, cast, acting):
    remove_source(db.session.scalars(select(Source)).one(), "gone", by=acting("alma"))
    assert review.state is ReviewState.ERROR
    assert "was removed" in review.error


def test_a_cancelled_review_leaves_the_campaign_and_says_why(review, acting):
    with pytest.raises(Invalid, match="Say why"):
        cancel_review(review, " ", by=acting("alma"))
    cancel_review(review, "wrong list", by=acting("alma"))
    assert review.state is ReviewState.CANCELLED
    assert "review cancelled" in verbs()
    assert review.campaign.state is CampaignState.COMPLETED


@pytest.mark.parametrize("who", [*ROLES, "olive", "max", "rufus"])
def test_lists_show_exactly_what_the_rules_allow(review, acting, who):
    actor = acting(who)
    every = list(db.session.scalars(select(Item)))
    seen = set(db.session.scalars(select(Item.id).where(items_seen_by(actor, review))))
    assert seen == {item.id for item in every if can(SEE_ITEM, actor, item)}
    decided = set(db.session.scalars(select(Item.id).where(items_decided_by(actor, review))))
    assert decided == {item.id for item in every if can(DECIDE_ITEM, actor, item)}
