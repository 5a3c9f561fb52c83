"""The requests that Microsoft Entra and Okta send, in the order their documentation gives.

learn.microsoft.com/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups and
developer.okta.com/docs/api/openapi/okta-scim/guides/scim-20.
"""

from urllib.parse import quote

from tests.scim.conftest import ENTERPRISE, GROUP, PATCH, USER


def test_entra_finds_makes_changes_and_deactivates(cast, send):
    where = quote('userName eq "Test_User_ab6490ee@testuser.com"')
    assert send("GET", f"/Users?filter={where}").get_json()["totalResults"] == 0
    made = send("POST", "/Users", {
        "schemas": [USER, ENTERPRISE],
        "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
        "userName": "Test_User_ab6490ee@testuser.com",
        "active": True,
        "emails": [{"primary": True, "type": "work", "value": "Test_User_fd0ea19b@testuser.com"}],
        "meta": {"resourceType": "User"},
        "name": {"formatted": "givenName familyName", "familyName": "familyName",
                 "givenName": "givenName"},
        "roles": [],
    })  # fmt: skip
    assert made.status_code == 201, made.text
    address = f"/Users/{made.get_json()['id']}"

    changed = send("PATCH", address, {"schemas": [PATCH], "Operations": [
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "up@testuser.com"},
        {"op": "Replace", "path": "name.familyName", "value": "updatedFamilyName"},
        {"op": "Add", "path": f"{ENTERPRISE}:department", "value": "Sales"},
        {"op": "Add", "path": f"{ENTERPRISE}:manager", "value": f"p{cast.alma.id}"},
        {"op": "Add", "path": 'emails[type eq "other"].value', "value": "o@testuser.com"},
    ]})  # fmt: skip
    off = send("PATCH", address, {"schemas": [PATCH], "Operations": [
        {"op": "Replace", "path": "active", "value": "False"}]})  # fmt: skip

    found = send("GET", address).get_json()
    assert (changed.status_code, off.status_code) == (204, 204)
    assert [each["value"] for each in found["emails"]] == ["up@testuser.com", "o@testuser.com"]
    assert found["name"]["familyName"] == "updatedFamilyName"
    assert found[ENTERPRISE]["manager"]["value"] == f"p{cast.alma.id}"
    assert found["active"] is False
    assert send("DELETE", address).status_code == 204


def test_entra_keeps_groups(cast, send, made, patch):
    nora, nils = made("nora@example.com"), made("nils@example.com")
    where = quote('displayName eq "Nurses"')
    assert send("GET", f"/Groups?excludedAttributes=members&filter={where}").get_json()[
        "totalResults"] == 0  # fmt: skip
    group = send("POST", "/Groups", {
        "schemas": [GROUP],
        "externalId": "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159", "displayName": "Nurses",
        "meta": {"resourceType": "Group"},
    }).get_json()  # fmt: skip
    address = f"/Groups/{group['id']}"

    patch(
        group["id"],
        {"op": "Add", "path": "members", "value": [{"$ref": None, "value": nora["id"]}]},
        {"op": "Add", "path": "members", "value": [{"$ref": None, "value": nils["id"]}]},
        kind="Groups",
    )
    inside = quote(f'id eq "{group["id"]}" and members eq "{nora["id"]}"')
    there = send("GET", f"/Groups?filter={inside}").get_json()["totalResults"]
    gone = {"op": "Remove", "path": "members", "value": [{"$ref": None, "value": nora["id"]}]}
    patch(group["id"], gone, kind="Groups")
    named = {"op": "Replace", "path": "displayName", "value": "Carers"}
    patch(group["id"], named, kind="Groups")

    found = send("GET", address).get_json()
    bare = send("GET", f"{address}?excludedAttributes=members").get_json()
    assert there == 1
    assert [each["value"] for each in found["members"]] == [nils["id"]]
    assert (found["displayName"], "members" in bare) == ("Carers", False)
    assert send("DELETE", address).status_code == 204


def test_okta_finds_makes_replaces_and_deactivates(cast, send):
    where = quote('userName eq "test.user@okta.local"')
    assert send("GET", f"/Users?filter={where}&startIndex=1&count=100").get_json()[
        "Resources"] == []  # fmt: skip
    profile = {
        "schemas": [USER],
        "userName": "test.user@okta.local",
        "name": {"givenName": "Test", "familyName": "User"},
        "emails": [{"primary": True, "value": "test.user@okta.local", "type": "work"}],
        "displayName": "Test User",
        "locale": "en-US",
        "externalId": "00ujl29u0le5T6Aj10h7",
        "groups": [],
        "password": "1mz050nq",
        "active": True,
    }
    made = send("POST", "/Users", profile)
    assert made.status_code == 201, made.text
    id_ = made.get_json()["id"]
    replaced = send("PUT", f"/Users/{id_}", {
        **{key: value for key, value in profile.items() if key != "password"},
        "id": id_, "name": {"givenName": "Another", "middleName": "", "familyName": "User"},
        "displayName": "Another User", "meta": {"resourceType": "User"},
    })  # fmt: skip
    off = send("PATCH", f"/Users/{id_}", {"schemas": [PATCH], "Operations": [
        {"op": "replace", "value": {"active": False}}]})  # fmt: skip

    assert replaced.status_code == 200, replaced.text
    assert replaced.get_json()["name"]["givenName"] == "Another"
    assert off.status_code == 204
    assert send("GET", f"/Users/{id_}").get_json()["active"] is False


def test_okta_pushes_a_group_whole_and_member_by_member(cast, send, made):
    nora, nils = made("nora@example.com"), made("nils@example.com")
    group = send("POST", "/Groups", {
        "schemas": [GROUP], "displayName": "Test SCIMv2",
        "members": [{"value": nora["id"], "display": "nora@example.com"}]}).get_json()  # fmt: skip
    address = f"/Groups/{group['id']}"
    send("PATCH", address, {"schemas": [PATCH], "Operations": [
        {"op": "remove", "path": f'members[value eq "{nora["id"]}"]'},
        {"op": "add", "path": "members",
         "value": [{"value": nils["id"], "display": "nils@example.com"}]}]})  # fmt: skip
    send("PATCH", address, {"schemas": [PATCH], "Operations": [
        {"op": "replace", "value": {"id": group["id"], "displayName": "Renamed"}}]})  # fmt: skip

    found = send("GET", address).get_json()
    assert found["displayName"] == "Renamed"
    assert [each["value"] for each in found["members"]] == [nils["id"]]
    assert send("GET", f"/Users/{nils['id']}").get_json()["groups"][0]["display"] == "Renamed"


def test_a_group_takes_only_members_who_are_there(cast, send):
    answer = send("POST", "/Groups", {
        "schemas": [GROUP], "displayName": "Ghosts", "members": [{"value": "p99999"}]})  # fmt: skip

    assert answer.status_code == 400
    assert "p99999" in answer.get_json()["detail"]


def test_who_is_deleted_leaves_their_groups(cast, send, made):
    nora = made("nora@example.com")
    group = send("POST", "/Groups", {
        "schemas": [GROUP], "displayName": "Nurses",
        "members": [{"value": nora["id"]}]})  # fmt: skip
    send("DELETE", f"/Users/{nora['id']}")

    assert "members" not in send("GET", f"/Groups/{group.get_json()['id']}").get_json()
