"""What people see of a review by entitlement: its plan, its table, details, and what is to go."""

import pytest
from sqlalchemy import select

from policies.filters import Condition, Filter, Op
from policies.user_scope import Granularity
from portal.db import db
from portal.models import Campaign, Item
from portal.usecases.campaigns import draft_campaign
from portal.usecases.decisions import decide_item, decide_view
from portal.usecases.reviews import sign_off
from portal.usecases.templates import duplicate_campaign
from tests.factories import APPROVED, REJECTED, launch, plan, salesforce, start

USERS = {"user_scope": "all", "inactive_days": "90", "services": "in"}
PREVIEW = {"HX-Request": "true", "HX-Target": "plan_preview"}


@pytest.fixture
def review(cast, acting):
    salesforce(cast)
    facts = {"granularity": Granularity.ENTITLEMENT, "remediation_owner_id": cast.rufus.id}
    return start(launch(acting("alma"), **facts), acting("olive"))


def line(login, entitlement):
    query = select(Item).where(Item.login == login, Item.entitlement == entitlement)
    return db.session.scalars(query).one()


def rows_in(page):
    return page.count('<tr id="item_row-')


def test_the_plan_says_how_many_lines_there_are_and_a_copy_keeps_it(sign_in, cast, acting):
    salesforce(cast)
    draft = draft_campaign(plan(), by=acting("alma"))
    client, here = sign_in("alma"), f"/campaigns/{draft.id}/plan"
    assert "7 accounts of 5 people" in client.get(f"{here}/users").text
    data = USERS | {"granularity": "entitlement"}
    part = client.post(f"{here}/users", data=data | {"preview": "1"}, headers=PREVIEW).text
    assert "8 lines: 7 accounts of 5 people" in part
    assert "everybody; one line per entitlement" in part
    privileged = data | {"preview": "1", "user_scope": "privileged"}
    part = client.post(f"{here}/users", data=privileged, headers=PREVIEW).text
    assert "1 line: 1 account of 1 person" in part
    assert '<td data-label="Entitlement"><div class="clamp">System Admin</div></td>' in part
    client.post(f"{here}/users", data=data)
    draft = db.session.get_one(Campaign, draft.id)
    assert draft.granularity is Granularity.ENTITLEMENT
    assert duplicate_campaign(draft, by=acting("alma")).granularity is Granularity.ENTITLEMENT
    said = client.get(f"{here}/summary").text
    assert "one line per entitlement" in said
    assert "8 lines" in said


def test_the_table_shows_each_line_by_its_entitlement(sign_in, review):
    client, here = sign_in("olive"), f"/reviews/{review.id}/items"
    page = client.get(here).text
    assert (rows_in(page), "8 lines" in page) == (7, False)  # her own is for somebody else
    assert 'aria-label="Approve System Admin of Rita Reyes"' in page
    assert "but with less" not in page
    assert "Kept with less" not in page
    assert 'data-label="Entitlement"' in client.get(f"{here}?cols=status").text
    asked = {"field": "entitlement", "op": "is", "value": "standard user", "join": "or"}
    assert rows_in(client.get(here, query_string=asked).text) == 4
    sorted_page = client.get(f"{here}?sort=-entitlement").text
    assert sorted_page.index("System Admin") < sorted_page.index("Chatter External")
    groups = client.get(f"/reviews/{review.id}/groups?by=entitlement").text
    assert "Standard User" in groups


def test_a_decision_is_announced_by_its_line_and_shown_beside_the_others(sign_in, review):
    client, item = sign_in("olive"), line("rita", "System Admin")
    headers = {"HX-Request": "true", "HX-Target": f"item_row-{item.id}"}
    data = {"verdict": "rejected", "version": "0"}
    answer = client.post(f"/items/{item.id}/decision", data=data, headers=headers)
    assert answer.headers["X-Announce"].startswith("System%20Admin%20of%20Rita%20Reyes")
    details = client.get(f"/items/{item.id}").text
    assert "this alone is decided here" in details
    assert "Standard User" in details
    refused = client.post(
        f"/items/{item.id}/change", data={"take": "role: System Admin", "version": "1"}
    )
    assert refused.status_code == 422


def test_what_is_to_go_is_named_grant_by_grant(sign_in, acting, review):
    olive, item = acting("olive"), line("rita", "System Admin")
    decide_item(item, REJECTED, version=0, by=olive)
    rest = Filter(((Condition("verdict", Op.IS, "undecided"),),))
    decide_view(review, rest, APPROVED, seen=10**6, by=olive)
    sign_off(review, by=olive)
    decide_item(line("olive", "Sales Manager"), APPROVED, version=0, by=acting("alma"))
    sign_off(review, by=acting("alma"))
    client = sign_in("rufus")
    page = client.get(f"/reviews/{review.id}/remediation").text
    assert "1 entitlement to remove" in page
    assert "Only System Admin" in page
    assert "1 entitlement from Salesforce" in client.get("/tasks").text
    rows = client.get(f"/reviews/{review.id}/removals.csv").text.splitlines()
    assert '"System Admin, Standard User","role: System Admin"' in rows[1]
