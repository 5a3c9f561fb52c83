"""A provider at the door: a token, and a client that sends SCIM with it."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from policies.permissions import SYSTEM
from portal.usecases.api_tokens import make_token

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

Send = Callable[..., TestResponse]


def user(name: str, **more: Any) -> dict[str, Any]:
    """A user as a provider makes one; `more` wins."""
    first = name.partition("@")[0].capitalize()
    return {
        "schemas": [USER],
        "userName": name,
        "name": {"givenName": first, "familyName": "New"},
        "emails": [{"value": name, "type": "work", "primary": True}],
        "active": True,
        **more,
    }


@pytest.fixture
def token(app: Flask) -> str:
    return make_token("Okta", by=SYSTEM)[1]


@pytest.fixture
def send(app: Flask, token: str) -> Send:
    """`send("POST", "/Users", {...})`; headers and another token can be given."""
    client: FlaskClient = app.test_client()

    def send(method: str, path: str, body: Any = None, *, token: str = token, **headers: str):
        headers = {name.replace("_", "-"): text for name, text in headers.items()}
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        return client.open(
            f"/scim/v2{path}",
            method=method,
            json=body,
            content_type="application/scim+json" if body is not None else None,
            headers={**bearer, **headers},
        )

    return send


@pytest.fixture
def made(send: Send) -> Callable[..., dict[str, Any]]:
    """`made("nora@example.com", title="Nurse")`: the user as the portal answers it."""

    def made(name: str, **more: Any) -> dict[str, Any]:
        answer = send("POST", "/Users", user(name, **more))
        assert answer.status_code == 201, answer.text
        return answer.get_json()

    return made


@pytest.fixture
def patch(send: Send) -> Send:
    """`patch(id, {"op": "replace", ...}, ...)`."""

    def patch(id_: str, *operations: dict[str, Any], kind: str = "Users") -> TestResponse:
        return send("PATCH", f"/{kind}/{id_}", {"schemas": [PATCH], "Operations": operations})

    return patch
