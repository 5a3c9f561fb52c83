"""The pages of one review: the data check, the table, sign-off, the result, errors."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from policies.filters import Filter
from policies.lifecycle import ReviewState
from portal import clock
from portal.db import db
from portal.usecases.decisions import decide_item, decide_view
from portal.usecases.reviews import fail_review, sign_off
from tests.factories import (
    APPROVED,
    REJECTED,
    items_of,
    launch,
    make_account,
    make_application,
    salesforce,
    start,
)
from tests.story import story

HTMX = {"HX-Request": "true", "HX-Target": "items_table"}


@story
def pending(cast, acting):
    salesforce(cast)
    return launch(acting("alma"), instructions="Look at admins first.").reviews[0]


@story
def review(cast, acting):
    salesforce(cast)
    return start(launch(acting("alma")), acting("olive"))


def items_page(client, review, query="", **kwargs):
    return client.get(f"/reviews/{review.id}/items{query}", **kwargs)


def labels(page):
    """The names in the first column, in order."""
    rows = page.split('<tr id="item_row-')[1:]
    return [row.partition('person-name">')[2].partition("<")[0] for row in rows]


def decide_all(review, by):
    latest = max(item.decision_id or 0 for item in items_of(review).values())
    decide_view(review, Filter(), APPROVED, seen=latest, by=by)


@pytest.mark.parametrize("path", ["", "/start", "/items", "/sign-off", "/result", "/cancellation"])
@pytest.mark.parametrize("who", ["max", "otto", "rufus"])
def test_for_an_outsider_the_review_does_not_exist(sign_in, review, who, path):
    assert sign_in(who).get(f"/reviews/{review.id}{path}").status_code == 404


def test_a_review_is_entered_where_it_stands(sign_in, pending, acting):
    client, here = sign_in("olive"), f"/reviews/{pending.id}"
    assert client.get(here).location == f"{here}/start"
    assert items_page(client, pending).location == here
    client.post(f"{here}/start")
    assert client.get(here).location == f"{here}/items"
    assert client.get(f"{here}/start").location == here


def test_the_data_check_shows_the_list_before_it_is_fixed(sign_in, pending):
    page = sign_in("olive").get(f"/reviews/{pending.id}/start").text
    assert "The list is up to date" in page
    assert "Continue with 7 accounts" in page
    assert "Look at admins first." in page
    assert "sync-bot" in page


def test_an_old_list_stops_the_start_until_somebody_answers_for_it(sign_in, pending, acting):
    clock.shift(timedelta(days=8))
    client, here = sign_in("olive"), f"/reviews/{pending.id}/start"
    page = client.get(here).text
    assert "The list is 8 days old; it may be 7 at most." in page
    assert "Continue with 7" not in page
    assert client.post(here).status_code == 422
    assert client.post(here, data={"acknowledgement": "Nobody joined or left"}).status_code == 303
    db.session.refresh(pending)
    assert pending.state is ReviewState.IN_REVIEW
    assert "Nobody joined or left" in pending.acknowledgement


def test_an_auditor_sees_that_a_review_has_not_started(sign_in, pending):
    client, here = sign_in("ada"), f"/reviews/{pending.id}"
    assert client.get(here).location == f"{here}/result"
    page = client.get(f"{here}/result").text
    assert "Not started yet" in page
    assert "Olive Owens first checks" in page


def test_the_table_shows_whom_a_reviewer_decides_on(sign_in, review):
    page = items_page(sign_in("olive"), review).text
    assert set(labels(page)) == {
        "Emil Extern", "ghost", "Max Meyer", "Paula Past", "Rita Reyes", "sync-bot",
    }  # fmt: skip
    assert "<strong>6</strong> in view, 1 privileged" in page
    for badge in ("Past user", "External", "Privileged", "Orphan", "Service"):
        assert f">{badge}</span>" in page


@pytest.mark.parametrize("who", ["ada", "rhea"])
def test_who_may_only_read_sees_everything_and_no_buttons(sign_in, review, who):
    client = sign_in(who)
    page = items_page(client, review).text
    assert len(labels(page)) == 7
    assert 'name="verdict"' not in page
    assert "in view</span></a>" not in page  # approving or rejecting all
    assert client.get(f"/reviews/{review.id}/sign-off").status_code == 403
    for path in ("start", "sign-off", "submission", "cancellation", "relaunch"):
        assert client.post(f"/reviews/{review.id}/{path}").status_code == 403


def quick_url(page, label):
    link = next(link for link in page.split('<a id="chip-')[1:] if f">{label} <" in link)
    return link.partition('href="')[2].partition('"')[0].replace("&amp;", "&")


def test_a_quick_filter_is_added_to_the_view_and_taken_away_again(sign_in, review):
    client = sign_in("olive")
    page = items_page(client, review, "?cols=title").text
    narrowed = client.get(quick_url(page, "Privileged")).text
    assert labels(narrowed) == ["Rita Reyes"]
    assert narrowed.count('aria-current="true"') == 1
    both = quick_url(narrowed, "Past users")
    assert parse_qs(urlsplit(both).query)["field"] == ["is_privileged", "is_past"]
    assert labels(client.get(both).text) == []
    assert quick_url(narrowed, "Privileged").endswith("?cols=title")


def test_choosing_rejected_replaces_undecided(sign_in, review):
    client = sign_in("olive")
    undecided = client.get(quick_url(items_page(client, review).text, "Undecided")).text
    both = parse_qs(urlsplit(quick_url(undecided, "Rejected")).query)
    assert both["value"] == ["rejected"]


def test_filtering_swaps_the_table_with_its_filters_and_says_how_many(sign_in, review):
    query = "?join=or&field=roles&op=contains&value=standard"
    answer = items_page(sign_in("olive"), review, query, headers=HTMX)
    assert answer.text.strip().startswith('<div id="items_table"')
    assert "Approve 4 in view" in answer.text
    assert 'value="standard"' in answer.text
    assert answer.headers["X-Announce"] == "4%20accounts%20in%20view"


def test_a_filter_that_makes_no_sense_hides_nobody_and_can_be_corrected(sign_in, review):
    page = items_page(sign_in("olive"), review, "?field=last_used_at&op=more&value=soon").text
    assert "“soon” is not a date for Last used" in page
    assert len(labels(page)) == 6
    assert 'value="soon"' in page
    assert "Approve 6 in view" not in page  # nobody meant all


@pytest.mark.parametrize(
    "query",
    [
        "field=nonsense&op=is&value=1",
        "field=label&op=%27--&value=1",
        "sort=nonsense",
        "sort=-",
        "cols=nonsense",
        "at=%3E999999999999",
        "at=nonsense",
    ],
)
def test_nonsense_in_the_url_still_shows_the_list(sign_in, review, query):
    answer = items_page(sign_in("olive"), review, f"?{query}")
    assert (answer.status_code, len(labels(answer.text))) == (200, 6)


def test_what_is_undecided_can_stand_first(sign_in, acting, review):
    items = items_of(review)
    decide_item(items["emil"], APPROVED, version=0, by=acting("olive"))
    decide_item(items["max"], REJECTED, version=0, by=acting("olive"))
    shown = labels(items_page(sign_in("olive"), review, "?sort=undecided-first").text)
    assert set(shown[:4]) == {"ghost", "Paula Past", "Rita Reyes", "sync-bot"}
    assert shown[4:] == ["Emil Extern", "Max Meyer"]


@pytest.mark.parametrize("sort", ["label", "-label", "verdict", "undecided-first", "last_used_at"])
def test_no_account_is_lost_between_pages(sign_in, cast, acting, sort):
    application = salesforce(cast)
    for number in range(110):
        make_account(application, f"user{number:03}")
    review = start(launch(acting("alma")), acting("olive"))
    for login in ("user007", "user090"):
        decide_item(items_of(review)[login], APPROVED, version=0, by=acting("olive"))
    client, seen, url = sign_in("olive"), [], f"/reviews/{review.id}/items?sort={sort}"
    while url:
        page = client.get(url).text
        seen += labels(page)
        before, marker, _ = page.partition('rel="next"')
        url = before.rpartition('href="')[2].partition('"')[0].replace("&amp;", "&") * bool(marker)
    assert len(seen) == len(set(seen)) == 116


def test_a_page_asks_the_database_no_more_for_more_rows(sign_in, cast, acting, counting):
    application = salesforce(cast)
    short = start(launch(acting("alma")), acting("olive")).id
    for number in range(60):
        make_account(application, f"user{number:03}", roles="Standard User")
    long, client = start(launch(acting("alma")), acting("olive")).id, sign_in("olive")

    def asked_for(review_id, rows):
        db.session.remove()
        with counting() as asked:
            page = client.get(f"/reviews/{review_id}/items").text
        assert len(labels(page)) == rows
        return asked.count

    assert asked_for(long, 50) == asked_for(short, 6)


def test_text_from_a_list_is_text(sign_in, cast, acting):
    application = salesforce(cast)
    make_account(application, "evil", name="<img src=x onerror=alert(1)>", roles='"><b>root</b>')
    review = start(launch(acting("alma")), acting("olive"))
    page = items_page(sign_in("olive"), review).text
    assert "<img" not in page
    assert "<b>root" not in page


def test_sign_off_is_refused_with_the_number_that_is_left(sign_in, acting, review):
    decide_item(items_of(review)["max"], APPROVED, version=0, by=acting("olive"))
    client, here = sign_in("olive"), f"/reviews/{review.id}/sign-off"
    page = client.get(here).text
    assert "5 accounts undecided" in page
    assert f'action="{here}"' not in page
    answer = client.post(here)
    assert answer.status_code == 409
    assert "Cannot sign off yet: 5 accounts are undecided." in answer.text


def test_one_signs_the_statement_one_has_read(sign_in, acting, review):
    decide_item(items_of(review)["max"], REJECTED, version=0, by=acting("olive"))
    rest = [item for item in items_of(review).values() if item.login not in {"max", "olive"}]
    for item in rest:
        decide_item(item, APPROVED, version=0, by=acting("olive"))
    client, here = sign_in("olive"), f"/reviews/{review.id}"
    page = client.get(f"{here}/sign-off").text
    assert "I have looked at 6 accounts in Salesforce" in page
    assert "Sign off 6 accounts" in page
    assert "Olive Owens is asked by letter to remove 1 account." in page
    assert client.post(f"{here}/sign-off").location == f"{here}/result"
    result = client.get(f"{here}/result").text
    assert "I have looked at 6 accounts in Salesforce" in result
    assert "Olive Owens, Head of Sales" in result
    assert "Others still decide" in result  # on Olive's own access
    assert "Nothing is left for you to sign off" in client.get(f"{here}/sign-off").text


def test_the_list_offers_sign_off_once_everything_is_decided(sign_in, acting, review):
    client = sign_in("olive")
    assert "/sign-off" not in items_page(client, review).text
    decide_all(review, acting("olive"))
    assert f"/reviews/{review.id}/sign-off" in items_page(client, review).text


def test_submitting_is_impossible_until_it_is_ready(sign_in, acting, review):
    client, here = sign_in("olive"), f"/reviews/{review.id}"
    assert client.post(f"{here}/submission").status_code == 409
    decide_all(review, acting("olive"))
    sign_off(review, by=acting("olive"))
    assert client.post(f"{here}/submission").status_code == 409
    decide_all(review, acting("alma"))
    sign_off(review, by=acting("alma"))
    assert client.post(f"{here}/submission").location == f"{here}/result"
    assert "Submitted by Olive Owens" in client.get(f"{here}/result").text
    assert client.post(f"{here}/submission").status_code == 409


def test_cancelling_a_review_asks_why(sign_in, review):
    client, here = sign_in("alma"), f"/reviews/{review.id}/cancellation"
    page = client.get(here).text
    assert "will stay undecided." in page
    assert "Olive Owens" in page
    assert "can no longer decide or submit" in page
    assert client.post(here, data={"reason": " "}).status_code == 422
    assert client.post(here, data={"reason": "Wrong list"}).status_code == 303
    result = sign_in("olive").get(f"/reviews/{review.id}/result").text
    assert "This review was cancelled" in result
    assert "Wrong list" in result


def test_an_admin_relaunches_a_review_in_error(sign_in, cast, review):
    fail_review(review, "Its source was removed.")
    here = f"/reviews/{review.id}"
    assert "Relaunch" not in sign_in("olive").get(f"{here}/result").text
    client = sign_in("alma")
    assert "Its source was removed." in client.get(f"{here}/result").text
    answer = client.post(f"{here}/relaunch", data={"carry": "1"})
    assert answer.location != here
    assert client.get(answer.location).location == f"{answer.location}/start"
    assert "Relaunched after an error" in client.get(f"{here}/result").text


def test_a_remediation_owner_is_not_let_in_before_the_sign_off(sign_in, cast, acting):
    application = make_application("Figma", cast.otto)
    make_account(application, "max", person=cast.max)
    campaign = launch(acting("alma"), remediation_owner_id=cast.rufus.id)
    assert sign_in("rufus").get(f"/reviews/{campaign.reviews[0].id}").status_code == 404
