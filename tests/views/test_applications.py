"""The pages of applications: who sees them, what they list, and what may be changed there."""

import pytest
from sqlalchemy import select

from portal.db import db
from portal.models import Application, CustomField, TrailLine
from tests.factories import make_account, make_application, make_sync, salesforce
from tests.story import story

HTMX = {"HX-Request": "true", "HX-Target": "applications_list"}


@story
def figma(cast):
    return make_application("Figma", cast.otto)


def test_the_list_shows_owner_accounts_and_age_of_the_list(sign_in, cast, figma):
    salesforce(cast)
    page = sign_in("rhea").get("/applications").text
    assert "Olive Owens" in page
    assert "2 applications" in page
    assert "Never" in page  # Figma has no list yet


def test_an_empty_list_teaches_the_next_step(sign_in, cast):
    assert "No applications yet" in sign_in("alma").get("/applications").text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("field=owner&op=contains&value=OTTO", ["Figma"]),
        ("field=accounts&op=more&value=3", ["Salesforce"]),
        ("field=name&op=is&value=figma", ["Figma"]),
        ("field=state&op=is&value=closed", []),
        ("q=sales", ["Salesforce"]),
        ("join=or&field=name&op=is&value=figma&field=name&op=contains&value=force",
         ["Figma", "Salesforce"]),
        ("sort=-accounts", ["Salesforce", "Figma"]),
        ("sort=-name", ["Salesforce", "Figma"]),
        ("sort=listed", ["Figma", "Salesforce"]),
        ("sort=state", ["Figma", "Salesforce"]),
        ("sort=-privileged", ["Salesforce", "Figma"]),
        ("sort=-reviewed", ["Salesforce", "Figma"]),
        ("field=privileged&op=more&value=0", ["Salesforce"]),
        ("field=fresh&op=is&value=yes", ["Salesforce"]),
        ("field=fresh&op=is&value=no", ["Figma"]),
        ("field=reviewed&op=empty&sort=name", ["Figma", "Salesforce"]),
        ("field=listed&op=more&value=2020-01-01", ["Salesforce"]),
    ],
)  # fmt: skip
def test_filters_search_and_order_are_the_url(sign_in, cast, figma, query, expected):
    salesforce(cast)
    answer = sign_in("rhea").get(f"/applications/csv?{query}")
    names = [line.split('","')[0].strip('"') for line in answer.text.splitlines()[1:]]
    assert names == expected


def test_filtering_swaps_only_the_list(sign_in, figma):
    answer = sign_in("rhea").get("/applications?q=fig", headers=HTMX)
    assert answer.text.strip().startswith('<div id="applications_list"')


def test_a_filter_that_makes_no_sense_is_explained_and_never_downloaded(sign_in, figma):
    client = sign_in("rhea")
    page = client.get("/applications?field=accounts&op=more&value=many").text
    assert "“many” is not a number for Users" in page
    assert client.get("/applications/csv?field=accounts&op=more&value=many").status_code == 422


def test_pages_of_the_list_lose_nobody(sign_in, cast):
    for number in range(120):
        db.session.add(Application(name=f"App {number:03}", created_at=cast.max.created_at))
    db.session.commit()
    client, seen, url = sign_in("rhea"), [], "/applications?sort=-name"
    while url:
        page = client.get(url).text
        rows = [part.split("<")[0] for part in page.split('">App ')[1:]]
        seen += rows
        before, marker, _ = page.partition('rel="next"')
        url = before.rpartition('href="')[2].split('"')[0].replace("&amp;", "&") if marker else ""
    assert seen == [f"{number:03}" for number in reversed(range(120))]


def test_someone_adds_an_application_and_is_asked_for_its_owner(sign_in, cast):
    answer = sign_in("ivan").post("/applications", data={"name": " Miro  ", "state": "sanctioned"})
    miro = db.session.scalars(select(Application).where(Application.name == "Miro")).one()
    assert answer.location == f"/applications/{miro.id}/owners"
    assert [instance.name for instance in miro.instances] == ["Main"]
    assert "application created" in set(db.session.scalars(select(TrailLine.verb)))


def test_two_applications_cannot_have_one_name(sign_in, figma):
    answer = sign_in("ivan").post("/applications", data={"name": "FIGMA", "state": "sanctioned"})
    assert answer.status_code == 422
    assert "There is an application “FIGMA” already." in answer.text


def test_a_reader_sees_but_may_not_change(sign_in, figma):
    client = sign_in("rhea")
    assert "Edit" not in client.get(f"/applications/{figma.id}").text
    answer = client.post(f"/applications/{figma.id}/edit", data={"name": "Mine"})
    assert answer.status_code == 403
    assert "Ask an Admin" in answer.text


def test_an_owner_without_a_role_cannot_tell_that_the_page_exists(sign_in, figma):
    assert sign_in("otto").get(f"/applications/{figma.id}").status_code == 404


def test_an_edit_says_from_what_to_what(sign_in, figma):
    db.session.add(CustomField(key="tier", label="Tier", kind="number"))
    db.session.commit()
    data = {"name": "Figma", "state": "in review", "field_tier": "1,50", "description": ""}
    sign_in("ivan").post(f"/applications/{figma.id}/edit", data=data)
    line = db.session.scalars(select(TrailLine).where(TrailLine.verb == "application edited")).one()
    assert line.details == {
        "state": {"was": "sanctioned", "now": "in review"},
        "fields": {"was": {}, "now": {"tier": "1.50"}},
    }


def test_saving_without_a_change_leaves_no_line(sign_in, figma):
    client = sign_in("ivan")
    client.post(f"/applications/{figma.id}/edit", data={"name": "Figma", "state": "sanctioned"})
    assert "application edited" not in set(db.session.scalars(select(TrailLine.verb)))


def test_a_custom_field_of_the_wrong_kind_is_refused_by_its_name(sign_in, figma):
    db.session.add(CustomField(key="tier", label="Tier", kind="number"))
    db.session.commit()
    data = {"name": "Figma", "state": "sanctioned", "field_tier": "gold"}
    answer = sign_in("ivan").post(f"/applications/{figma.id}/edit", data=data)
    assert answer.status_code == 422
    assert "Tier: “gold” is not a number." in answer.text


def test_an_instance_is_added_once(sign_in, figma):
    client = sign_in("ivan")
    assert (
        client.post(f"/applications/{figma.id}/instances", data={"name": "EU"}).status_code == 303
    )
    assert (
        client.post(f"/applications/{figma.id}/instances", data={"name": "eu"}).status_code == 422
    )


def test_the_page_of_an_application_shows_instances_and_their_lists(sign_in, cast):
    application = salesforce(cast)
    page = sign_in("ada").get(f"/applications/{application.id}").text
    assert "list.csv" in page
    assert "Last review" in page
    assert "2 accounts belong to nobody" in page


def test_a_hundred_applications_cost_no_more_questions_than_one(sign_in, figma, counting, cast):
    client = sign_in("rhea")
    with counting() as few:
        client.get("/applications")
    for number in range(40):
        application = make_application(f"App {number:03}", cast.olive)
        make_sync(application)
        make_account(application, "max", person=cast.max)
    with counting() as many:
        client.get("/applications")
    assert many.count <= few.count + 1
