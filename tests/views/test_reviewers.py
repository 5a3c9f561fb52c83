"""The pages on which reviewers are changed while a campaign runs."""

from sqlalchemy import select

from policies.assignment import Basis, By, Handing, Level, Reassigning, Reviewing
from portal.db import db
from portal.models import Reassignment
from tests.factories import items_of, launch, salesforce, start
from tests.story import story

RITA = {"person": "rita@example.com", "reason": "on leave"}


@story
def review(cast, acting):
    salesforce(cast)
    said = Reviewing((Level((Basis(By.OWNER),)),), ())
    return start(launch(acting("alma"), reviewing=said), acting("olive"))


def changes():
    return db.session.scalars(select(Reassignment).order_by(Reassignment.id)).all()


def test_the_reviewers_of_a_campaign_and_what_nobody_reviews(sign_in, review):
    page = sign_in("rhea").get(f"/campaigns/{review.campaign_id}/assignments").text
    assert "Olive Owens" in page
    assert "It is the access of who would review" in page
    assert "Replace" not in page  # she may only read
    assert "Replace" in sign_in("carl").get(f"/campaigns/{review.campaign_id}/assignments").text


def test_a_reviewer_hands_one_account_over(sign_in, cast, review):
    client, here = sign_in("olive"), f"/reviews/{review.id}/reassignment"
    item = items_of(review)["max"].id
    asked = client.get(f"{here}?item={item}").text
    assert "Hand over 1 account" in asked
    assert client.post(here, data={"item": item, "person": "", "reason": ""}).status_code == 422
    answer = client.post(here, data={"item": item, "person": "Rita", "reason": "knows him"})
    assert answer.status_code == 303
    (change,) = changes()
    assert (change.taker.name, change.giver.name, change.items) == ("Rita Reyes", "Olive Owens", 1)
    page = sign_in("carl").get(f"/campaigns/{review.campaign_id}/assignments").text
    assert "knows him" in page


def test_a_name_of_several_people_is_asked_back(sign_in, review):
    answer = sign_in("olive").post(
        f"/reviews/{review.id}/reassignment", data={"person": "o", "reason": "why not"}
    )
    assert answer.status_code == 422
    assert "Whom do you mean?" in answer.text
    assert 'value="otto@example.com"' in answer.text
    assert changes() == []


def test_the_queue_is_assigned(sign_in, review):
    client, here = sign_in("carl"), f"/reviews/{review.id}/reassignment"
    assert "Nobody reviews these accounts" in client.get(f"{here}?unassigned=1").text
    assert client.post(here, data={**RITA, "unassigned": "1"}).status_code == 303
    assert [(c.change.value, c.items) for c in changes()] == [("assigned", 1)]


def test_a_reviewer_is_replaced_and_another_added(sign_in, cast, review):
    client, here = sign_in("carl"), f"/campaigns/{review.campaign_id}/assignments"
    page = client.get(f"{here}/{cast.olive.id}/replacement").text
    assert "Salesforce: 6 accounts" in page
    done = client.post(f"{here}/{cast.olive.id}/replacement", data={**RITA, "review": ""})
    assert done.location == here
    place = {"place": f"{review.id}:1", "person": "otto@example.com", "reason": "second pair"}
    assert client.post(here, data=place).status_code == 303
    assert [c.change.value for c in changes()] == ["replaced", "added"]
    wrong = client.post(here, data={**RITA, "place": "99:1"})
    assert wrong.status_code == 422
    assert client.get(f"{here}/4711/replacement").status_code == 404


def test_where_a_campaign_forbids_it_reviewers_hand_nothing_on(sign_in, cast, acting):
    salesforce(cast)
    said = Reviewing(reassigning=Reassigning(Handing.NOBODY))
    review = start(launch(acting("alma"), reviewing=said), acting("olive"))
    client, here = sign_in("olive"), f"/reviews/{review.id}"
    assert "Hand over" not in client.get(f"{here}/items").text
    assert client.get(f"{here}/reassignment").status_code == 403
    assert sign_in("max").get(f"{here}/reassignment").status_code == 404
    assert sign_in("alma").get(f"{here}/reassignment").status_code == 200
