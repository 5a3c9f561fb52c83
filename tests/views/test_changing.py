"""Choosing what an account is to lose: on a page, or in its row; who may."""

import pytest
from sqlalchemy import select

from policies.lifecycle import Verdict
from portal.db import db
from portal.models import Decision, Item
from tests.factories import items_of, launch, salesforce, start
from tests.story import story

ADMIN = "role: System Admin"


@story
def item(cast, acting):
    salesforce(cast)
    return items_of(start(launch(acting("alma")), acting("olive")))["rita"]


def in_row(item):
    return {"HX-Request": "true", "HX-Target": f"item_row-{item.id}"}


def stands(item):
    return db.session.scalar(select(Item.verdict).where(Item.id == item.id))


def test_on_a_page_of_its_own_without_scripts(sign_in, item):
    olive = sign_in("olive")
    page = olive.get(f"/items/{item.id}/change").text
    assert "What should Rita Reyes lose?" in page
    assert 'value="role: Standard User"' in page
    answer = olive.post(f"/items/{item.id}/change", data={"version": 0})
    assert answer.status_code == 422
    assert "Choose at least one" in answer.text
    said = {"version": 0, "takes": ADMIN, "comment": "moved", "opened": "1"}
    answer = olive.post(f"/items/{item.id}/change", data=said)
    assert answer.location.endswith(f"#item_row-{item.id}")
    row = olive.get(f"/reviews/{item.review_id}/items").text
    assert "without System Admin" in row
    assert "<strong>1</strong> changed" in row
    (decision,) = db.session.scalars(select(Decision))
    assert (decision.takes, decision.seconds, decision.batch) == ([ADMIN], 600.0, 1)


def test_in_its_row_and_put_back(sign_in, item):
    olive, where = sign_in("olive"), f"/items/{item.id}/change"
    asked = olive.get(where, headers=in_row(item)).text.strip()
    assert asked.startswith(f'<tr id="item_row-{item.id}"')
    assert "What should Rita Reyes lose?" in asked
    back = olive.get(f"{where}?open=no", headers=in_row(item)).text
    assert "What should Rita Reyes lose?" not in back
    refused = olive.post(where, data={"version": 0}, headers=in_row(item))
    assert (refused.status_code, "Choose at least one" in refused.text) == (422, True)
    done = olive.post(where, data={"version": 0, "takes": ADMIN}, headers=in_row(item)).text
    assert "without System Admin" in done
    stale = olive.post(where, data={"version": 0, "takes": ADMIN}, headers=in_row(item))
    assert stale.status_code == 409
    assert stands(item) is Verdict.CHANGED


@pytest.mark.parametrize(("who", "status"), [("max", 404), ("otto", 404), ("rhea", 403)])
def test_nobody_else_may(sign_in, item, who, status):
    client = sign_in(who)
    assert client.get(f"/items/{item.id}/change").status_code == status
    assert client.post(f"/items/{item.id}/change").status_code == status
    assert sign_in("olive").get("/items/9999/change").status_code == 404
