"""Reviews by entitlement: one line for each thing that an account holds."""

import io
from datetime import timedelta

import pytest
from sqlalchemy import and_, func, select

from policies.errors import Invalid
from policies.filters import Condition, Filter, Op
from policies.lifecycle import RemovalState, ReviewState
from policies.permissions import SYSTEM
from policies.user_scope import Granularity, UserScope
from portal import clock
from portal.db import db
from portal.models import DutyConflict, GoneItem, Item, ItemGrant, Letter, Person, Removal
from portal.queries.drift import drift_of
from portal.queries.item_details import details_of
from portal.queries.items import Progress, progress_seen_by
from portal.queries.removals import taken_from
from portal.queries.tally import chip_counts
from portal.usecases.campaigns import schedule_campaign
from portal.usecases.decisions import change_item, decide_item, decide_view, undo_bulk
from portal.usecases.follow_ups import review_again
from portal.usecases.freezing import start_review
from portal.usecases.launching import launch_campaign
from portal.usecases.relaunching import relaunch_review
from portal.usecases.reviews import fail_review, sign_off, submit_review
from portal.usecases.sources import accounts_source
from portal.usecases.syncs import apply_sync, confirm_sync, stage_sync, upload_list
from tests.factories import APPROVED, REJECTED, launch, make_account, make_application, start

HEADER = "Login,Name,Status,Roles,License\n"
LINES = {
    "ann": 'ann,Ann,active,"Admin, Editor",Full\n',
    "ben": "ben,Ben,active,Viewer,\n",
    "cy": "cy,Cy,active,,\n",
}
BY_ENTITLEMENT = {"granularity": Granularity.ENTITLEMENT}
UNDECIDED_ONES = Filter(((Condition("verdict", Op.IS, "undecided"),),))


@pytest.fixture
def figma(cast):
    return make_application("Figma", cast.olive)


@pytest.fixture
def bring(figma):
    """A list of Figma; `LINES`, but for what is said to be otherwise."""
    source = accounts_source(figma.instances[0])

    def bring(complete=True, header=HEADER, **lines):
        rows = "".join(filter(None, (LINES | lines).values()))
        content = io.BytesIO((header + rows).encode())
        how = {"is_complete": complete, "options": {"trusting": True}}
        sync = upload_list(source, "l.csv", content, **how, by=SYSTEM)
        stage_sync(sync, by=SYSTEM)
        assert not sync.problems, (sync.error, sync.problems)
        confirm_sync(sync, accept_gone=True, by=SYSTEM)
        apply_sync(sync, by=SYSTEM)
        return sync

    bring()
    return bring


@pytest.fixture
def begin(acting, bring, cast):
    """A review of Figma, by entitlement unless said otherwise; Rufus removes."""

    def begin(**facts):
        facts = {**BY_ENTITLEMENT, "remediation_owner_id": cast.rufus.id, **facts}
        return start(launch(acting("alma"), **facts), acting("olive"))

    return begin


def lines_of(review):
    """Its lines by account and entitlement, in their order."""
    query = select(Item).where(Item.review_id == review.id).order_by(Item.id)
    return {(item.login, item.entitlement): item for item in db.session.scalars(query)}


def decide(item, verdict, by):
    return decide_item(item, verdict, comment="so", version=item.version, by=by)


def finish(review, acting, *rejected):
    """Everything approved but these lines, signed off, and submitted where nothing is left."""
    olive = acting("olive")
    for key in rejected:
        decide(lines_of(review)[key], REJECTED, olive)
    latest = max(item.decision_id or 0 for item in lines_of(review).values())
    decide_view(review, UNDECIDED_ONES, APPROVED, seen=latest, by=olive)
    sign_off(review, by=olive)
    if review.state is ReviewState.READY:
        submit_review(review, by=olive)


def removal(review, key):
    return db.session.get_one(Removal, lines_of(review)[key].id)


def test_each_grant_is_a_line_and_whoever_holds_nothing_is_one(begin):
    review = begin()
    lines = lines_of(review)
    assert list(lines) == [
        ("ann", "Admin"), ("ann", "Editor"), ("ann", "Full"), ("ben", "Viewer"), ("cy", ""),
    ]  # fmt: skip
    assert [lines[key].entitlement_kind for key in lines] == ["role"] * 2 + ["license", "role", ""]
    assert [key for key, item in lines.items() if item.is_privileged] == [("ann", "Admin")]
    assert {item.roles for (login, _), item in lines.items() if login == "ann"} == {
        "Full, Admin, Editor"
    }
    frozen = review.frozen
    assert (frozen["items"], frozen["accounts"], frozen["present"]) == (5, 3, 3)
    assert frozen["privileged"] == 1
    grants = db.session.execute(select(ItemGrant.item_id, ItemGrant.name)).all()
    assert sorted(grants) == [(item.id, name) for (_, name), item in lines.items() if name]
    assert lines["ann", "Admin"].full_label == "Admin of Ann"


def test_by_account_nothing_is_otherwise(begin):
    review = begin(granularity=Granularity.ACCOUNT)
    assert list(lines_of(review)) == [("ann", ""), ("ben", ""), ("cy", "")]
    assert "accounts" not in review.frozen
    assert lines_of(review)["ann", ""].is_privileged
    assert db.session.scalar(select(func.count()).select_from(ItemGrant)) == 4


def test_the_privileged_scope_takes_lines_not_accounts(begin):
    review = begin(user_scope=UserScope.PRIVILEGED)
    assert list(lines_of(review)) == [("ann", "Admin")]


def test_a_decision_is_about_one_line_and_there_is_nothing_less_to_keep(begin, acting):
    review, olive = begin(), acting("olive")
    item = lines_of(review)["ann", "Admin"]
    with pytest.raises(Invalid, match="nothing less"):
        change_item(item, ["role: Admin"], version=item.version, by=olive)
    decide(item, REJECTED, olive)
    bulk = decide_view(review, UNDECIDED_ONES, APPROVED, seen=item.decision_id, by=olive)
    assert progress_seen_by(olive, review) == Progress(5, 4, 1, 0, 1)
    counts = chip_counts(review, olive)
    assert (counts["chip-verdict-rejected"], counts["chip-is-privileged-yes"]) == (1, 1)
    assert undo_bulk(review, bulk.id, by=olive) == 4
    found = details_of(lines_of(review)["ann", "Editor"], olive)
    assert [(each.name, each.is_here) for each in found.held] == [
        ("Editor", True), ("Full", False), ("Admin", False),
    ]  # fmt: skip
    assert len(found.said) == 2  # not what was said of the other lines of the account


def test_a_rejected_line_is_gone_once_a_fresh_list_holds_it_no_more(begin, bring, acting):
    review, key = begin(), ("ann", "Admin")
    finish(review, acting, key, ("cy", ""))
    assert review.state is ReviewState.REMEDIATION
    asked = db.session.scalars(select(Letter).where(Letter.kind == "remediation")).one()
    assert asked.facts["count"] == "1 account and 1 entitlement"
    one, other = removal(review, key), removal(review, ("cy", ""))
    assert (one.is_whole, other.is_whole) == (False, True)
    assert taken_from([one, other]) == {one.item_id: ["role: Admin"]}

    def after(key=key):
        return removal(review, key).state

    bring()
    assert after() is RemovalState.ACTION_REQUIRED
    bring(header="Login,Name,Status,Department,License\n", ann="ann,Ann,active,Sales,Full\n")
    assert after() is RemovalState.ACTION_REQUIRED  # a list without roles says nothing of them
    bring(complete=False, ann="", cy="")
    assert after() is RemovalState.ACTION_REQUIRED
    bring(ann="ann,Ann,active,Editor,Full\n", cy="")
    assert (after(), after(("cy", ""))) == (RemovalState.REDUCED, RemovalState.GONE)
    assert review.state is ReviewState.READY
    bring(cy="")
    assert (after(), review.state) == (RemovalState.ACTION_REQUIRED, ReviewState.REMEDIATION)
    bring(ann='ann,Ann,suspended,"Admin, Editor",Full\n', cy="")
    assert after() is RemovalState.INACTIVE
    bring(ann="", cy="")
    assert after() is RemovalState.GONE
    submit_review(review, by=acting("olive"))


def test_the_next_review_compares_line_with_line(begin, bring, acting):
    first = begin()
    finish(first, acting)
    bring(ann='ann,Ann,active,"Editor, Owner",Full\n', ben="ben,Ben,suspended,Viewer,\n", cy="")
    lines = lines_of(begin())
    before = lines_of(first)
    assert {key: item.delta for key, item in lines.items()} == {
        ("ann", "Editor"): "unchanged",
        ("ann", "Full"): "unchanged",
        ("ann", "Owner"): "new",
        ("ben", "Viewer"): "changed",
    }
    assert lines["ben", "Viewer"].changes == "status: active → suspended"
    assert lines["ann", "Editor"].previous_id == before["ann", "Editor"].id
    assert [item.previous_verdict for item in lines.values()] == ["approved"] * 2 + ["", "approved"]
    gone = db.session.scalars(select(GoneItem.item_id)).all()
    assert set(gone) == {before["ann", "Admin"].id, before["cy", ""].id}


def test_after_a_review_by_account_a_line_is_new_where_the_account_did_not_hold_it(
    begin, bring, acting
):
    first = begin(granularity=Granularity.ACCOUNT)
    olive = acting("olive")
    item = lines_of(first)["ann", ""]
    change_item(item, ["role: Admin"], comment="so", version=item.version, by=olive)
    finish(first, acting)
    bring(ann="ann,Ann,active,Editor,Full\n")
    submit_review(first, by=olive)
    bring(ann='ann,Ann,active,"Admin, Editor, Owner",Full\n')
    lines = lines_of(begin())
    assert [(name, item.delta, item.previous_verdict) for (_, name), item in lines.items()] == [
        ("Admin", "unchanged", "rejected"),
        ("Editor", "unchanged", "approved"),
        ("Full", "unchanged", "approved"),
        ("Owner", "new", "approved"),
        ("Viewer", "unchanged", "approved"),
        ("", "unchanged", "approved"),
    ]
    assert "rejected" in lines["ann", "Admin"].reasons


def test_after_a_review_by_entitlement_an_account_is_compared_as_a_whole(begin, bring, acting):
    first = begin()
    finish(first, acting, ("ann", "Admin"))
    bring(ann="ann,Ann,active,Editor,Full\n")
    submit_review(first, by=acting("olive"))
    lines = lines_of(begin(granularity=Granularity.ACCOUNT))
    ann, ben = lines["ann", ""], lines["ben", ""]
    assert (ann.previous_verdict, ann.delta) == ("changed", "changed")
    assert ann.changes == "holds: Full, Admin, Editor → Full, Editor"
    assert (ben.previous_verdict, ben.delta, ben.previous_by) == (
        "approved",
        "unchanged",
        "Olive Owens",
    )


def test_what_is_new_in_scope_are_new_lines(begin, bring, acting):
    finish(begin(), acting)
    bring(ann='ann,Ann,active,"Admin, Editor, Owner",Full\n')
    assert list(lines_of(begin(user_scope=UserScope.NEW))) == [("ann", "Owner")]


def test_only_the_lines_asked_for_are_reviewed_again(begin, acting):
    review, alma = begin(), acting("alma")
    finish(review, acting)
    which = and_(Item.review_id == review.id, Item.entitlement.in_(["Admin", "Viewer"]))
    draft = review_again(review, which, "Approved by mistake.", by=alma)
    assert draft.users.in_words().startswith("2 lines decided in “Q4 2026” (Figma), again:")
    draft.due_at = clock.now() + timedelta(days=14)
    db.session.commit()
    schedule_campaign(draft, by=alma)
    launch_campaign(draft, by=SYSTEM)
    assert list(lines_of(start(draft, acting("olive")))) == [("ann", "Admin"), ("ben", "Viewer")]


def test_drift_is_counted_in_lines_and_a_relaunch_carries_them_over(begin, bring, acting):
    review, olive = begin(), acting("olive")
    decide(lines_of(review)["ann", "Editor"], APPROVED, olive)
    decide(lines_of(review)["ben", "Viewer"], REJECTED, olive)
    bring(ann='ann,Ann,active,"Editor, Owner",Full\n', ben="ben,Ben,suspended,Viewer,\n")
    assert drift_of(review).as_data() == {"new": 1, "changed": 1, "gone": 1}
    fail_review(review, "It was the wrong list.", by=SYSTEM)
    fresh = relaunch_review(review, carry_decisions=True, by=acting("alma"))
    start_review(fresh, by=olive)
    stands = {key: item.verdict.value for key, item in lines_of(fresh).items()}
    assert stands == {
        ("ann", "Editor"): "approved",
        ("ann", "Full"): "undecided",
        ("ann", "Owner"): "undecided",
        ("ben", "Viewer"): "undecided",  # it is another one now: suspended
        ("cy", ""): "undecided",
    }


def test_peers_and_conflicts_are_told_of_the_line_that_they_are_about(figma, bring, acting):
    pair = {"application_id": figma.id, "other_application_id": figma.id}
    pair |= {"by_name": "Alma", "created_at": clock.now()}
    db.session.add(DutyConflict(entitlement="Buyer", other_entitlement="Payer", **pair))
    rep = {"title": "Rep"}
    for nth in range(40):
        person = Person(name=f"P{nth}", department="Sales", created_at=clock.now(), **rep)
        db.session.add(person)
        db.session.flush()
        roles = "Buyer, Payer, Viewer" if nth == 7 else "Viewer"
        make_account(figma, f"p{nth}", person=person, roles=roles)
    review = start(launch(acting("alma"), **BY_ENTITLEMENT), acting("olive"))
    mine = [item for (login, _), item in lines_of(review).items() if login == "p7"]
    both = "conflict of duties: Buyer (Figma) and Payer (Figma)"
    assert [(item.entitlement, item.reasons) for item in mine] == [
        ("Buyer", f"{both}; few peers hold it: Buyer (1 of 40 in Sales, Rep)"),
        ("Payer", f"{both}; few peers hold it: Payer (1 of 40 in Sales, Rep)"),
        ("Viewer", ""),
    ]
