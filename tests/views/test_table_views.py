"""Arranging the table of a review: columns for oneself and for all, their names, kept views."""

import pytest
from sqlalchemy import select

from portal.db import db
from portal.models import Campaign, TableLayout, TableView
from tests.factories import launch, salesforce, start


@pytest.fixture
def review(cast, acting):
    salesforce(cast)
    return start(launch(acting("alma")), acting("olive"))


def arrange(client, review, *shown, whom="me", **form):
    data = {"show": list(shown), "for": whom, **{k.replace("__", "-"): v for k, v in form.items()}}
    return client.post(f"/reviews/{review.id}/columns", data=data)


def test_columns_are_remembered_in_the_order_one_gave_them(sign_in, review):
    client = sign_in("olive")
    form = client.get(f"/reviews/{review.id}/columns").text
    assert 'aria-label="Order of Roles"' in form
    answer = arrange(
        client, review, "title", "status", "roles", place__title="3", place__status="1",
        place__roles="2", width__roles="wide", pin="roles",
    )  # fmt: skip
    assert answer.location == f"/reviews/{review.id}/items"
    page = client.get(f"/reviews/{review.id}/items").text
    found = [page.index(f'data-label="{label}"') for label in ("Roles", "Status", "Title")]
    assert found == sorted(found)  # what stays comes first
    assert 'class="is-wide pin-1" data-label="Roles"' in page
    assert 'data-label="Department"' not in page
    assert 'data-label="Department"' in sign_in("alma").get(f"/reviews/{review.id}/items").text
    arrange(client, review, whom="nobody")
    assert 'data-label="Department"' in client.get(f"/reviews/{review.id}/items").text


def test_a_campaign_gives_its_columns_and_an_application_its_names(sign_in, review):
    arrange(sign_in("alma"), review, "roles", whom="all", label__roles="Profile", label__title="")
    page = sign_in("olive").get(f"/reviews/{review.id}/items").text
    assert 'data-label="Profile"' in page
    assert 'data-label="Last used"' not in page
    assert arrange(sign_in("olive"), review, "roles", whom="all").status_code == 403
    assert arrange(sign_in("rhea"), review, "roles", whom="all").status_code == 403
    assert db.session.scalars(select(Campaign.table_columns)).one() == [["roles", "usual", False]]


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"show": []}, "Show at least one column."),
        ({"show": ["roles", "title", "status"], "pin": ["roles", "title", "status"]}, "At most 2"),
        ({"show": ["roles"], "for": "all", "label-roles": "Status"}, "both be called “Status”"),
    ],
)
def test_columns_that_make_no_sense_are_refused_with_a_sentence(sign_in, review, form, sentence):
    answer = sign_in("alma").post(f"/reviews/{review.id}/columns", data=form)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert db.session.scalars(select(TableLayout)).all() == []


def keep(client, review, name, query="", **form):
    back = f"/reviews/{review.id}/items{query}"
    return client.post(f"/reviews/{review.id}/views", data={"name": name, "back": back, **form})


def test_a_view_is_kept_shared_and_removed(sign_in, review):
    query = "?join=or&field=department&op=is&value=Sales&sort=-roles"
    olive, alma = sign_in("olive"), sign_in("alma")
    assert keep(olive, review, " Sales,  by role ", query).location.endswith(query)
    here = f"/reviews/{review.id}/items"
    assert "Sales, by role" in olive.get(here).text
    assert "Sales, by role" not in alma.get(here).text
    assert keep(olive, review, "For all", query, shared="1").status_code == 403
    keep(alma, review, "For all", query, shared="1")
    assert "For all" in olive.get(here).text
    ids = dict(db.session.execute(select(TableView.name, TableView.id)).all())
    theirs = olive.post(f"/reviews/{review.id}/views/{ids['For all']}/removal")
    assert theirs.status_code in (400, 422)
    olive.post(f"/reviews/{review.id}/views/{ids['Sales, by role']}/removal")
    assert db.session.scalars(select(TableView.name)).all() == ["For all"]


def test_the_table_of_a_review_is_arranged_by_who_sees_it(sign_in, review):
    stranger = sign_in("rita")
    assert stranger.get(f"/reviews/{review.id}/columns").status_code == 404
    assert arrange(stranger, review, "roles").status_code == 404
    assert keep(stranger, review, "Mine").status_code == 404
    assert stranger.post(f"/reviews/{review.id}/views/1/removal").status_code == 404
