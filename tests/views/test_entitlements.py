"""The entitlements of an application: listed, described, owned."""

from sqlalchemy import select

from portal.db import db
from portal.models import Entitlement
from tests.factories import make_account, make_application, salesforce


def named(name: str) -> Entitlement:
    return db.session.scalars(select(Entitlement).where(Entitlement.name == name)).one()


def test_they_are_listed_filtered_and_taken_as_csv(sign_in, cast):
    application = salesforce(cast)
    here, client = f"/applications/{application.id}/entitlements", sign_in("rhea")
    assert "5 entitlements" in client.get(here).text
    found = client.get(f"{here}?field=holders&op=more&value=1&sort=-holders").text
    assert "1 entitlement matches" in found
    assert "Standard User" in found
    assert "Describe" not in found
    lines = client.get(f"{here}/csv?q=admin").text.splitlines()
    assert lines[1:] == ['"System Admin","role","Main","","","","1"']
    assert sign_in("olive").get(here).status_code in (200, 404)
    assert sign_in("max").get(here).status_code == 404


def test_one_is_described_and_gets_an_owner(sign_in, cast):
    application = salesforce(cast)
    here, admin = f"/applications/{application.id}/entitlements", named("System Admin")
    client = sign_in("alma")
    said = {"description": "Changes everything."}
    assert client.post(f"{here}/{admin.id}", data=said).status_code == 303
    too_long = client.post(f"{here}/{admin.id}", data={"description": "x" * 501})
    assert too_long.status_code == 422
    assert "x" * 501 in too_long.text
    assert "Owner of System Admin" in client.get(f"{here}/owner?only={admin.id}").text
    asked = {"only": admin.id, "seen": "1"}
    unknown = client.post(f"{here}/owner", data={**asked, "person": "Rita"})
    assert unknown.status_code == 422
    assert "Rita Reyes" in unknown.text
    answer = client.post(f"{here}/owner", data={**asked, "person": "rita@example.com"})
    assert answer.location.endswith(here)
    shown = client.get(here).text
    assert "Changes everything." in shown
    assert "Rita Reyes" in shown
    client.post(f"{here}/owner", data={**asked, "person": ""})
    db.session.expire_all()
    assert named("System Admin").owner_id is None


def test_all_in_view_get_one_owner_and_a_list_that_changed_is_shown_again(sign_in, cast):
    application = salesforce(cast)
    here, client = f"/applications/{application.id}/entitlements", sign_in("alma")
    view = {"field": "name", "op": "contains", "value": "user"}
    page = client.get(f"{here}/owner", query_string=view).text
    assert "Set the owner of 1 entitlement" in page
    said = {**view, "person": "otto@example.com"}
    assert client.post(f"{here}/owner", data={**said, "seen": "4"}).status_code == 409
    assert named("Standard User").owner_id is None
    answer = client.post(f"{here}/owner", data={**said, "seen": "1"})
    assert answer.location.endswith("field=name&op=contains&value=user")
    db.session.expire_all()
    assert (named("Standard User").owner_id, named("API").owner_id) == (cast.otto.id, None)


def test_who_may_change_what(sign_in, cast):
    application, figma = salesforce(cast), make_application("Figma", cast.otto)
    make_account(figma, "max", roles="Editor")
    here, admin = f"/applications/{application.id}/entitlements", named("System Admin")
    asked = {"only": admin.id, "seen": "1", "person": "rita@example.com"}
    client = sign_in("rhea")
    assert client.post(f"{here}/{admin.id}", data={"description": "No."}).status_code == 403
    assert client.post(f"{here}/owner", data=asked).status_code == 403
    assert sign_in("max").post(f"{here}/owner", data=asked).status_code == 404
    client = sign_in("alma")
    other = named("Editor")
    assert client.get(f"{here}/{other.id}").status_code == 404
    assert client.get(f"{here}/owner?only={other.id}").status_code == 404
    assert client.get(f"{here}/owner?field=nothing&op=is&value=1").status_code == 422
