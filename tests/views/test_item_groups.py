"""What is in view by one field: counted, looked at, decided as a group, taken as CSV."""

import csv
import io
import re
from html import unescape

import pytest

from policies.fields import ITEM_FIELDS
from policies.filters import Condition, Filter, Op
from policies.groups import within
from portal.usecases.decisions import decide_item
from tests.factories import APPROVED, items_of, launch, salesforce, start


@pytest.fixture
def review(cast, acting):
    salesforce(cast)
    return start(launch(acting("alma")), acting("olive"))


def groups(client, review, query="") -> dict[str, list[int]]:
    """The groups as the CSV has them: value, then accounts, undecided, approved and so on."""
    answer = client.get(f"/reviews/{review.id}/groups.csv?{query}")
    assert answer.status_code == 200
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    return {row[0]: [int(cell) for cell in row[1:]] for row in rows[1:]}


def test_every_account_is_in_one_group_and_counted_as_it_stands(review, acting, sign_in):
    items = items_of(review)
    decide_item(items["rita"], APPROVED, version=0, by=acting("olive"))
    found = groups(sign_in("olive"), review, "by=department")
    others = {login: item for login, item in items.items() if login != "olive"}  # not her own
    assert sum(total for total, *_ in found.values()) == len(others)
    security = found[items["rita"].department]
    assert security[:3] == [1, 0, 1]
    assert found[""][0] == len([each for each in others.values() if not each.department])


@pytest.mark.parametrize("by", ["label", "roles", "is_privileged", "kind", "person_status"])
def test_each_group_leads_to_exactly_its_accounts(review, sign_in, by):
    client = sign_in("olive")
    page = client.get(f"/reviews/{review.id}/groups?by={by}").get_data(as_text=True)
    links = re.findall(r'<th scope="row"><a href="([^"]+)"', page)
    found = groups(client, review, f"by={by}")
    assert len(links) == len(found) > 1
    for link, (total, *_) in zip(links, found.values(), strict=True):
        shown = client.get(unescape(link)).get_data(as_text=True)
        assert len(set(re.findall(r'<tr id="item_row-(\d+)"', shown))) == total


def test_a_group_is_decided_at_once_after_it_was_shown(review, sign_in):
    client = sign_in("olive")
    here = f"/reviews/{review.id}/groups?by=department&sort=value"
    page = client.get(here).get_data(as_text=True)
    link = unescape(re.search(r'href="([^"]+verdict=rejected[^"]+value=Sales[^"]*)"', page)[1])
    asked = client.get(link).get_data(as_text=True)
    assert "Department is Sales" in asked
    form = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', asked))
    answer = client.post(
        f"/reviews/{review.id}/bulk", data={k: unescape(v) for k, v in form.items()}
    )
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(f"/reviews/{review.id}/groups?by=department")
    total, undecided, _, rejected, *_ = groups(client, review)["Sales"]
    assert (undecided, rejected) == (0, total)


def test_the_filter_of_the_list_holds_and_the_order_is_chosen(review, sign_in):
    client = sign_in("olive")
    whole = groups(client, review, "sort=-total")
    assert [n for n, *_ in whole.values()] == sorted((n for n, *_ in whole.values()), reverse=True)
    named = groups(client, review, "sort=value")
    assert list(named) == sorted(named, key=str.lower)
    assert list(groups(client, review, "field=department&op=is&value=Sales")) == ["Sales"]


def test_no_file_of_everything_answers_a_filter_that_makes_no_sense(review, sign_in):
    client = sign_in("olive")
    asked = "field=nothing&op=is&value=x"
    assert client.get(f"/reviews/{review.id}/groups.csv?{asked}").status_code == 422
    assert b"no field" in client.get(f"/reviews/{review.id}/groups?{asked}").data


def test_whoever_may_not_see_the_review_sees_no_groups(review, sign_in):
    assert sign_in("max").get(f"/reviews/{review.id}/groups").status_code == 404
    assert sign_in("olive").get("/reviews/999/groups").status_code == 404


def test_a_value_too_long_to_be_asked_for_has_no_link():
    roles = ITEM_FIELDS["roles"]
    assert within(Filter(), roles, "x" * 501) is None
    only = Condition("roles", Op.EMPTY)
    assert within(Filter(), roles, "").groups == ((only,),)
