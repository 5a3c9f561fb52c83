"""What reviewers see of changes and recommendations, and what they do with them."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from policies.lifecycle import ReviewState
from portal import clock
from portal.db import db
from portal.models import Account, Campaign, Decision, DutyConflict, TrailLine
from portal.usecases.campaigns import draft_campaign
from tests.factories import (
    APPROVED,
    REJECTED,
    UNDECIDED,
    items_of,
    launch,
    make_account,
    make_application,
    make_sync,
    plan,
    salesforce,
    start,
)

CONFLICTS = "/settings/conflicts-of-duties"
PAIR = {
    "one_application": "salesforce",
    "one_entitlement": "system admin",
    "other_application": "Salesforce",
    "other_entitlement": "Standard User",
    "why": "Nobody both sells and keeps the books.",
}


@pytest.fixture
def review(cast, acting):
    """Salesforce, reviewed before: Max was rejected then and is still there, Emil is gone."""
    application = salesforce(cast)
    for account in db.session.scalars(select(Account)):
        account.last_used_at = clock.now() - timedelta(days=200 if account.login == "ghost" else 1)
    last = start(launch(acting("alma"), name="Q3 2026"), acting("olive"))
    for login, item in items_of(last).items():
        item.verdict = REJECTED if login == "max" else APPROVED
    last.state, last.submitted_at = ReviewState.COMPLETED, clock.now()
    gone = select(Account).where(Account.login == "emil")
    db.session.scalars(gone).one().gone_at = clock.now()
    cast.rita.department = "Legal"
    db.session.commit()
    make_account(application, "newcomer", person=cast.max, last_used_at=clock.now())
    return start(launch(acting("alma")), acting("olive"))


def verdicts(review):
    db.session.expire_all()
    return {login: item.verdict for login, item in items_of(review).items()}


def accepting(client, review, seen, **form):
    return client.post(f"/reviews/{review.id}/recommendations", data={"seen": seen, **form})


def test_accepting_decides_what_is_clear_and_is_undone_at_once(sign_in, review):
    client, found = sign_in("olive"), items_of(review)
    advice = {login: item.recommendation for login, item in found.items()}
    assert advice["max"] == "reject"
    page = client.get(f"/reviews/{review.id}/recommendations").text
    approve = [k for k, a in advice.items() if a == "approve" and not found[k].is_privileged]
    reject = [k for k, a in advice.items() if a == "reject"]
    mine = {"approved": set(approve) - {"olive"}, "rejected": set(reject) - {"olive"}}
    count = len(mine["approved"]) + len(mine["rejected"])
    assert f"Accept {count} recommendations?" in page
    assert accepting(client, review, count).status_code == 303
    now = verdicts(review)
    assert {k for k, v in now.items() if v is APPROVED} == mine["approved"]
    assert {k for k, v in now.items() if v is REJECTED} == mine["rejected"]
    bulk = db.session.scalars(select(Decision.bulk_id).distinct()).one()
    line = db.session.scalars(
        select(TrailLine).where(TrailLine.verb == "recommendations accepted")
    ).one()
    assert line.details["count"] == count
    client.post(f"/reviews/{review.id}/bulk/{bulk}/undo")
    assert set(verdicts(review).values()) == {UNDECIDED}


def test_privileged_access_is_never_approved_by_accepting(sign_in, review):
    rita = items_of(review)["rita"]
    rita.recommendation, rita.reasons = "approve", ""
    db.session.commit()
    client = sign_in("olive")
    page = client.get(f"/reviews/{review.id}/recommendations").text
    assert "Privileged, left for you to approve" in page
    count = int(page.partition('name="seen" value="')[2].partition('"')[0])
    accepting(client, review, count)
    assert verdicts(review)["rita"] is UNDECIDED


def test_what_was_not_counted_is_not_accepted(sign_in, review):
    answer = accepting(sign_in("olive"), review, 99)
    assert answer.status_code == 409
    assert "Nothing was decided." in answer.text
    assert set(verdicts(review).values()) == {UNDECIDED}


def test_against_the_recommendation_is_marked_and_can_be_filtered(sign_in, review):
    client, item = sign_in("olive"), items_of(review)["max"]
    data = {"verdict": "approved", "version": item.version}
    client.post(f"/items/{item.id}/decision", data=data)
    page = client.get(f"/reviews/{review.id}/items?field=is_against&op=is&value=yes").text
    assert "Against recommendation</span>" in page
    assert "rejected last time, and still there" in page
    assert 'id="item_row-' in page
    assert page.count('<tr id="item_row-') == 1


def test_the_details_tell_what_is_known_in_a_part_or_a_page(sign_in, review):
    client, item = sign_in("olive"), items_of(review)["rita"]
    headers = {"HX-Request": "true", "HX-Target": "item_details"}
    part, page = client.get(f"/items/{item.id}", headers=headers), client.get(f"/items/{item.id}")
    assert part.text.strip().startswith('<div id="item_details"')
    assert "Back to the list" in page.text
    for said in ("System Admin", "→ Legal", "Q3 2026", "Approved"):
        assert said in part.text
        assert said in page.text


def test_what_else_somebody_holds_is_for_those_who_may_know(cast, sign_in, acting, review):
    vault = make_application("Vault", cast.otto)
    make_sync(vault)
    make_account(vault, "rr", person=cast.rita, roles="Keeper of keys")
    address = f"/items/{items_of(review)['rita'].id}"
    cast.rita.manager_id = None
    db.session.commit()
    assert "Keeper of keys" in sign_in("alma").get(address).text
    seen = sign_in("olive").get(address).text
    assert "Keeper of keys" not in seen
    assert "1 account in applications that are not yours to see" in seen
    cast.rita.manager_id = cast.olive.id
    db.session.commit()
    assert "Keeper of keys" in sign_in("olive").get(address).text
    assert sign_in("max").get(address).status_code == 404


def test_the_details_ask_the_same_of_any_review(sign_in, review, counting):
    client, item = sign_in("olive"), items_of(review)["rita"]
    address = f"/items/{item.id}"
    client.get(address)
    db.session.expire_all()
    with counting() as few:
        client.get(address)
    for nth in range(20):
        make_account(review.application, f"more{nth}", person=item.person, roles="Standard User")
    db.session.expire_all()
    with counting() as many:
        client.get(address)
    assert few.count == many.count


def test_what_is_gone_is_listed(sign_in, review):
    client = sign_in("olive")
    assert "1 account gone since the last review" in client.get(f"/reviews/{review.id}/items").text
    page = client.get(f"/reviews/{review.id}/gone").text
    assert "Emil Extern" in page
    assert "Q3 2026" in page
    assert sign_in("max").get(f"/reviews/{review.id}/gone").status_code == 404


def test_a_campaign_may_open_with_only_what_changed(sign_in, review):
    client = sign_in("olive")
    assert client.get(f"/reviews/{review.id}").location.endswith("/items")
    review.campaign.guidance = {"start": "changed"}
    db.session.commit()
    there = client.get(f"/reviews/{review.id}").location
    assert there.endswith("/items?join=or&field=is_different&op=is&value=yes")
    page = client.get(there).text
    assert page.count('<tr id="item_row-') == 2  # the newcomer, and Rita, who moved


def test_what_was_launched_is_guided_as_it_is(sign_in, cast, acting):
    salesforce(cast)
    campaign = launch(acting("alma"))
    assert sign_in("alma").get(f"/campaigns/{campaign.id}/plan/guidance").status_code == 409


def test_switching_rules_off_is_kept(sign_in, cast, acting):
    draft = draft_campaign(plan(), by=acting("alma"))
    address = f"/campaigns/{draft.id}/plan/guidance"
    assert "Never used" in sign_in("alma").get(address).text
    form = {"on": ["past", "few"], "start": "changed", "go": "close"}
    assert sign_in("alma").post(address, data=form).status_code == 303
    kept = db.session.get_one(Campaign, draft.id).guides
    assert kept.on == {"past", "few"}
    assert kept.start.value == "changed"


def test_conflicts_of_duties_are_named_in_settings(sign_in, cast):
    salesforce(cast)
    client = sign_in("alma")
    assert client.post(CONFLICTS, data=PAIR).status_code == 303
    page = client.get(CONFLICTS).text
    assert "Nobody both sells" in page
    again = client.post(CONFLICTS, data=PAIR)
    assert again.status_code == 422
    assert "named already" in again.text
    wrong = client.post(CONFLICTS, data=PAIR | {"one_entitlement": "Sysadmin"})
    assert "No list of Salesforce has “Sysadmin”. Its lists have, for example, API" in wrong.text
    (pair,) = db.session.scalars(select(DutyConflict))
    assert client.get(f"{CONFLICTS}/{pair.id}/remove").status_code == 200
    assert client.post(f"{CONFLICTS}/{pair.id}/remove").status_code == 303
    assert db.session.scalar(select(DutyConflict)) is None
    assert client.get(f"{CONFLICTS}/{pair.id}/remove").status_code == 404


def test_conflicts_of_duties_are_read_by_some_and_named_by_few(sign_in, cast):
    assert sign_in("carl").get(CONFLICTS).status_code == 200
    assert sign_in("carl").post(CONFLICTS, data=PAIR).status_code == 403
    assert sign_in("olive").get(CONFLICTS).status_code == 404
