"""Several operations in one request: each by itself, and all in one transaction."""

from sqlalchemy import func, select

from portal.db import db
from portal.models import TrailLine
from portal.queries.trail import first_broken_line
from tests.scim.conftest import PATCH, user

BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"


def lines():
    return db.session.scalar(select(func.count()).select_from(TrailLine))


def test_many_at_once_within_bounds(cast, send):
    body = {
        "schemas": [BULK],
        "Operations": [
            {"method": "POST", "path": "/Users", "bulkId": "a", "data": user("a@example.com")},
            {"method": "POST", "path": "/Users", "bulkId": "b", "data": user("a@example.com")},
            {"method": "POST", "path": "/Users", "bulkId": "c", "data": user("c@example.com")},
        ],
    }
    found = send("POST", "/Bulk", body).get_json()["Operations"]

    assert [each["status"] for each in found] == ["201", "409", "201"]
    body["Operations"] = [body["Operations"][0]] * 501
    assert send("POST", "/Bulk", body).status_code == 413
    assert send("POST", "/Bulk", {"x": "y" * 1_100_000}).status_code == 413


def test_what_fails_among_many_leaves_nothing_and_holds_up_no_other(cast, send, made):
    nora = made("nora@example.com")
    path, wrong = f"/Users/{nora['id']}", {"op": "replace", "path": "userType", "value": "Tsar"}
    patch = {"schemas": [PATCH], "Operations": [wrong]}
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": "a", "data": user("a@example.com")},
        {"method": "POST", "path": "/Users", "bulkId": "b",
         "data": user("b@example.com", userType="Tsar")},
        {"method": "PATCH", "path": path, "data": patch},
        {"method": "DELETE", "path": "/Users/p99999"},
        {"method": "POST", "path": "/Users", "bulkId": "c", "data": user("c@example.com")},
    ]  # fmt: skip
    body = {"schemas": [BULK], "Operations": operations}
    before = lines()
    found = send("POST", "/Bulk", body).get_json()["Operations"]

    assert [each["status"] for each in found] == ["201", "400", "400", "404", "201"]
    assert send("GET", '/Users?filter=userName eq "b@example.com"').get_json()["totalResults"] == 0
    assert "userType" not in send("GET", path).get_json()
    assert lines() == before + 2
    assert first_broken_line() is None
    body["Operations"] = operations[1:2]
    assert send("POST", "/Bulk", body).get_json()["Operations"][0]["status"] == "400"
    assert lines() == before + 2
