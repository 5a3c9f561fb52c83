"""Deciding in the browser: a row at a time, or all in view, with and without scripts."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from policies.assignment import Reviewing
from policies.care import Care, CommentRule, Comments, Needing
from policies.lifecycle import Verdict
from portal import clock
from portal.db import db
from portal.models import Decision, Item
from portal.usecases.decisions import decide_item
from portal.usecases.reviews import sign_off
from tests.factories import (
    APPROVED,
    REJECTED,
    items_of,
    launch,
    make_account,
    salesforce,
    start,
)
from tests.story import story

SALES = {"join": "or", "field": "department", "op": "is", "value": "Sales"}
EVERYTHING = {"verdict": "approved", "seen": "0"}


@story
def review(cast, acting):
    salesforce(cast)
    return start(launch(acting("alma")), acting("olive"))


@story
def max_row(review):
    return items_of(review)["max"]


def decide(client, item, verdict, *, htmx=True, query="", **form):
    headers = {"HX-Request": "true", "HX-Target": f"item_row-{item.id}"} if htmx else {}
    data = {"verdict": verdict, "version": item.version, **form}
    return client.post(f"/items/{item.id}/decision{query}", data=data, headers=headers)


def verdict_of(item):
    return db.session.scalar(select(Item.verdict).where(Item.id == item.id))


def test_a_reviewer_decides_and_gets_the_row_and_the_progress_back(sign_in, max_row):
    answer = decide(sign_in("olive"), max_row, "rejected", comment="left sales")
    assert answer.text.strip().startswith(f'<tr id="item_row-{max_row.id}" class="row-rejected"')
    assert "<html" not in answer.text
    progress = answer.text.partition('id="progress_bar"')[2]
    assert 'hx-swap-oob="true"' in progress
    assert "<strong>1</strong> of 6 decided" in progress
    assert "Olive Owens" in answer.text
    assert "left sales" in answer.text
    assert verdict_of(max_row) is REJECTED


def test_what_was_decided_is_read_aloud(sign_in, max_row):
    answer = decide(sign_in("olive"), max_row, "approved")
    assert answer.headers["X-Announce"] == "Max%20Meyer%3A%20approved.%201%20of%206%20decided."


def test_a_swapped_row_keeps_the_columns_one_chose(sign_in, max_row):
    answer = decide(sign_in("olive"), max_row, "approved", query="?cols=title&cols=status")
    assert 'data-label="Title"' in answer.text
    assert 'data-label="Roles"' not in answer.text
    assert "?cols=title&amp;cols=status" in answer.text  # and so does the next decision


def test_without_scripts_one_goes_back_to_the_row_in_the_same_view(sign_in, review, max_row):
    back = f"/reviews/{review.id}/items?sort=-label"
    answer = decide(sign_in("olive"), max_row, "approved", htmx=False, back=back)
    assert answer.status_code == 303
    assert answer.location == f"{back}#item_row-{max_row.id}"
    assert verdict_of(max_row) is APPROVED


def test_nobody_is_sent_to_another_site_afterwards(sign_in, review, max_row):
    elsewhere = "https://elsewhere.example/"
    answer = decide(sign_in("olive"), max_row, "approved", htmx=False, back=elsewhere)
    assert answer.location == f"/reviews/{review.id}/items#item_row-{max_row.id}"


def test_a_decision_is_withdrawn_and_the_comment_stays_in_the_field(sign_in, max_row):
    client = sign_in("olive")
    decide(client, max_row, "rejected")
    db.session.refresh(max_row)
    answer = decide(client, max_row, "undecided", comment="asked her manager")
    assert 'value="asked her manager"' in answer.text
    assert verdict_of(max_row) is Verdict.UNDECIDED


def test_a_comment_is_saved_by_itself_on_what_is_decided(sign_in, max_row):
    client = sign_in("olive")
    decide(client, max_row, "rejected")
    db.session.refresh(max_row)
    decide(client, max_row, "rejected", comment="ticket 4711")
    db.session.refresh(max_row)
    assert (max_row.verdict, max_row.comment) == (REJECTED, "ticket 4711")


def test_a_comment_is_kept_before_anybody_decides(sign_in, max_row):
    client = sign_in("olive")
    answer = decide(client, max_row, "undecided", comment="who still needs this?")
    assert "“who still needs this?”" in answer.text
    db.session.refresh(max_row)
    assert (max_row.verdict, max_row.comment) == (Verdict.UNDECIDED, "who still needs this?")
    page = sign_in("alma").get(f"/reviews/{max_row.review_id}/items").text
    assert "“who still needs this?”" in page


def test_pressing_enter_in_a_comment_never_decides(sign_in, max_row):
    rows = sign_in("olive").get(f"/reviews/{max_row.review_id}/items").text
    row = rows.partition(f'id="item_row-{max_row.id}"')[2].partition("</tr>")[0]
    first = row[row.index('type="submit"') :].partition(">")[0]
    assert 'name="verdict" value="undecided"' in first


def test_a_stale_decision_shows_the_row_as_it_stands_and_says_so(sign_in, acting, max_row):
    decide_item(max_row, REJECTED, version=0, by=acting("alma"))
    answer = decide(sign_in("olive"), max_row, "approved", version=0)
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    assert "Alma Ahlgren changed this" in answer.text
    assert "row-rejected" in answer.text
    assert verdict_of(max_row) is REJECTED


def test_without_scripts_a_stale_decision_leads_back_to_the_list(sign_in, acting, max_row):
    decide_item(max_row, REJECTED, version=0, by=acting("alma"))
    client = sign_in("olive")
    answer = decide(client, max_row, "approved", version=0, htmx=False)
    assert answer.status_code == 303
    page = client.get(answer.location).text
    assert "Max Meyer: Alma Ahlgren changed this" in page


def test_sending_twice_counts_once(sign_in, max_row):
    client = sign_in("olive")
    assert decide(client, max_row, "approved", version=0).status_code == 200
    assert decide(client, max_row, "approved", version=0).status_code == 409
    decisions = db.session.scalars(select(Decision).where(Decision.item_id == max_row.id)).all()
    assert len(decisions) == 1


@pytest.mark.parametrize(("who", "status"), [("max", 404), ("otto", 404), ("ada", 403)])
def test_others_decide_nothing(sign_in, max_row, who, status):
    assert decide(sign_in(who), max_row, "approved").status_code == status
    assert verdict_of(max_row) is Verdict.UNDECIDED


def test_even_an_admin_does_not_decide_on_their_own_access(sign_in, cast, acting):
    make_account(salesforce(cast), "alma", person=cast.alma)
    review = start(launch(acting("alma")), acting("olive"))
    own = items_of(review)["alma"]
    client = sign_in("alma")
    assert "Your own access: someone else decides" in client.get(f"/reviews/{review.id}/items").text
    answer = decide(client, own, "approved")
    assert answer.status_code == 403
    assert answer.text == "You cannot review your own access."


@pytest.mark.parametrize("word", ["", "yes", "APPROVED"])
def test_an_unknown_verdict_is_refused(sign_in, max_row, word):
    assert decide(sign_in("olive"), max_row, word).status_code == 422


def test_after_the_due_date_decisions_are_refused_and_the_buttons_gone(sign_in, max_row):
    clock.shift(timedelta(days=15))
    client = sign_in("olive")
    page = client.get(f"/reviews/{max_row.review_id}/items").text
    assert "no more decisions are accepted" in page
    assert 'name="verdict"' not in page
    answer = decide(client, max_row, "approved")
    assert (answer.status_code, "due date has passed" in answer.text) == (403, True)
    assert answer.headers["X-Notice"] == "1"


def test_late_decisions_are_taken_where_the_campaign_says_so(sign_in, cast, acting):
    salesforce(cast)
    review = start(launch(acting("alma"), accepts_late=True), acting("olive"))
    clock.shift(timedelta(days=15))
    client = sign_in("olive")
    assert "Late decisions are accepted" in client.get(f"/reviews/{review.id}/items").text
    assert decide(client, items_of(review)["max"], "approved").status_code == 200


def bulk_url(review):
    return f"/reviews/{review.id}/bulk"


def test_the_confirmation_names_how_many_and_who_is_privileged(sign_in, acting, review):
    items = items_of(review)
    decide_item(items["rita"], APPROVED, version=0, by=acting("olive"))
    decide_item(items["max"], REJECTED, version=0, by=acting("olive"))
    page = sign_in("olive").get(f"{bulk_url(review)}?verdict=rejected").text
    assert "Reject 5 accounts?" in page
    facts = dict(zip(terms(page, "dt"), terms(page, "dd"), strict=True))
    assert facts["Reject now"] == "5 accounts"
    assert facts["Privileged among them"] == "1"
    assert facts["Decided otherwise before, will change"] == "1"
    assert facts["Already rejected, left alone"] == "1"


def terms(page, tag):
    return [part.partition("</")[0] for part in page.split(f"<{tag}>")[1:]]


def test_the_confirmation_says_the_view_in_words(sign_in, review):
    page = sign_in("olive").get(bulk_url(review), query_string={"verdict": "approved", **SALES})
    assert "Approve 3 accounts?" in page.text
    assert "Department is Sales" in page.text


def test_all_in_view_is_exactly_the_view(sign_in, review):
    answer = sign_in("olive").post(bulk_url(review), data={**EVERYTHING, **SALES})
    assert answer.status_code == 303
    db.session.expire_all()
    decided = {login for login, item in items_of(review).items() if item.verdict is APPROVED}
    assert decided == {"max", "paula", "emil"}


def test_a_view_somebody_changed_meanwhile_is_shown_again_with_new_numbers(sign_in, acting, review):
    client = sign_in("olive")
    decide_item(items_of(review)["max"], APPROVED, version=0, by=acting("alma"))
    answer = client.post(bulk_url(review), data=EVERYTHING)
    assert answer.status_code == 409
    assert "Someone else decided in this view meanwhile" in answer.text
    assert "Approve 5 accounts?" in answer.text
    assert verdict_of(items_of(review)["rita"]) is Verdict.UNDECIDED


def test_a_filter_that_makes_no_sense_decides_nothing(sign_in, review):
    broken = {"join": "or", "field": "last_used_at", "op": "more", "value": "soon"}
    answer = sign_in("olive").post(bulk_url(review), data={**EVERYTHING, **broken})
    assert answer.status_code == 422
    assert "“soon” is not a date" in answer.text
    assert verdict_of(items_of(review)["rita"]) is Verdict.UNDECIDED


def test_the_last_bulk_decision_is_offered_to_be_undone(sign_in, review):
    client = sign_in("olive")
    client.post(bulk_url(review), data={**EVERYTHING, **SALES})
    page = client.get(f"/reviews/{review.id}/items").text
    assert "You approved 3 accounts at once (Department is Sales)." in page
    undo = page.partition(f'action="{bulk_url(review)}/')[2].partition('"')[0]
    assert client.post(f"{bulk_url(review)}/{undo}").status_code == 303
    page = client.get(f"/reviews/{review.id}/items").text
    assert "Undone: 3 stand as they stood before." in page
    assert "at once" not in page
    assert verdict_of(items_of(review)["max"]) is Verdict.UNDECIDED


def test_after_sign_off_a_bulk_decision_can_no_longer_be_undone(sign_in, acting, review):
    client = sign_in("olive")
    client.post(bulk_url(review), data=EVERYTHING)
    sign_off(review, by=acting("olive"))
    assert "at once" not in client.get(f"/reviews/{review.id}/items").text
    item = items_of(review)["max"]
    bulk = db.session.scalars(select(Decision.bulk_id).where(Decision.item_id == item.id)).one()
    answer = client.post(f"{bulk_url(review)}/{bulk}/undo")
    assert answer.status_code == 422
    assert verdict_of(item) is APPROVED


@pytest.mark.parametrize(("who", "status"), [("max", 404), ("ada", 403), ("rhea", 403)])
def test_only_reviewers_decide_on_all_in_view(sign_in, review, who, status):
    client = sign_in(who)
    assert client.get(f"{bulk_url(review)}?verdict=approved").status_code == status
    assert client.post(bulk_url(review), data=EVERYTHING).status_code == status


def pick(client, review, *items, htmx=True, **form):
    headers = {"HX-Request": "true", "HX-Target": "progress_bar"} if htmx else {}
    data = {"verdict": "approved", "pick": [f"{i.id}.{i.version}" for i in items], **form}
    return client.post(f"/reviews/{review.id}/selection", data=data, headers=headers)


def test_exactly_the_ticked_rows_are_decided_and_come_back(sign_in, review, max_row):
    rita = items_of(review)["rita"]
    answer = pick(sign_in("olive"), review, max_row, rita, comment="same team")
    assert answer.status_code == 200
    assert answer.text.count("<template>") == 2
    assert answer.text.index('id="progress_bar"') < answer.text.index("<template>")
    assert answer.headers["X-Announce"] == "2%20approved.%202%20of%206%20decided."
    found = db.session.scalars(select(Item.label).where(Item.verdict == APPROVED)).all()
    assert sorted(found) == ["Max Meyer", "Rita Reyes"]


def test_a_selection_is_undone_like_any_bulk_decision(sign_in, review, max_row):
    client = sign_in("olive")
    pick(client, review, max_row, verdict="rejected")
    page = client.get(f"/reviews/{review.id}/items").text
    assert "1 picked by hand" in page
    undo = page.partition(f'action="/reviews/{review.id}/bulk/')[2].partition("/undo")[0]
    client.post(f"/reviews/{review.id}/bulk/{undo}/undo")
    assert verdict_of(max_row) is Verdict.UNDECIDED


def test_nothing_ticked_is_decided_where_one_of_them_changed_meanwhile(
    sign_in, acting, review, max_row
):
    rita = items_of(review)["rita"]
    client, stale = sign_in("olive"), f"{rita.id}.{rita.version}"
    decide_item(rita, REJECTED, version=rita.version, by=acting("alma"))
    answer = pick(client, review, max_row, pick=[f"{max_row.id}.{max_row.version}", stale])
    assert answer.status_code == 409
    assert "Someone%20changed%20one%20of%20them" in answer.headers["X-Announce"]
    assert verdict_of(max_row) is Verdict.UNDECIDED
    assert verdict_of(rita) is REJECTED


def test_a_selection_without_its_reason_is_kept_as_it_was(sign_in, acting, cast):
    salesforce(cast)
    care = Care(CommentRule(Comments.REQUIRED, frozenset({Needing.REJECT})))
    asking = replace(Reviewing(), care=care)
    review = start(launch(acting("alma"), reviewing=asking), acting("olive"))
    client, rows = sign_in("olive"), items_of(review)
    answer = pick(client, review, rows["max"], verdict="rejected")
    assert answer.status_code == 422
    assert "reason" in answer.headers["X-Announce"]
    assert verdict_of(rows["max"]) is Verdict.UNDECIDED
    assert pick(client, review, rows["max"], verdict="rejected", comment="left").status_code == 200


@pytest.mark.parametrize("ticked", [[], ["x"], ["1.²"], ["9.1"], [f"{n}.0" for n in range(1001)]])
def test_a_selection_that_makes_no_sense_is_refused(sign_in, review, ticked):
    answer = pick(sign_in("olive"), review, pick=ticked)
    assert answer.status_code in (400, 409, 422)


def test_without_scripts_a_selection_leads_back_to_the_list(sign_in, review, max_row):
    client, back = sign_in("olive"), f"/reviews/{review.id}/items?sort=-label"
    answer = pick(client, review, max_row, htmx=False, back=back)
    assert (answer.status_code, answer.location) == (303, back)
    assert "1 approved." in client.get(back).text


def test_a_selection_is_for_who_reviews(sign_in, review, max_row):
    assert pick(sign_in("rita"), review, max_row).status_code == 404
    assert pick(sign_in("rhea"), review, max_row).status_code == 403
    assert verdict_of(max_row) is Verdict.UNDECIDED


def undo(client, item, decision_id, **headers):
    form = {"decision": str(decision_id)}
    return client.post(f"/items/{item.id}/undo", data=form, headers=headers)


def test_ones_last_step_is_undone_and_then_the_one_before(sign_in, review, max_row):
    client, rita = sign_in("olive"), items_of(review)["rita"]
    decide(client, max_row, "rejected", comment="gone")
    answer = decide(client, rita, "approved")
    assert "Undo: Rita Reyes, approved" in answer.text
    db.session.expire_all()
    answer = undo(client, rita, rita.decision_id, **{"HX-Request": "true"})
    assert "Undo: Max Meyer, rejected" in answer.text
    assert answer.headers["X-Announce"].startswith("Rita%20Reyes%3A%20undone%2C%20now%20undecided")
    assert verdict_of(rita) is Verdict.UNDECIDED
    assert verdict_of(max_row) is REJECTED
    undo(client, max_row, db.session.get_one(Item, max_row.id).decision_id)
    db.session.expire_all()
    assert (max_row.verdict, max_row.comment, max_row.decided_by_id) == (
        Verdict.UNDECIDED,
        "",
        None,
    )


def test_nobody_undoes_what_somebody_else_decided(sign_in, acting, review, max_row):
    theirs = decide_item(max_row, REJECTED, version=max_row.version, by=acting("alma"))
    answer = undo(sign_in("olive"), max_row, theirs.id, **{"HX-Request": "true"})
    assert answer.status_code == 409
    assert "does not stand any more" in answer.text
    assert verdict_of(max_row) is REJECTED
    assert undo(sign_in("rhea"), max_row, theirs.id).status_code == 403
    assert undo(sign_in("rita"), max_row, theirs.id).status_code == 404
