"""Planning a campaign: each step shows what it means now and saves the draft; then publishing."""

import json
import re
from datetime import timedelta

from sqlalchemy import func, select

from policies.assignment import Basis, By, Level, Reviewing, Which
from policies.lifecycle import CampaignState
from policies.user_scope import Services, UserScope
from portal import clock
from portal.db import db
from portal.models import Campaign, DryRun, Template, TrailLine
from portal.queries.dry_runs import dry_run_of
from portal.usecases.campaigns import draft_campaign
from tests.factories import launch, make_account, make_application, make_sync, plan, salesforce
from tests.story import story

PREVIEW = {"HX-Request": "true", "HX-Target": "plan_preview"}
ROWS = {"HX-Request": "true", "HX-Target": "plan_rows"}
SANCTIONED = {
    "app_join": "or",
    "app_field": "state",
    "app_op": "is",
    "app_value": "sanctioned",
}
OWNERS = {
    "levels": "1",
    "l1_by": "owner:primary",
    "l1_people": "",
    "l1_instance": "",
    "fall_by": "campaign owner",
    "fall_people": "",
    "fall_instance": "",
    "rem_by": "owner:primary",
    "rem_people": "",
    "rem_instance": "",
    "handing": "anybody",
}


@story
def applications(cast):
    return salesforce(cast), make_application("Figma", cast.otto), make_application("Miro")


@story
def draft(applications, acting):
    return draft_campaign(plan(), by=acting("alma"))


@story
def here(draft):
    return f"/campaigns/{draft.id}/plan"


def stored():
    db.session.expire_all()
    return db.session.scalars(select(Campaign).order_by(Campaign.id.desc())).first()


def test_a_new_campaign_starts_from_a_template_an_earlier_one_or_nothing(sign_in, draft):
    client = sign_in("carl")
    page = client.get("/campaigns/new").text
    for name in ("Quarterly, all sanctioned", "Privileged, monthly", "Leavers, weekly"):
        assert name in page
    assert "PCI DSS 7.2.4" in page
    answer = client.post("/campaigns", data={"template": "privileged"})
    campaign = stored()
    assert answer.location == f"/campaigns/{campaign.id}/plan/applications"
    assert campaign.user_scope is UserScope.PRIVILEGED
    assert "ISO 27001 A.8.2" in campaign.frameworks
    assert "days after the launch" in client.get("/campaigns?tab=draft").text
    assert "every month on day 1" in client.get(f"/campaigns/{campaign.id}/plan/summary").text
    client.post("/campaigns", data={"copied": str(campaign.id)})
    assert (stored().name, stored().user_scope) == ("Copy of Privileged, monthly", "privileged")
    client.post("/campaigns")
    assert stored().application_filter == [[["state", "is", "sanctioned"]]]
    assert client.post("/campaigns", data={"template": "nonsense"}).status_code == 404


def test_the_applications_step_follows_what_is_typed_and_saves_nothing_by_that(
    sign_in, here, draft
):
    client = sign_in("carl")
    assert "3 applications match" in client.get(f"{here}/applications").text
    narrowed = SANCTIONED | {"app_field": "name", "app_value": "figma", "name": "Q4"}
    part = client.post(f"{here}/applications", data=narrowed | {"preview": "1"}, headers=PREVIEW)
    assert part.text.strip().startswith('<section id="plan_preview"')
    assert ("Figma" in part.text, "Salesforce" in part.text) == (True, False)
    assert part.headers["X-Announce"] == "1%20application"
    assert stored().application_filter == []
    wrong = narrowed | {"app_field": "accounts", "app_op": "more", "app_value": "many"}
    said = "“many” is not a number for Users"
    assert said in client.post(f"{here}/applications", data=wrong | {"preview": "1"}).text
    assert client.post(f"{here}/applications", data=wrong).status_code == 422
    assert client.post(f"{here}/applications", data=narrowed | {"name": " "}).status_code == 422
    answer = client.post(f"{here}/applications", data=narrowed | {"frameworks": ["SOC 2 CC6.2"]})
    assert answer.location == f"{here}/users"
    assert stored().application_filter == [[["name", "is", "figma"]]]
    assert stored().frameworks == ["SOC 2 CC6.2"]


def test_conditions_are_added_and_removed_without_scripts(sign_in, here):
    client = sign_in("carl")
    page = client.post(f"{here}/applications", data=SANCTIONED | {"name": "Q4", "app_do": "or"})
    assert page.text.count('name="app_field"') == 2
    assert "Or these conditions" in page.text
    part = client.post(
        f"{here}/applications", data=SANCTIONED | {"app_do": "remove-0"}, headers=ROWS
    )
    assert part.text.count('name="app_field"') == 1
    assert part.headers["HX-Trigger-After-Settle"] == "plan-changed"


def test_many_applications_are_shown_page_by_page(sign_in, here, cast):
    for number in range(20):
        make_application(f"Tool {number:02}", cast.otto)
    client = sign_in("carl")
    assert "Page 1 of 2" in client.get(f"{here}/applications").text
    part = client.post(
        f"{here}/applications", data=SANCTIONED | {"name": "Q4", "page": "2"}, headers=PREVIEW
    )
    assert "Page 2 of 2" in part.text
    assert "Tool 19" in part.text


def test_the_user_step_counts_and_shows_samples(sign_in, here, draft):
    client = sign_in("carl")
    page = client.get(f"{here}/users").text
    assert "7 accounts of 5 people" in page
    data = {"user_scope": "external", "inactive_days": "90", "services": "out"}
    part = client.post(f"{here}/users", data=data | {"preview": "1"}, headers=PREVIEW).text
    assert "1 account of 1 person" in part
    assert "Emil Extern" in part
    assert "external people, without service accounts" in part
    assert client.post(f"{here}/users", data=data | {"go": "applications"}).location == (
        f"{here}/applications"
    )
    assert (stored().user_scope, stored().services) == (UserScope.EXTERNAL, Services.OUT)
    nothing = client.post(f"{here}/users", data=data | {"user_scope": "filter"})
    assert (nothing.status_code, "Add a condition" in nothing.text) == (422, True)


def test_fields_of_an_application_come_when_the_first_step_names_it(sign_in, here, draft):
    client = sign_in("carl")
    assert "License" not in client.get(f"{here}/users").text
    client.post(
        f"{here}/applications",
        data=SANCTIONED | {"app_field": "name", "app_value": "Salesforce", "name": "Q4"},
    )
    page = client.get(f"{here}/users").text
    assert all(f">{name}</option>" in page for name in ("License", "Roles", "Instance", "Team"))
    chosen = {"user_field": "a.Team", "user_op": "is", "user_value": "IT", "user_join": "or"}
    data = {"user_scope": "filter", "services": "in", "inactive_days": "90", **chosen}
    assert (
        "1 account of 0 people"
        in client.post(f"{here}/users", data=data | {"preview": "1"}, headers=PREVIEW).text
    )


def test_the_reviewer_step_says_who_would_review_what_and_what_nobody_would(sign_in, here, draft):
    client = sign_in("carl")
    page = client.get(f"{here}/reviewers").text
    assert "All owners of the application" in page
    nobody = OWNERS | {"fall_by": ""}
    part = client.post(f"{here}/reviewers", data=nobody | {"preview": "1"}, headers=PREVIEW).text
    assert "Olive Owens" in part
    assert "2 applications have accounts that would fall to nobody" in part
    assert "the application has no owner" in part
    named = OWNERS | {"l1_by": "named", "l1_people": "rita@example.com, rufus@example.com"}
    answer = client.post(f"{here}/reviewers", data=named | {"instructions": "Admins first."})
    assert answer.location == f"{here}/guidance"
    said = stored().who
    assert (said.levels[0].bases[0].by, len(said.levels[0].bases[0].people)) == (By.NAMED, 2)
    assert (said.remediation[0].which, stored().instructions) == (Which.PRIMARY, "Admins first.")
    assert "rita@example.com, rufus@example.com" in client.get(f"{here}/reviewers").text
    wrong = client.post(f"{here}/reviewers", data=OWNERS | {"l1_by": "named", "l1_people": "x@y.z"})
    assert (wrong.status_code, "Nobody has the address “x@y.z”" in wrong.text) == (422, True)


def test_levels_and_lines_are_added_and_removed_without_scripts(sign_in, here):
    client = sign_in("carl")
    page = client.post(f"{here}/reviewers", data=OWNERS | {"do": "level"}).text
    assert "Reviewers of level 2" in page
    assert "The manager of the reviewer below" in page
    part = client.post(f"{here}/reviewers", data=OWNERS | {"do": "add-fall"}, headers=ROWS).text
    assert part.count('name="fall_by"') == 2
    part = client.post(
        f"{here}/reviewers", data=OWNERS | {"do": "remove-fall-0"}, headers=ROWS
    ).text
    assert 'name="fall_by"' not in part


def test_published_it_launches_and_what_it_was_to_do_is_kept(sign_in, here, draft, run_jobs):
    client = sign_in("carl")
    page = client.get(f"{here}/summary").text
    assert "Publish and launch now" in page
    assert "2 applications have no fresh list" in page
    assert client.post(f"/campaigns/{draft.id}/publication").status_code == 303
    run_jobs()
    assert stored().state is CampaignState.ACTIVE
    assert stored().due_at - clock.now() > timedelta(days=13)
    kept = client.get(f"/campaigns/{draft.id}/dry-run").text
    assert "Kept when it was published" in kept
    assert "everybody" in kept
    row = db.session.scalars(select(DryRun)).one()
    assert row.facts["totals"]["accounts"] == 7
    assert row.sha256 in json.dumps(db.session.scalars(select(TrailLine.content)).all())
    assert sign_in("ada").get(f"/campaigns/{draft.id}/dry-run").status_code == 200


def test_of_very_many_who_are_asked_the_first_are_shown_and_all_on_request(sign_in, draft):
    row = {"name": "Rita", "email": "", "level": 1, "applications": 1, "accounts": 2}
    facts = {**dry_run_of(draft), "reviewers_rows": [row] * 250}
    db.session.add(
        DryRun(campaign_id=draft.id, at=clock.now(), by_name="Carl", facts=facts, sha256="ab")
    )
    db.session.commit()
    client, shown = sign_in("carl"), ">Rita</span>"
    page = client.get(f"/campaigns/{draft.id}/dry-run").text
    assert (page.count(shown), "The first 200 of 250." in page) == (200, True)
    assert client.get(f"/campaigns/{draft.id}/dry-run?all=1").text.count(shown) == 250


def test_what_is_not_finished_is_not_published(sign_in, draft, here):
    draft.user_scope = UserScope.FILTER
    db.session.commit()
    client = sign_in("carl")
    assert "It cannot be published yet" in client.get(f"{here}/summary").text
    assert client.post(f"/campaigns/{draft.id}/publication").status_code == 422
    assert stored().state is CampaignState.DRAFT


def test_in_one_step_an_application_is_reviewed_by_a_date(sign_in, applications, run_jobs):
    client, figma = sign_in("carl"), applications[1]
    due = (clock.today() + timedelta(days=7)).isoformat()
    assert client.post("/campaigns/one-step", data={"due": due}).status_code == 422
    data = {"application_id": str(figma.id), "due": due}
    look = client.post("/campaigns/one-step", data=data | {"look": "1"})
    assert look.location.endswith("/plan/summary")
    assert stored().state is CampaignState.DRAFT
    assert client.post("/campaigns/one-step", data=data).status_code == 303
    run_jobs()
    assert [review.application.name for review in stored().reviews] == ["Figma"]
    assert stored().due_at.date().isoformat() == due
    late = data | {"due": clock.today().isoformat()}
    assert "Choose a due date" in client.post("/campaigns/one-step", data=late).text


def test_a_campaign_is_kept_as_a_template_renamed_and_deleted(sign_in, acting, applications):
    serves = ("SOC 2 CC6.2",)
    campaign = launch(acting("alma"), user_scope=UserScope.EXTERNAL, frameworks=serves)
    client = sign_in("carl")
    assert "Keep as a template" in client.get(f"/campaigns/{campaign.id}/template").text
    path = f"/campaigns/{campaign.id}/template"
    assert client.post(path, data={"name": "Guests"}).status_code == 303
    assert client.post(path, data={"name": "guests"}).status_code == 422
    template = db.session.scalars(select(Template)).one()
    here = f"/campaigns/templates/{template.id}"
    assert client.post(f"{here}/name", data={"name": "Visitors"}).status_code == 303
    said = client.get("/campaigns/new").text
    assert re.search(r"Visitors</strong><p class=.muted.>SOC 2 CC6.2</p>", said)
    client.post(f"{here}/campaigns")
    assert (stored().name, stored().user_scope) == ("Visitors", UserScope.EXTERNAL)
    assert stored().frameworks == list(serves)
    assert sign_in("ada").post(f"{here}/deletion").status_code == 404
    assert client.post(f"{here}/deletion").status_code == 303
    assert db.session.scalar(select(func.count()).select_from(Template)) == 0
    assert client.post(f"{here}/deletion").status_code == 404


def test_a_scheduled_campaign_is_changed_in_place_and_stays_scheduled(sign_in, acting, draft, here):
    client = sign_in("carl")
    later = {"kind": "once", "first": "2099-01-05", "at": "09:00", "zone": "UTC", "duration": "14"}
    rest = {"every": "1", "unit": "quarter", "day": "last day", "weekday": "1", "number": "1"}
    rest |= {"ends": "never", "overlap": "wait", "undecided": "reject"}
    client.post(f"{here}/schedule", data=later | rest)
    client.post(f"/campaigns/{draft.id}/publication")
    assert stored().state is CampaignState.SCHEDULED
    client.post(f"{here}/applications", data=SANCTIONED | {"name": "Better"})
    assert (stored().name, stored().state) == ("Better", CampaignState.SCHEDULED)
    client.post(f"{here}/schedule", data=later | rest | {"first": "2099-01-06"})
    assert stored().starts_at.date().isoformat() == "2099-01-06"
    assert db.session.scalar(select(func.count()).select_from(DryRun)) == 3
    unfinished = {"user_scope": "filter", "services": "in", "inactive_days": "90"}
    assert client.post(f"{here}/users", data=unfinished).status_code == 422


def test_many_accounts_take_no_more_questions_than_few(sign_in, cast, here, counting):
    client, application = sign_in("carl"), make_application("Bulk", cast.otto)
    make_sync(application)

    def asked(step):
        with counting() as found:
            assert client.get(f"{here}/{step}").status_code == 200
        return found.count

    steps = ("applications", "users", "reviewers", "summary")
    make_account(application, "first", person=cast.max)
    before = [asked(step) for step in steps]
    for number in range(30):
        make_account(application, f"user{number}", roles="Admin")
    assert [asked(step) for step in steps] == before


def test_the_reminder_rule_is_a_part_of_the_schedule(sign_in, draft, here):
    client = sign_in("carl")
    page = client.get(f"{here}/schedule").text
    assert "A reminder 7, 3 and 1 days before the due date." in page
    later = {"kind": "once", "first": "2099-01-05", "at": "09:00", "zone": "UTC", "duration": "14"}
    later |= {"every": "1", "unit": "quarter", "day": "last day", "weekday": "1", "number": "1"}
    later |= {"ends": "never", "overlap": "wait", "undecided": "leave open"}
    own = {"whose": "own", "before": "5", "late_every": "2", "escalate_to": "manager"}
    own = {f"reminders-{key}": value for key, value in (own | {"escalate_how": "inform"}).items()}
    shown = client.post(f"{here}/schedule", data=later | own | {"preview": "1"}).text
    assert "Once it is overdue, a letter every 2 days." in shown
    assert stored().reminders is None
    refused = client.post(f"{here}/schedule", data=later | own | {"reminders-before": "soon"})
    assert refused.status_code == 422
    assert 'href="#reminders-before"' in refused.text
    assert client.post(f"{here}/schedule", data=later | own).status_code == 303
    assert stored().reminders["before"] == [5]
    said = "A reminder 5 days before the due date. Once it is overdue, a letter every 2 days."
    assert said in client.get(f"{here}/summary").text
    assert re.search('<input checked[^>]+value="own"', client.get(f"{here}/schedule").text)
    client.post(f"/campaigns/{draft.id}/publication")
    assert said in " ".join(db.session.scalars(select(DryRun)).one().facts["reminders"])
    client.post(f"{here}/schedule", data=later)  # nothing said of reminders: they stay
    assert stored().reminders["before"] == [5]
    client.post("/campaigns", data={"copied": str(draft.id)})
    assert stored().reminders["before"] == [5]
    client.post(f"{here}/schedule", data=later | {"reminders-whose": "usual"})
    assert db.session.get(Campaign, draft.id).reminders is None


def test_the_page_of_a_draft_says_who_would_review_as_its_summary_does(cast, acting, sign_in):
    cast.max.manager_id = cast.olive.id
    salesforce(cast)
    by_manager = Reviewing((Level((Basis(By.MANAGER),)),), (Basis(By.CAMPAIGN_OWNER),))
    campaign = draft_campaign(plan(reviewing=by_manager), by=acting("carl"))
    client, here = sign_in("carl"), f"/campaigns/{campaign.id}"
    table = re.compile(r'<div[^>]*aria-label="Applications and who decides".*?</table>', re.DOTALL)
    page, summary = client.get(here).text, client.get(f"{here}/plan/summary").text
    assert "Olive Owens" in table.search(page)[0]
    assert "fallback: campaign owner" in table.search(page)[0]
    assert table.search(page)[0] == table.search(summary)[0]
