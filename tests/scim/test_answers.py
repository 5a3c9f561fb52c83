"""What is answered without models is what the models would have answered."""

from collections.abc import Callable
from typing import Any

from tests.scim.conftest import ENTERPRISE, GROUP, Send, user

PATHS = ("", "?count=2", "?startIndex=2&count=1", '?filter=title eq "Nurse"', "?count=0",
         "?startIndex=900", '?filter=title eq "None"')  # fmt: skip


def an_office(send: Send, made: Callable[..., dict[str, Any]]) -> list[dict[str, Any]]:
    boss = made("boss@example.com", displayName="The boss", userType="Auditor")
    more = {ENTERPRISE: {"manager": {"value": boss["id"]}, "employeeNumber": "7"}}
    nora = made("nora@example.com", title="Nurse", phoneNumbers=[{"value": "7"}], **more)
    made("nils@example.com", active=False, externalId="x1")
    members = [{"value": boss["id"]}, {"value": nora["id"]}]
    group = {"schemas": [GROUP], "displayName": "Care", "members": members}
    assert send("POST", "/Groups", group).status_code == 201
    return [boss, nora]


def test_a_list_holds_what_each_is_by_itself(cast, send, made):
    an_office(send, made)
    for kind in ("Users", "Groups"):
        listed = send("GET", f"/{kind}").get_json()["Resources"]
        assert listed == [send("GET", f"/{kind}/{each['id']}").get_json() for each in listed]
        assert listed


def test_a_search_by_body_answers_alike(cast, send, made):
    an_office(send, made)
    asked = [{}, {"count": 2}, {"startIndex": 2, "count": 1}, {"filter": 'title eq "Nurse"'},
             {"count": 0}, {"startIndex": 900}, {"filter": 'title eq "None"'}]  # fmt: skip
    for path, body in zip(PATHS, asked, strict=True):
        for kind in ("/Users", "/Groups", "/"):
            if "title" in path and kind != "/Users":
                continue
            search = send("POST", f"{kind.rstrip('/')}/.search", body)
            assert send("GET", kind + path).get_json() == search.get_json(), (kind, path)


def test_who_was_made_is_answered_as_they_are_read(cast, send, made):
    for each in an_office(send, made)[1:]:
        read = send("GET", f"/Users/{each['id']}").get_json()
        read.pop("groups")  # joined since
        assert each == read
    answer = send("POST", "/Users", user("new@example.com"))
    read = send("GET", f"/Users/{answer.get_json()['id']}")
    for name in ("ETag", "Content-Location", "Content-Type"):
        assert answer.headers[name] == read.headers[name]
    assert answer.headers["Location"] == answer.get_json()["meta"]["location"]


def test_chosen_attributes_are_still_chosen(cast, send, made):
    an_office(send, made)
    [found] = send("GET", '/Users?filter=title eq "Nurse"&attributes=title').get_json()["Resources"]
    assert set(found) == {"schemas", "id", "title"}
