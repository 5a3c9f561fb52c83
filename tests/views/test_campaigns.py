"""The pages of campaigns: the list, launching, following, cancelling. Planning: test_plans.py."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from policies.lifecycle import CampaignState, ReviewState
from portal import clock
from portal.db import db
from portal.models import Letter
from portal.usecases.campaigns import draft_campaign, schedule_campaign
from portal.usecases.reviews import fail_review
from tests.factories import launch, make_application, plan, salesforce, start
from tests.story import story

LAUNCHING = {"HX-Request": "true", "HX-Target": "launching"}


@story
def applications(cast):
    return salesforce(cast), make_application("Figma", cast.otto), make_application("Miro")


@pytest.mark.parametrize("who", ["olive", "max"])
@pytest.mark.parametrize("path", ["/campaigns", "/campaigns/new"])
def test_for_those_without_campaigns_the_pages_do_not_exist(sign_in, who, path):
    assert sign_in(who).get(path).status_code == 404


def test_without_campaigns_the_list_teaches_the_next_step(sign_in):
    page = sign_in("carl").get("/campaigns").text
    assert "No active campaign" in page
    assert "Plan a campaign" in page
    assert "Plan a campaign" not in sign_in("ada").get("/campaigns").text


def test_the_list_shows_progress_trouble_and_what_is_overdue(sign_in, acting, applications):
    campaign = launch(acting("alma"))
    fail_review(campaign.reviews[0], "Its source was removed.")
    page = sign_in("ada").get("/campaigns").text
    assert "0 of 3" in page
    assert "1 review in error" in page
    assert "Overdue" not in page
    clock.shift(timedelta(days=15))
    assert "Overdue" in sign_in("ada").get("/campaigns").text


@pytest.mark.parametrize("tab", ["draft", "scheduled", "completed", "archived", "nonsense"])
def test_an_empty_tab_says_what_will_be_there(sign_in, tab):
    page = sign_in("ada").get(f"/campaigns?tab={tab}").text
    assert ("No active campaign" if tab == "nonsense" else "Nothing here") in page


def test_a_draft_shows_what_launching_would_do_and_can_be_deleted(sign_in, acting, applications):
    campaign = draft_campaign(plan(), by=acting("alma"))
    client, here = sign_in("carl"), f"/campaigns/{campaign.id}"
    page = client.get(here).text
    assert "Go on planning" in page
    assert client.post(f"{here}/deletion").status_code == 303
    assert client.get(here).status_code == 404


def test_launching_is_followed_until_the_reviews_are_there(sign_in, acting, applications, run_jobs):
    campaign = draft_campaign(plan(), by=acting("alma"))
    client, here = sign_in("carl"), f"/campaigns/{campaign.id}"
    assert client.post(f"{here}/publication").location == here
    assert "The campaign is being launched" in client.get(here).text
    part = client.get(here, headers=LAUNCHING)
    assert part.text.strip().startswith('<div id="launching"')
    assert "<html" not in part.text
    run_jobs()
    assert client.get(here, headers=LAUNCHING).headers["HX-Refresh"] == "true"
    page = client.get(here).text
    assert "Being launched" not in page
    assert "Salesforce" in page
    assert "Alma Ahlgren <span" in page  # the fallback for Miro
    assert len(db.session.scalars(select(Letter).where(Letter.kind == "invitation")).all()) == 3


def test_a_launch_that_takes_long_says_what_to_look_at(sign_in, acting, applications):
    campaign = draft_campaign(plan(), by=acting("alma"))
    schedule_campaign(campaign, by=acting("alma"))
    client = sign_in("carl")
    clock.shift(timedelta(minutes=5))
    assert "as soon as a worker runs" in client.get(f"/campaigns/{campaign.id}").text


def test_a_launched_campaign_is_locked(sign_in, acting, applications):
    campaign = launch(acting("alma"))
    client, here = sign_in("carl"), f"/campaigns/{campaign.id}"
    page = client.get(here).text
    assert "Edit</span>" not in page
    for step in ("applications", "users", "reviewers", "guidance", "schedule", "summary"):
        assert client.get(f"{here}/plan/{step}").status_code == 409
    assert client.post(f"{here}/publication").status_code == 409
    assert client.post(f"{here}/deletion").status_code == 409


def test_a_campaign_shows_where_its_reviews_stand(sign_in, acting, applications):
    campaign = launch(acting("alma"), application_filter=[[["name", "is", "Salesforce"]]])
    start(campaign, acting("olive"))
    page = sign_in("ada").get(f"/campaigns/{campaign.id}").text
    assert "0 / 7" in page
    assert "Olive Owens" in page
    assert "Name is Salesforce" in page
    assert "Cancel" not in page.partition("<main")[2].partition("</main>")[0]


def test_a_campaign_that_matched_nothing_says_so(sign_in, acting):
    campaign = launch(acting("alma"))
    page = sign_in("carl").get(f"/campaigns/{campaign.id}").text
    assert "This campaign is archived" in page
    assert "No application matched." in page


def test_cancelling_a_campaign_shows_what_ends_and_asks_why(sign_in, acting, applications):
    campaign = launch(acting("alma"))
    client, here = sign_in("carl"), f"/campaigns/{campaign.id}"
    page = client.get(f"{here}/cancellation").text
    assert "3 open reviews will be cancelled" in page
    assert "Figma" in page
    assert client.post(f"{here}/cancellation", data={"reason": ""}).status_code == 422
    assert client.post(f"{here}/cancellation", data={"reason": "Wrong year"}).location == here
    db.session.expire_all()
    assert campaign.state is CampaignState.CANCELLED
    assert {review.state for review in campaign.reviews} == {ReviewState.CANCELLED}
    assert "Wrong year" in client.get(here).text


@pytest.mark.parametrize("who", ["ada", "rhea"])
def test_who_may_only_read_changes_nothing(sign_in, acting, applications, who):
    campaign = draft_campaign(plan(), by=acting("alma"))
    client, here = sign_in(who), f"/campaigns/{campaign.id}"
    assert "publish" not in client.get(here).text
    for path in ("/plan/users", "/publication", "/copies", "/deletion", "/cancellation"):
        assert client.post(f"{here}{path}").status_code == 403
    assert client.post("/campaigns").status_code == 403
    assert client.get("/campaigns/new").status_code == 403
