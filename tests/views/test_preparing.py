"""A campaign in preparation, from its summary to its launch."""

from policies.timing import Timing
from portal.db import db
from portal.models import Campaign
from portal.usecases.campaigns import draft_campaign
from portal.usecases.preparing import launch_prepared
from tests.factories import items_of, plan, salesforce


def test_from_the_summary_by_the_table_to_the_launch(sign_in, cast, acting):
    salesforce(cast)
    draft = draft_campaign(plan(timing=Timing(days=10).as_data()), by=acting("alma"))
    here, client = f"/campaigns/{draft.id}", sign_in("alma")
    assert "Prepare first" in client.get(f"{here}/plan/summary").text
    assert client.post(f"{here}/preparation").status_code == 303
    (review,) = db.session.get_one(Campaign, draft.id).reviews
    shown = client.get(here).text
    assert "only those who run reviews know of it" in shown
    assert "1 person will be written to, about 1 review" in shown
    assert "Reports" not in shown.partition("<main")[2]
    assert f'href="{here}"' in client.get("/campaigns?tab=draft").text
    assert client.post(f"/reviews/{review.id}/start").status_code == 303
    item = items_of(review)["paula"]
    said = {"verdict": "rejected", "version": item.version}
    assert client.post(f"/items/{item.id}/decision", data=said).status_code in (200, 303)
    table = client.get(f"/reviews/{review.id}/items").text
    assert "Nothing is signed off before" in table
    assert client.get(f"/reviews/{review.id}/sign-off").status_code == 403
    assert "1 account decided in preparation stays decided" in client.get(here).text
    olive = sign_in("olive")
    assert "Review who has access" not in olive.get("/tasks").text
    for page in ("", "/items", "/start"):
        assert olive.get(f"/reviews/{review.id}{page}").status_code == 404
    assert olive.get(f"/items/{item.id}").status_code == 404
    client = sign_in("alma")
    assert client.post(f"{here}/early-launch").status_code == 303
    assert "being launched" in client.get(here).text


def test_it_is_read_by_who_reads_campaigns_and_prepared_by_who_runs_them(sign_in, cast, acting):
    salesforce(cast)
    draft = draft_campaign(plan(timing=Timing(days=10).as_data()), by=acting("alma"))
    here = f"/campaigns/{draft.id}"
    assert sign_in("rhea").post(f"{here}/preparation").status_code == 403
    assert sign_in("olive").post(f"{here}/preparation").status_code == 404
    assert sign_in("alma").post("/campaigns/999/preparation").status_code == 404
    assert sign_in("alma").post(f"{here}/preparation").status_code == 303
    shown = sign_in("rhea").get(here)
    assert "In preparation" in shown.text
    assert "early-launch" not in shown.text
    again = sign_in("alma").post(f"{here}/preparation")
    assert again.status_code == 409
    assert "Cannot prepare this campaign: it is in preparation." in again.text


def test_one_without_open_reviews_is_not_launched(sign_in, cast, acting):
    salesforce(cast)
    draft = draft_campaign(plan(timing=Timing(days=10).as_data()), by=acting("alma"))
    client = sign_in("alma")
    client.post(f"/campaigns/{draft.id}/preparation")
    (review,) = db.session.get_one(Campaign, draft.id).reviews
    client.post(f"/reviews/{review.id}/cancellation", data={"reason": "Not this one."})
    refused = client.post(f"/campaigns/{draft.id}/early-launch")
    assert refused.status_code == 422
    assert "None of its reviews is open any more" in refused.text
    assert "early-launch" not in client.get(f"/campaigns/{draft.id}").text


def test_what_waits_for_a_worker_is_told_as_a_launch(sign_in, cast, acting):
    salesforce(cast)
    draft = draft_campaign(plan(timing=Timing(days=10).as_data()), by=acting("alma"))
    client = sign_in("alma")
    client.post(f"/campaigns/{draft.id}/preparation")
    launch_prepared(db.session.get_one(Campaign, draft.id), by=acting("alma"))
    part = client.get(
        f"/campaigns/{draft.id}", headers={"HX-Request": "true", "HX-Target": "launching"}
    )
    assert "The campaign is being launched" in part.text
    assert "Launches" in client.get("/settings/background").text
