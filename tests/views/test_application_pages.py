"""The pages of one application: who holds access, its imports, reviews and trail; for whom."""

import csv
import re
from datetime import timedelta
from io import StringIO

import pytest
from sqlalchemy import select

from policies.lifecycle import ReportState
from policies.permissions import SYSTEM
from policies.scopes import Access, Scope
from portal import clock
from portal.db import db
from portal.models import Instance, Member, Setting, Sync
from portal.queries.links import url_of
from portal.usecases.applications import hide_application, set_owners
from portal.usecases.decisions import decide_item
from portal.usecases.links import write_link
from portal.usecases.reports import order_report
from portal.usecases.reviews import sign_off, submit_review
from portal.usecases.roles import RoleText, create_role
from tests.factories import (
    APPROVED,
    REJECTED,
    items_of,
    launch,
    make_account,
    make_application,
    make_sync,
    salesforce,
    start,
)
from tests.story import story

TABS = ("people", "accounts", "imports", "reviews", "documents", "trail")


@story
def crm(cast):
    """Olive's Salesforce, where Max has four more logins in another instance."""
    application = salesforce(cast)
    other = Instance(application_id=application.id, name="Sandbox")
    db.session.add(other)
    db.session.flush()
    for number in range(4):
        make_account(
            application,
            f"max{number}@sandbox",
            person=cast.max,
            instance_id=other.id,
            roles="API" if number else "Admin of all",
            last_used_at=clock.now() - timedelta(days=number),
        )
    return application


@pytest.fixture
def owner(app, cast, crm):
    """Olive's client, who is no member and came by her invitation."""
    db.session.add(Setting(key="owners_can_access", value=True))
    db.session.commit()
    client = app.test_client()
    path = url_of(write_link(cast.olive, "owner", by=SYSTEM)).removeprefix("http://portal.test")
    assert client.post(path).status_code == 303
    return client


@story
def max_reads(acting, cast):
    """Max may read applications, and nothing else."""
    role = create_role(RoleText("Reader", "", {Scope.APPLICATIONS: Access.READ}), by=acting("alma"))
    db.session.add(Member(person_id=cast.max.id, role_id=role.id, created_at=clock.now()))
    db.session.commit()


def rows(client, url):
    answer = client.get(url)
    assert answer.status_code == 200, url
    return list(csv.DictReader(StringIO(answer.text.removeprefix("\ufeff"))))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Emil Extern", "Max Meyer", "Olive Owens", "Paula Past", "Rita Reyes"]),
        ("q=rita", ["Rita Reyes"]),
        ("field=privileged&op=is&value=yes", ["Max Meyer", "Rita Reyes"]),
        ("field=privileged&op=is&value=no&sort=-name",
         ["Paula Past", "Olive Owens", "Emil Extern"]),
        ("field=accounts&op=more&value=4", ["Max Meyer"]),
        ("field=instance&op=is&value=sandbox", ["Max Meyer"]),
        ("field=roles&op=contains&value=chatter", ["Emil Extern"]),
        ("field=standing&op=is&value=past", ["Paula Past"]),
        ("field=used&op=not-empty", ["Max Meyer"]),
        ("sort=-accounts&field=department&op=is&value=sales",
         ["Max Meyer", "Emil Extern", "Paula Past", "Olive Owens"]),
        ("sort=-used&q=m", ["Max Meyer", "Emil Extern", "Paula Past", "Rita Reyes", "Olive Owens"]),
    ],
)  # fmt: skip
def test_people_stand_once_however_many_accounts_they_have(sign_in, crm, query, expected):
    client = sign_in("rhea")
    found = rows(client, f"/applications/{crm.id}/people/csv?{query}")
    assert [row["Name"] for row in found] == expected
    assert client.get(f"/applications/{crm.id}/people?{query}").status_code == 200


def test_whoever_holds_much_is_shown_through_a_few_accounts_and_a_count(sign_in, crm):
    page = sign_in("rhea").get(f"/applications/{crm.id}/people").text
    assert "and 2 more" in page
    assert "Sandbox" in page
    assert "2 accounts match nobody known" in page
    (row,) = rows(sign_in("rhea"), f"/applications/{crm.id}/people/csv?q=max+meyer")
    assert (row["Accounts"], row["Privileged"]) == ("5", "yes")
    assert row["Logins"].endswith("and 2 more")


def test_people_of_an_application_do_not_exist_for_whoever_may_not_see_people(
    sign_in, max_reads, crm
):
    client = sign_in("max")
    assert f"/applications/{crm.id}/people" not in client.get(f"/applications/{crm.id}").text
    assert client.get(f"/applications/{crm.id}/people").status_code == 404
    assert client.get(f"/applications/{crm.id}/people/csv").status_code == 404


def test_an_owner_sees_every_tab_of_their_own_application_and_none_of_another(owner, cast, crm):
    other = make_application("Figma", cast.otto)
    make_sync(crm)
    for tab in TABS:
        assert owner.get(f"/applications/{crm.id}/{tab}").status_code == 200, tab
        assert owner.get(f"/applications/{crm.id}/{tab}/csv").status_code == 200, tab
        assert owner.get(f"/applications/{other.id}/{tab}").status_code == 404, tab
        assert owner.get(f"/applications/{other.id}/{tab}/csv").status_code == 404, tab
    page = owner.get(f"/applications/{crm.id}/people").text
    assert "Max Meyer" in page
    assert "/people/" not in page.replace(f"/applications/{crm.id}/people/", "")
    assert "list.csv" in owner.get(f"/applications/{crm.id}/imports").text
    for path in ("owners", "edit"):
        seen = owner.get(f"/applications/{crm.id}/{path}").status_code
        assert seen == (200 if path == "edit" else 404)


def test_imports_of_others_are_not_in_the_list_of_whoever_may_not_see_them(
    sign_in, max_reads, crm, cast
):
    mine = make_sync(crm, by_person_id=cast.max.id)
    mine.file_name = "mine.csv"
    db.session.commit()
    url = f"/applications/{crm.id}/imports/csv"
    assert {row["File"] for row in rows(sign_in("max"), url)} == {"mine.csv"}
    assert {row["File"] for row in rows(sign_in("rhea"), url)} == {"mine.csv", "list.csv"}
    assert "list uploaded" not in sign_in("max").get(f"/applications/{crm.id}/trail").text


@pytest.mark.parametrize(
    "query", ["sort=-rows", "sort=gone", "sort=file", "field=state&op=is&value=applied", "q=list"]
)
def test_imports_are_sorted_and_filtered(sign_in, crm, query):
    assert db.session.scalars(select(Sync)).all()
    assert len(rows(sign_in("rhea"), f"/applications/{crm.id}/imports/csv?{query}")) == 1
    page = sign_in("rhea").get(f"/applications/{crm.id}/imports?{query}").text
    assert "list.csv" in page
    assert sign_in("rhea").get(f"/imports?{query}").status_code == 200


@story
def reviewed(cast, acting):
    """Figma, reviewed by Otto in two campaigns; the first is over, with an attestation."""
    application = make_application("Figma", cast.otto)
    make_sync(application)
    make_account(application, "max", person=cast.max)
    make_account(application, "rita", person=cast.rita)
    first = start(launch(acting("alma"), name="Q3 2026"), acting("otto"))
    for item in items_of(first).values():
        decide_item(item, APPROVED, version=item.version, by=acting("otto"))
    sign_off(first, by=acting("otto"))
    submit_review(first, by=acting("otto"))
    report = order_report(first.campaign, "review", review=first, by=acting("alma"))
    report.state = ReportState.READY
    db.session.commit()
    second = start(launch(acting("alma"), name="Q4 2026"), acting("otto"))
    item = items_of(second)["max"]
    decide_item(item, REJECTED, comment="left", version=item.version, by=acting("otto"))
    db.session.commit()
    return application, report


def test_reviews_tell_what_each_came_to(sign_in, reviewed):
    application, report = reviewed
    url = f"/applications/{application.id}/reviews"
    found = rows(sign_in("rhea"), f"{url}/csv?sort=due")
    assert [(row["Campaign"], row["Approved"], row["Rejected"]) for row in found] == [
        ("Q3 2026", "2", "0"),
        ("Q4 2026", "0", "1"),
    ]
    page = sign_in("rhea").get(url).text
    assert f"/reports/{report.id}/download" in page
    assert [row["Campaign"] for row in rows(sign_in("rhea"), f"{url}/csv?sort=-campaign")] == [
        "Q4 2026",
        "Q3 2026",
    ]
    rejected = rows(sign_in("rhea"), f"{url}/csv?field=rejected&op=more&value=0")
    assert [row["Campaign"] for row in rejected] == ["Q4 2026"]
    overview = sign_in("rhea").get("/applications?sort=-reviewed").text
    assert "Last review" in overview


def test_reviews_list_only_what_may_be_seen_of_them(sign_in, reviewed, max_reads):
    application, report = reviewed
    url = f"/applications/{application.id}/reviews"
    page = sign_in("max").get(url).text
    assert "Q3 2026" not in page
    assert f"/reports/{report.id}/download" not in page


def test_the_trail_has_what_happened_to_this_application_alone(sign_in, acting, cast, crm):
    other = make_application("Figma", cast.otto)
    set_owners(crm, [cast.olive, cast.rita], primary=cast.rita, by=acting("ivan"))
    hide_application(other, by=acting("ivan"))
    client = sign_in("rhea")
    found = rows(client, f"/applications/{crm.id}/trail/csv")
    assert {row["verb"] for row in found} == {"application owners set", "list downloaded"}
    assert "Application owners set" in client.get(f"/applications/{crm.id}/trail").text
    asked = "field=what&op=contains&value=hidden"
    assert rows(client, f"/applications/{other.id}/trail/csv?{asked}")
    assert not rows(client, f"/applications/{crm.id}/trail/csv?{asked}")


def test_hidden_applications_have_a_page_of_their_own(sign_in, cast, crm):
    client = sign_in("ivan")
    make_application("Figma", cast.otto, state="in review")
    figma = client.get("/applications?q=figma").text
    assert "In review" in figma
    number = re.search(r'href="/applications/(\d+)"', figma)[1]
    client.post(f"/settings/hidden-applications/{number}/hide")
    assert "Figma" not in client.get("/applications").text.replace("Figma is hidden", "")
    assert "Figma" in sign_in("rhea").get("/settings/hidden-applications").text
    assert "Show again" not in sign_in("rhea").get("/settings/hidden-applications").text
    assert rows(client, "/settings/hidden-applications/csv")[0]["Name"] == "Figma"
    client.post(f"/settings/hidden-applications/{number}/show")
    assert "No application is hidden" in client.get("/settings/hidden-applications").text
    assert rows(client, "/applications/csv?q=figma")[0]["State"] == "in review"


def test_tabs_of_the_list_count_what_else_is_asked_for(sign_in, cast):
    for name, state in (("Figma", "sanctioned"), ("Miro", "closed"), ("Mural", "closed")):
        make_application(name, cast.otto, state=state)
    page = sign_in("rhea").get("/applications?q=m").text
    assert 'All <span class="count">3</span>' in page
    assert 'Closed <span class="count">2</span>' in page
    assert 'Sanctioned <span class="count">1</span>' in page
    page = sign_in("rhea").get("/applications?q=m&join=or&field=state&op=is&value=closed").text
    assert "Figma" not in page
    assert 'Sanctioned <span class="count">1</span>' in page
