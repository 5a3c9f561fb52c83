"""Finding people: filters, order, pages; what cannot be answered is said."""

from urllib.parse import quote

import pytest

from tests.scim.conftest import ENTERPRISE


@pytest.fixture
def ask(send):
    def ask(where="", **more):
        query = [f"filter={quote(where)}"] if where else []
        query += [f"{key}={value}" for key, value in more.items()]
        return send("GET", f"/Users?{'&'.join(query)}")

    return ask


def names(answer):
    return sorted(each["userName"] for each in answer.get_json()["Resources"])


@pytest.fixture
def three(cast, made):
    """Nora, Nils and Zoe from a provider, beside the cast, whom a list brought."""
    made("nora@example.com", title="50% nurse", externalId="AbC",
         **{ENTERPRISE: {"department": "Care"}})  # fmt: skip
    made("nils@example.com", userType="Auditor", active=False,
         emails=[{"value": "Nils@home.example", "type": "home", "primary": False},
                 {"value": "nils@example.com", "type": "work"}])  # fmt: skip
    made("zoë@example.com", title="Über-nurse")


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ('userName eq "NORA@example.com"', ["nora@example.com"]),
        ('userName eq "max@example.com"', ["max@example.com"]),  # whom no provider knows yet
        ('externalId eq "AbC"', ["nora@example.com"]),
        ('externalId eq "abc"', []),
        ('title co "%"', ["nora@example.com"]),
        ('title co "0%_n"', []),
        ('title sw "über"', ["zoë@example.com"]),
        ('title ew "NURSE"', ["nora@example.com", "zoë@example.com"]),
        ('emails[type eq "home" and value co "home"]', ["nils@example.com"]),
        ('emails[type eq "work"].value eq "max@example.com"', ["max@example.com"]),
        ('emails eq "NILS@home.example"', ["nils@example.com"]),
        ('active eq false and userName sw "n"', ["nils@example.com"]),
        ('userType eq "auditor"', ["ada@example.com", "nils@example.com"]),
        (f'{ENTERPRISE}:department eq "care"', ["nora@example.com"]),
        ('userName sw "n" and not (title pr)', ["nils@example.com"]),
        ('userName gt "rufus@example.com"', ["zoë@example.com"]),
        ('externalId pr or name.givenName eq "Nils"', ["nils@example.com", "nora@example.com"]),
    ],
)
def test_a_filter_finds_whom_it_means(three, ask, where, found):
    answer = ask(where)

    assert answer.status_code == 200, answer.text
    assert names(answer) == found
    assert answer.get_json()["totalResults"] == len(found)


@pytest.mark.parametrize(
    "where",
    [
        'shoeSize eq "44"',
        'phoneNumbers.value eq "1"',
        "userName eq",
        'userName eq "a" and',
        'active gt true',
        'meta.created gt "yesterday"',
        'userName eq "a\\u0000b"',
    ],
)  # fmt: skip
def test_a_filter_that_cannot_be_answered_is_refused(three, ask, where):
    answer = ask(where)

    assert answer.status_code == 400
    assert answer.get_json()["scimType"] == "invalidFilter"


def test_a_value_stays_a_value(three, ask):
    assert names(ask('userName eq "\' OR 1=1 --"')) == []


def test_people_are_sorted_whatever_their_case(three, ask):
    found = [each["userName"] for each in ask(sortBy="userName").get_json()["Resources"]]
    back = ask(sortBy="userName", sortOrder="descending").get_json()["Resources"]

    assert found == sorted(found)
    assert [each["userName"] for each in back] == found[::-1]


def test_who_has_no_value_comes_last(three, ask):
    found = ask(sortBy="externalId", count=200).get_json()["Resources"]

    assert found[0]["userName"] == "nora@example.com"


def test_pages_join_without_gap_or_overlap(three, ask):
    pages = [ask(startIndex=start, count=4).get_json() for start in range(1, 20, 4)]
    seen = [each["id"] for page in pages for each in page["Resources"]]

    assert {page["totalResults"] for page in pages} == {15}
    assert len(seen) == len(set(seen)) == 15
    assert [page["itemsPerPage"] for page in pages] == [4, 4, 4, 3, 0]


def test_a_page_can_be_counted_alone(three, ask):
    found = ask(count=0).get_json()

    assert found["totalResults"] == 15
    assert not found.get("Resources")


def test_only_what_is_asked_for_is_answered(three, ask):
    [nora] = ask('userName eq "nora@example.com"', attributes="userName").get_json()["Resources"]

    assert set(nora) == {"schemas", "id", "userName"}


def test_a_search_can_be_posted(three, send):
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": 'userName sw "n"', "startIndex": 2, "count": 1, "sortBy": "userName",
    }  # fmt: skip
    found = send("POST", "/Users/.search", body).get_json()

    assert (found["totalResults"], names_in(found)) == (2, ["nora@example.com"])


def test_users_and_groups_are_found_together(three, send):
    send("POST", "/Groups", {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
                             "displayName": "Nurses"})  # fmt: skip
    found = send("GET", '/?filter=displayName co "n"&count=200').get_json()

    assert "Nurses" in [each["displayName"] for each in found["Resources"]]


def names_in(found):
    return [each["userName"] for each in found["Resources"]]
