"""Planted accounts on pages: asked for in the plan, hidden from reviewers, told of at the end."""

import re
from dataclasses import replace

import pytest
from sqlalchemy import select

from policies.assignment import Reviewing
from policies.care import Care
from policies.planting import SUGGESTED, Planting, planted_in
from portal.db import db
from portal.models import Campaign, Item
from portal.usecases.campaigns import draft_campaign
from portal.usecases.decisions import decide_item
from portal.usecases.reviews import sign_off
from tests.factories import APPROVED, REJECTED, items_of, launch, plan, salesforce, start
from tests.story import story
from tests.views.test_plans import OWNERS

CARE = {**OWNERS, "comments_mode": "optional", "bulk_privileged": "1", "second_look": "0"}


@story
def review(cast, acting):
    salesforce(cast)
    lines = ["Nadia Quillard, Standard User"]  # what "ghost" holds, whomever it is laid beside
    care = Care(planting=Planting(planted_in(lines), 5))
    return start(launch(acting("alma"), reviewing=replace(Reviewing(), care=care)), acting("olive"))


@story
def step(cast, acting):
    salesforce(cast)
    return f"/campaigns/{draft_campaign(plan(), by=acting('alma')).id}/plan/reviewers"


def planting_stored() -> Planting:
    db.session.expire_all()
    return db.session.scalars(select(Campaign)).one().who.care.planting


def test_an_admin_writes_what_is_to_be_planted(sign_in, step):
    alma = sign_in("alma")
    assert "None are, unless you write some here" in alma.get(step).text
    alma.post(step, data=CARE)
    assert not planting_stored()
    lines = "Nadia Quillard, Administrator\nTomas Erringford\n"
    alma.post(step, data={**CARE, "planted": lines, "planted_least": "30"})
    assert planting_stored() == Planting(planted_in(lines.splitlines()), 30)
    page = alma.get(step).text
    assert "Nadia Quillard, Administrator\nTomas Erringford</textarea>" in page
    assert 'value="30"' in page
    summary = alma.get(step.replace("reviewers", "summary")).text
    assert "2 invented accounts are planted in lists of 30 or more" in summary


def test_names_are_suggested_at_a_press_and_nothing_is_saved_by_it(sign_in, step):
    typed = {**CARE, "planted": f"{SUGGESTED[0]}, Owner", "do": "plant"}
    page = sign_in("alma").post(step, data=typed).text
    assert "\n".join([f"{SUGGESTED[0]}, Owner", *SUGGESTED[1:4]]) in page
    assert not planting_stored()


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("Rita Reyes", "could be taken for Rita Reyes, who is in your list of people"),
        ("RITA  reyes, Admin", "could be taken for Rita Reyes"),
        ("Sync Bot", "could be taken for the account sync-bot in Salesforce"),
        ("Nadia", "needs a first and a last name"),
    ],
)
def test_nobody_real_is_planted(sign_in, step, lines, why):
    answer = sign_in("alma").post(step, data={**CARE, "planted": lines})
    assert answer.status_code == 422
    assert why in answer.text
    assert not planting_stored()


def test_a_reviewer_cannot_tell_it_from_the_others(sign_in, review):
    olive, place = sign_in("olive"), f"/reviews/{review.id}"
    item = db.session.scalars(select(Item).where(Item.is_planted)).one()
    listed = olive.get(f"{place}/items").text
    download = olive.get(f"{place}/items.csv").text
    details = olive.get(f"/items/{item.id}").text
    for text in (listed, download, details):
        assert "nquillard" in text
        assert "planted" not in text.lower()
    assert listed.count('id="item_row-') == 7
    ghost = items_of(review)["ghost"]
    row = {login: _row(listed, each) for login, each in (("ghost", ghost), ("nquillard", item))}
    assert _without(row["ghost"], ghost) == _without(row["nquillard"], item)
    assert olive.get(f"/campaigns/{review.campaign_id}/planted").status_code == 404


def _row(page: str, item: Item) -> str:
    start_ = page.index(f'id="item_row-{item.id}"')
    return page[start_ : page.index("</tr>", start_)]


def _without(row: str, item: Item) -> str:
    """A row but for what is the account's own."""
    row = re.sub(r'value="[^"]*"', "", row)  # each form's own proofs
    row = row.replace(f'<span class="person-email">{item.email}</span>', "")
    own = (str(item.id), item.login, "Suspended", "suspended", "active", item.roles)
    return re.sub(rf"\b({'|'.join(own)})\b", "…", row)


def test_whoever_runs_the_campaign_sees_what_came_of_it(sign_in, review, acting):
    place = f"/campaigns/{review.campaign_id}/planted"
    carl = sign_in("carl")
    assert "Planted accounts" in carl.get(f"/campaigns/{review.campaign_id}").text
    before = carl.get(place).text
    assert "nquillard" in before
    assert "Not decided" in before
    decide_item(items_of(review)["nquillard"], REJECTED, version=0, by=acting("olive"))
    after = carl.get(place).text
    assert "by Olive Owens" in after
    assert "One by one" in after
    for who, status in (("rhea", 200), ("ada", 200), ("olive", 404), ("max", 404)):
        assert sign_in(who).get(place).status_code == status
    assert carl.get("/campaigns/999/planted").status_code == 404


def test_a_member_who_reviews_there_is_not_shown_their_own(sign_in, cast, acting):
    salesforce(cast)
    care = Care(planting=Planting(planted_in(["Nadia Quillard"]), 5))
    said = replace(plan([cast.carl.id]).reviewing, care=care)
    review = start(launch(acting("alma"), reviewing=said), acting("carl"))
    place = f"/campaigns/{review.campaign_id}/planted"
    carl = sign_in("carl").get(place).text
    assert "nquillard" not in carl
    assert "1 planted account is in lists that you review yourself" in carl
    assert "nquillard" in sign_in("alma").get(place).text


def test_a_campaign_without_any_says_how_there_would_be(sign_in, cast, acting):
    salesforce(cast)
    campaign = launch(acting("alma"))
    page = sign_in("alma").get(f"/campaigns/{campaign.id}/planted").text
    assert "Nothing is planted" in page
    assert f"/campaigns/{campaign.id}/planted" not in sign_in("alma").get(
        f"/campaigns/{campaign.id}"
    ).text.replace("/planted/", "")


@pytest.mark.parametrize(
    ("verdict", "said"),
    [(REJECTED, "You caught it. Thank you"), (APPROVED, "It was kept, which is easily done")],
)
def test_the_reviewer_is_told_kindly_when_nothing_can_change_any_more(
    sign_in, review, acting, verdict, said
):
    olive, place = sign_in("olive"), f"/reviews/{review.id}"
    for login, item in items_of(review).items():
        how = verdict if login == "nquillard" else APPROVED
        by = acting("alma" if login == "olive" else "olive")
        decide_item(item, how, version=item.version, by=by)
    sign_off(review, by=acting("olive"))
    assert "planted" not in olive.get(f"{place}/result").text.lower()
    sign_off(review, by=acting("alma"))
    result = olive.get(f"{place}/result").text
    assert "1 planted account was among yours" in result
    assert said in result
    assert "planted" not in sign_in("alma").get(f"{place}/result").text
    assert olive.get(f"{place}/items").text.count(">Planted<") == 1
    assert "nquillard" not in olive.get(f"{place}/items.csv").text
