"""Settings > Application details: for whoever sees applications; changed by who may edit them."""

import pytest
from sqlalchemy import select

from portal.db import db
from portal.models import Application, CustomField
from tests.factories import make_application

HERE = "/settings/application-details"


@pytest.fixture
def field(sign_in, cast):
    data = {"label": "Data class", "kind": "choice", "choices": "public\n secret\n"}
    assert sign_in("ivan").post(HERE, data=data).status_code == 303
    return db.session.scalars(select(CustomField)).one()


def test_a_field_of_ones_own_stands_on_every_application(sign_in, field):
    client = sign_in("ivan")
    assert (field.key, field.choices) == ("data_class", ["public", "secret"])
    assert 'name="field_data_class"' in client.get("/applications/new").text
    again = client.post(HERE, data={"label": "Data class", "kind": "text"})
    assert again.status_code == 422
    assert "There is a field “Data class” already." in again.text


def test_a_reader_without_settings_finds_the_page_and_changes_nothing(sign_in, field):
    client = sign_in("rhea")
    page = client.get("/applications").text
    assert f'href="{HERE}"' in page  # under Settings, which has nothing else for Rhea
    page = client.get(HERE).text
    assert "Data class" in page
    assert "Add the field" not in page
    assert "/settings/members" not in page
    assert client.get(f"{HERE}/{field.id}").status_code == 403
    assert sign_in("max").get(HERE).status_code == 404


def test_a_field_is_changed_moved_and_taken_away(sign_in, field):
    client, miro = sign_in("ivan"), make_application("Miro", fields={"data_class": "secret"})
    data = {"label": "Class", "was": ["public", "secret"], "choice": ["open", "closed"]}
    assert "1 application" in client.get(f"{HERE}/{field.id}").text
    assert client.post(f"{HERE}/{field.id}", data=data).status_code == 303
    db.session.expire_all()
    assert (field.label, field.choices) == ("Class", ["open", "closed"])
    assert db.session.get(Application, miro.id).fields == {"data_class": "closed"}
    assert client.post(f"{HERE}/{field.id}/move", data={"way": "up"}).status_code == 303
    assert "Remove the field and 1 value" in client.get(f"{HERE}/{field.id}/remove").text
    assert client.post(f"{HERE}/{field.id}/remove", data={"seen": "0"}).status_code == 409
    assert client.post(f"{HERE}/{field.id}/remove", data={"seen": "1"}).status_code == 303
    assert client.get(f"{HERE}/{field.id}").status_code == 404


def test_the_list_of_applications_shows_the_fields_that_are_asked_for(sign_in, field):
    make_application("Miro", fields={"data_class": "secret"})
    make_application("Figma")
    client = sign_in("rhea")
    assert '<td data-label="Data class">' not in client.get("/applications").text
    page = client.get("/applications?cols=field.data_class&sort=-field.data_class").text
    assert page.index("Miro") < page.index(">Figma")
    assert '<td data-label="Data class">secret</td>' in page
