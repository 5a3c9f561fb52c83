"""Changing all applications of a filtered list: shown before, exact, one line in the trail."""

import re

import pytest
from sqlalchemy import select

from portal.db import db
from portal.models import Application, ApplicationOwner, CustomField, TrailLine
from portal.models.application import ApplicationState
from tests.factories import make_application
from tests.story import story

HERE = "/applications/change"


@story
def three(cast):
    """Figma and Miro are Otto's, Notion is nobody's."""
    owners = {"Figma": [cast.otto, cast.rita], "Miro": [cast.otto], "Notion": []}
    return {name: make_application(name, *who) for name, who in owners.items()}


@pytest.fixture
def changing(sign_in, three):
    """Look at what a change would do to a list, and do it: the page, and the answer."""
    client = sign_in("ivan")

    def changing(what, value, /, **asked):
        said = {"what": what, "value_typed": value, **asked}
        page = client.get(HERE, query_string=said)
        digest = re.search(r'name="digest" value="(\w+)"', page.text)
        if digest is None:
            return page, None
        return page, client.post(HERE, data={**said, "digest": digest[1]})

    return changing


def owners(application):
    query = select(ApplicationOwner).where(ApplicationOwner.application_id == application.id)
    return {(o.person.name, o.is_primary) for o in db.session.scalars(query)}


def test_a_state_is_set_on_exactly_what_is_filtered(changing, three):
    asked = {"field": "owner", "op": "contains", "value": "otto", "join": "or"}
    page, answer = changing("state", "closed", **asked)
    assert "Change 2 applications" in page.text
    assert "Owner contains otto" in page.text
    assert answer.status_code == 303
    states = dict(db.session.execute(select(Application.name, Application.state)).all())
    assert states["Figma"] == states["Miro"] == ApplicationState.CLOSED
    assert states["Notion"] == ApplicationState.SANCTIONED
    lines = db.session.scalars(select(TrailLine).where(TrailLine.verb == "applications changed"))
    (line,) = lines
    numbers = ",".join(str(three[name].id) for name in ("Figma", "Miro"))
    assert line.details["was"] == {"sanctioned": numbers}
    assert (line.details["count"], line.details["filter"]) == (2, "Owner contains otto")
    assert len(line.details["digest"]) == 64


def test_a_list_that_changed_since_it_was_shown_is_left_alone(sign_in, changing, three):
    client, said = sign_in("ivan"), {"what": "state", "value_typed": "closed"}
    page = client.get(HERE, query_string=said).text
    digest = re.search(r'name="digest" value="(\w+)"', page)[1]
    make_application("Newcomer")
    answer = client.post(HERE, data={**said, "digest": digest})
    assert answer.status_code == 409
    assert "Nothing was changed" in answer.text
    assert "Change 4 applications" in answer.text
    closed = select(Application).where(Application.state == ApplicationState.CLOSED)
    assert db.session.scalars(closed).all() == []


@pytest.mark.parametrize(
    ("what", "who", "expected"),
    [
        ("add owner", "max", {
            "Figma": {("Otto Okafor", True), ("Rita Reyes", False), ("Max Meyer", False)},
            "Miro": {("Otto Okafor", True), ("Max Meyer", False)},
            "Notion": {("Max Meyer", True)}}),
        ("primary owner", "rita", {
            "Figma": {("Otto Okafor", False), ("Rita Reyes", True)},
            "Miro": {("Otto Okafor", False), ("Rita Reyes", True)},
            "Notion": {("Rita Reyes", True)}}),
        ("remove owner", "otto", {
            "Figma": {("Rita Reyes", True)}, "Miro": set(), "Notion": set()}),
    ],
)  # fmt: skip
def test_owners_come_and_go_and_somebody_stays_primary(changing, three, what, who, expected):
    _, answer = changing(what, f"{who}@example.com")
    assert answer.status_code == 303
    assert {name: owners(each) for name, each in three.items()} == expected


def test_a_field_is_filled_for_all_and_emptied_again(changing, three, cast):
    db.session.add(CustomField(key="steward", label="Steward", kind="person"))
    db.session.commit()
    changing("field.steward", "max@example.com")
    values = db.session.scalars(select(Application.fields)).all()
    assert values == [{"steward": cast.max.id}] * 3
    page, answer = changing("field.steward", "max@example.com")
    assert "All of them are as wanted already" in page.text
    assert answer is None
    changing("field.steward", "", q="figma")
    values = dict(db.session.execute(select(Application.name, Application.fields)).all())
    assert values["Figma"] == {}
    assert values["Miro"] == {"steward": cast.max.id}


@pytest.mark.parametrize(
    ("what", "value", "sentence"),
    [("state", "gone", "Choose the state"), ("add owner", "nobody", "Write the email address"),
     ("add owner", "paula@example.com", "left the organisation"), ("magic", "x", "Choose what")],
)  # fmt: skip
def test_what_makes_no_sense_is_explained(changing, what, value, sentence):
    page, answer = changing(what, value)
    assert (page.status_code, answer) == (422, None)
    assert sentence in page.text


def test_whoever_may_only_read_is_not_offered_it(sign_in, three):
    client = sign_in("rhea")
    assert HERE not in client.get("/applications").text
    assert client.get(HERE).status_code == 403
    assert f"{HERE}?join=or" in sign_in("ivan").get(
        "/applications?field=name&op=contains&value=i"
    ).text.replace("&amp;", "&")
