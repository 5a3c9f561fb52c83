"""What is read without models is what the models would have read; the rest is left to them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from scim2_models import Context

from portal.web.scim import PROVIDER
from portal.web.scim_plain import plain_user
from portal.web.scim_storage import document_of
from tests.scim.conftest import ENTERPRISE, USER, user

MORE = {ENTERPRISE: {"employeeNumber": "7", "department": "Care", "manager": {"value": "p1"}}}
TEXTS = ("externalId", "displayName", "nickName", "title", "userType", "locale", "timezone")
NAMES = ("formatted", "familyName", "givenName", "middleName", "honorificPrefix")
_text = some.text(min_size=0, max_size=6)
_value = _text | some.none() | some.booleans() | some.integers()


def by_models(said: dict[str, Any]) -> dict[str, Any]:
    model = PROVIDER.model_for(PROVIDER.resource_types[0])
    body, context = json.dumps(said).encode(), Context.RESOURCE_CREATION_REQUEST
    return document_of(model.model_validate_json(body, scim_ctx=context))


def plain(said: object) -> dict[str, Any] | None:
    return plain_user(json.dumps(said).encode())


@given(
    some.fixed_dictionaries(
        {"userName": _text | some.just("nora@example.com")},
        optional={
            **dict.fromkeys(TEXTS, _value),
            "active": _value,
            "name": some.dictionaries(some.sampled_from(NAMES), _value, max_size=3),
            "emails": some.lists(
                some.fixed_dictionaries(
                    {"value": _text},
                    optional={
                        "type": some.sampled_from(("work", "home", "Work", "mine")),
                        "primary": some.booleans() | some.none(),
                        "display": _value,
                    },
                ),
                max_size=3,
            ),
            ENTERPRISE: some.fixed_dictionaries(
                {},
                optional={
                    "costCenter": _value,
                    "manager": some.fixed_dictionaries({"value": _value}),
                },
            ),
        },
    )
)
def test_whatever_is_read_plainly_the_models_read_alike(said):
    schemas = [USER, ENTERPRISE] if ENTERPRISE in said else [USER]
    found = plain({"schemas": schemas, **said})
    if found is not None:
        assert found == by_models({"schemas": schemas, **said})


def test_what_directories_send_is_read_plainly():
    for said in (
        user("nora@example.com"),
        {**user("nora@example.com"), "schemas": [USER, ENTERPRISE], **MORE},
    ):
        assert plain(said) == by_models(said) != {}


@pytest.mark.parametrize(
    "more",
    [
        {"UserName": "nora"}, {"title": ""}, {"title": None}, {"title": " Nurse"}, {"id": "p1"},
        {"active": "true"}, {"title": "a\x00b"}, {"title": "\ud800"}, {"emails": []}, {"name": {}},
        {"emails": [{"value": "a", "primary": True}, {"value": "b", "primary": True}]},
        {"emails": [{"value": "a", "type": "Work"}]}, {"groups": [{"value": "g1"}]}, MORE,
        {"schemas": [USER, ENTERPRISE]}, {"schemas": []}, {"schemas": USER}, {"password": "secret"},
    ],
)  # fmt: skip
def test_the_rest_is_left_to_the_models(more):
    assert plain({**user("nora@example.com"), **more}) is None


def test_what_is_no_user_at_all_is_left_to_them_as_well():
    deep = b'{"name":' * 5_000 + b"1" + b"}" * 5_000
    for body in (b"", b"[]", b"7", b'"p1"', b"{", b"\xff\xfe{}", b"{}", deep):
        assert plain_user(body) is None
