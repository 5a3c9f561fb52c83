"""A provider makes people, changes them, lets them go and takes them back."""

import pytest
from sqlalchemy import select

from policies.permissions import SYSTEM
from portal.db import db
from portal.models import Link, Member, Person, Session, TrailLine
from portal.models.member import GrantedBy
from portal.models.person import Standing
from portal.queries.sessions import actor_in, session_for_token
from portal.usecases.links import write_link
from portal.usecases.members import add_member
from portal.usecases.sessions import Proof, open_session
from tests.scim.conftest import ENTERPRISE, USER, user


def person(email):
    return db.session.scalars(select(Person).where(Person.email == email)).one()


def member(email):
    return db.session.scalar(select(Member).join(Member.person).where(Person.email == email))


def said(verb):
    query = select(TrailLine).where(TrailLine.verb == verb).order_by(TrailLine.id)
    return db.session.scalars(query).all()


def test_a_user_becomes_a_person_with_a_manager(cast, made):
    boss = made("boss@example.com")
    made(
        "nora@example.com",
        title="Nurse",
        externalId="00u1",
        **{ENTERPRISE: {"department": "Care", "employeeNumber": "N7",
                        "manager": {"value": boss["id"]}}},
    )  # fmt: skip

    nora = person("nora@example.com")

    assert (nora.name, nora.title, nora.department) == ("Nora New", "Nurse", "Care")
    assert (nora.employee_number, nora.external_id) == ("N7", "00u1")
    assert nora.manager.email == "boss@example.com"
    assert nora.standing is Standing.CURRENT
    assert said("person provisioned")[-1].actor_name == "Okta (API token)"


def test_a_manager_may_be_named_by_number_or_address(cast, made):
    made("nora@example.com", **{ENTERPRISE: {"manager": {"value": "E001"}}})
    made("nils@example.com", **{ENTERPRISE: {"manager": {"value": "Alma@example.com"}}})

    assert person("nora@example.com").manager.name == "Alma Ahlgren"
    assert person("nils@example.com").manager.name == "Alma Ahlgren"


def test_somebody_known_from_a_list_is_taken_over_and_not_there_twice(cast, made, send):
    answer = made("max@example.com", title="Sales Lead")

    assert answer["id"] == f"p{cast.max.id}"
    db.session.refresh(cast.max)
    assert cast.max.title == "Sales Lead"
    assert cast.max.department == "Sales"  # the list said so, the provider nothing


def test_whom_the_provider_knows_already_cannot_be_made_again(cast, made, send):
    made("nora@example.com")
    again = send("POST", "/Users", user("NORA@example.com"))

    assert again.status_code == 409
    assert again.get_json()["scimType"] == "uniqueness"
    assert "nora@example.com" in again.get_json()["detail"]


def test_without_a_user_type_one_is_a_plain_employee(cast, made):
    made("nora@example.com")

    assert member("nora@example.com") is None


def test_a_user_type_is_a_role_whatever_its_case(cast, made):
    made("nora@example.com", userType="compliance")

    nora = member("nora@example.com")
    assert (nora.role.name, nora.granted_by) == ("Compliance", GrantedBy.SCIM)


def test_a_role_that_does_not_exist_is_refused_with_the_roles_there_are(cast, send):
    answer = send("POST", "/Users", user("nora@example.com", userType="Emperor"))

    assert answer.status_code == 400
    assert answer.get_json()["scimType"] == "invalidValue"
    assert "There is no role “Emperor”" in answer.get_json()["detail"]
    assert "IT Admin" in answer.get_json()["detail"]
    assert db.session.scalar(select(Person).where(Person.email == "nora@example.com")) is None


def test_a_role_given_by_provisioning_ends_with_its_user_type(cast, made, patch):
    nora = made("nora@example.com", userType="Compliance")

    assert patch(nora["id"], {"op": "remove", "path": "userType"}).status_code == 204

    assert member("nora@example.com") is None
    assert said("member removed")[-1].details["was_role"] == "Compliance"


def test_a_role_given_by_hand_is_kept_and_the_trail_says_so(cast, made):
    made("carl@example.com", userType="Read-only")

    assert member("carl@example.com").role.name == "Compliance"
    line = said("role kept")[-1].details
    assert (line["role"], line["said"]) == ("Compliance", "Read-only")


def test_a_deactivated_person_is_out_at_once_and_keeps_their_history(cast, made, patch):
    olive = made("olive@example.com")
    session, cookie = open_session(cast.olive, Proof("SSO"), by=SYSTEM)
    link = write_link(cast.olive, "tasks", by=SYSTEM)

    patch(olive["id"], {"op": "replace", "value": {"active": False}})

    db.session.expire_all()
    assert actor_in(session_for_token(cookie)) is None
    assert db.session.get_one(Session, session.id).ended_why == "deactivated by provisioning"
    assert db.session.get_one(Link, link.id).revoked_at is not None
    assert cast.olive.standing is Standing.PAST
    line = said("person deprovisioned")[-1].details
    assert (line["was"], line["links_revoked"]) == ("current", 1)


def test_a_reactivated_person_is_back(cast, made, patch, send):
    nora = made("nora@example.com", userType="Compliance")
    patch(nora["id"], {"op": "replace", "value": {"active": False}})
    patch(nora["id"], {"op": "replace", "value": {"active": True}})

    assert person("nora@example.com").standing is Standing.CURRENT
    assert send("GET", f"/Users/{nora['id']}").get_json()["active"] is True
    assert member("nora@example.com").role.name == "Compliance"


def test_an_external_person_comes_back_as_external(cast, made, patch):
    emil = made("emil@example.com")
    patch(emil["id"], {"op": "replace", "value": {"active": False}})
    patch(emil["id"], {"op": "replace", "value": {"active": True}})

    db.session.expire_all()
    assert cast.emil.standing is Standing.EXTERNAL


def test_a_deleted_user_is_gone_for_the_provider_and_past_for_us(cast, made, send):
    nora = made("nora@example.com")

    assert send("DELETE", f"/Users/{nora['id']}").status_code == 204

    assert send("GET", f"/Users/{nora['id']}").status_code == 404
    assert send("GET", '/Users?filter=userName eq "nora@example.com"').get_json()[
        "totalResults"] == 0  # fmt: skip
    assert person("nora@example.com").standing is Standing.PAST
    assert said("person withdrawn by provisioning")


def test_who_was_deleted_and_is_made_again_is_the_same_person(cast, made, send):
    first = made("nora@example.com")
    send("DELETE", f"/Users/{first['id']}")
    again = made("nora@example.com")

    assert again["id"] == first["id"]
    assert person("nora@example.com").standing is Standing.CURRENT


@pytest.mark.parametrize("way", ["PATCH", "DELETE"])
def test_the_last_admin_cannot_be_let_go(cast, made, patch, send, way):
    alma = made("alma@example.com", userType="Admin")
    if way == "DELETE":
        answer = send("DELETE", f"/Users/{alma['id']}")
    else:
        answer = patch(alma["id"], {"op": "replace", "value": {"active": False}})

    assert answer.status_code == 409
    assert "Admin" in answer.get_json()["detail"]
    db.session.refresh(cast.alma)
    assert cast.alma.standing is Standing.CURRENT


def test_one_of_two_admins_can_be_let_go(cast, made, patch):
    add_member("otto@example.com", "Admin", by=SYSTEM)
    alma = made("alma@example.com")

    answer = patch(alma["id"], {"op": "replace", "value": {"active": False}})

    assert answer.status_code == 204
    db.session.refresh(cast.alma)
    assert cast.alma.standing is Standing.PAST


def test_who_changes_what_another_changed_meanwhile_is_told(cast, made, send, patch):
    nora = made("nora@example.com")
    patch(nora["id"], {"op": "replace", "path": "title", "value": "Nurse"})

    late = send(
        "PUT", f"/Users/{nora['id']}", user("nora@example.com"), If_Match=nora["meta"]["version"]
    )
    same = send("GET", f"/Users/{nora['id']}")
    again = send("GET", f"/Users/{nora['id']}", If_None_Match=same.headers["ETag"])

    assert late.status_code == 412
    assert again.status_code == 304


def test_a_password_is_never_kept(cast, made, send):
    nora = made("nora@example.com", password="Tr0ub4dor&3")

    rows = db.session.connection().exec_driver_sql("SELECT document FROM provisioned").all()
    assert "Tr0ub4dor" not in str(rows)
    assert "password" not in send("GET", f"/Users/{nora['id']}").get_json()


def test_a_character_that_is_no_text_is_refused(cast, send):
    body = user("nora@example.com", title="a\0b")

    assert send("POST", "/Users", body).status_code == 400


def test_what_is_not_there_is_said_in_the_words_of_scim(cast, send):
    for method, path, code in (("GET", "/Nothing", 404), ("GET", "/Users/p99999", 404),
                               ("DELETE", "/Schemas", 405), ("GET", "/Me", 501)):  # fmt: skip
        answer = send(method, path)
        assert answer.status_code == code
        assert answer.get_json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]


def test_discovery_says_what_there_is(cast, send):
    config = send("GET", "/ServiceProviderConfig").get_json()
    schema = send("GET", f"/Schemas/{USER}").get_json()

    assert config["patch"]["supported"]
    assert config["etag"]["supported"]
    assert config["filter"]["maxResults"] == 200
    [kind] = [a for a in schema["attributes"] if a["name"] == "userType"]
    assert "Compliance" in kind["canonicalValues"]
