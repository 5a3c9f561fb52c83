"""An API token opens provisioning and nothing else, for as long as it lives."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from policies.errors import Denied, Invalid
from policies.permissions import SYSTEM
from portal import clock
from portal.db import db
from portal.models import Token
from portal.queries.api_tokens import some_token_opens
from portal.usecases.api_tokens import make_token, revoke_token
from portal.web.limits import limiter
from tests.scim.conftest import user

ERROR = ["urn:ietf:params:scim:api:messages:2.0:Error"]


def stored():
    return db.session.scalars(select(Token)).one()


@pytest.mark.parametrize("shown", ["", "cst_wrong", "x" * 10_000])
def test_without_a_good_token_nobody_comes_in(cast, send, shown):
    for method, path in (("GET", "/Users"), ("POST", "/Users"), ("GET", "/Nothing"), ("GET", "/"),
                         ("GET", "/ServiceProviderConfig"), ("POST", "/Bulk")):  # fmt: skip
        answer = send(method, path, {} if method == "POST" else None, token=shown)
        assert answer.status_code == 401, path
        assert answer.get_json()["schemas"] == ERROR
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="SCIM"'


def test_a_session_is_no_token(cast, sign_in):
    assert sign_in("alma").get("/scim/v2/Users").status_code == 401


def test_an_expired_token_opens_nothing(cast, send):
    assert send("GET", "/Users").status_code == 200
    clock.shift(timedelta(days=366))

    assert send("GET", "/Users").status_code == 401


def test_a_revoked_token_opens_nothing_from_the_next_request_on(cast, send):
    send("GET", "/Users")
    revoke_token(stored(), by=SYSTEM)

    assert send("GET", "/Users").status_code == 401


def test_a_token_opens_no_page_of_people(app, cast, token):
    bearer = {"Authorization": f"Bearer {token}"}
    for path in ("/people", "/settings", "/settings/tokens", "/trail"):
        assert app.test_client().get(path, headers=bearer).status_code == 302  # to the door


def test_the_token_itself_is_kept_nowhere(cast, token):
    row = db.session.connection().exec_driver_sql("SELECT * FROM tokens").one()
    lines = db.session.connection().exec_driver_sql("SELECT content FROM trail").all()

    assert token not in str(row) + str(lines)


def test_its_last_use_is_noted_at_most_once_a_minute(cast, send):
    send("GET", "/Users")
    first = stored().last_used_at
    send("GET", "/Users")
    db.session.expire_all()
    assert stored().last_used_at == first
    clock.shift(timedelta(seconds=61))
    send("GET", "/Users")
    db.session.expire_all()

    assert stored().last_used_at > first


def test_who_is_refused_too_often_has_to_wait_but_a_good_token_never(cast, send):
    limiter.enabled = True
    try:
        codes = [send("GET", "/Users", token="cst_guess").status_code for _ in range(21)]
        answer = send("GET", "/Users", token="cst_guess")
        good = send("GET", "/Users").status_code
    finally:
        limiter.reset()
        limiter.enabled = False

    assert codes == [401] * 20 + [429]
    assert (answer.status_code, answer.get_json()["schemas"]) == (429, ERROR)
    assert good == 200


def test_only_an_admin_makes_tokens(cast, acting):
    with pytest.raises(Denied):
        make_token("Okta", by=acting("ivan"))


@pytest.mark.parametrize("name", ["", "   ", "x" * 61])
def test_a_token_has_a_name(cast, acting, name):
    with pytest.raises(Invalid):
        make_token(name, by=acting("alma"))


def test_names_of_tokens_are_not_used_twice(cast, token):
    with pytest.raises(Invalid):
        make_token(" Okta ", by=SYSTEM)


def test_an_admin_makes_a_token_and_sees_it_once(app, cast, sign_in):
    alma = sign_in("alma")
    made = alma.post("/settings/tokens", data={"name": "Entra", "days": "90"})

    text = next(w for w in made.text.replace('"', " ").replace("<", " ").replace(">", " ").split()
                if w.startswith("cst_") and "…" not in w)  # fmt: skip
    answer = app.test_client().post(
        "/scim/v2/Users", json=user("nora@example.com"), headers={"Authorization": f"Bearer {text}"}
    )
    assert answer.status_code == 201
    assert text not in alma.get("/settings/tokens").text
    assert stored().expires_at - stored().created_at == timedelta(days=90)


def test_an_admin_revokes_a_token(cast, sign_in, token, send):
    alma = sign_in("alma")
    address = f"/settings/tokens/{stored().id}/revoke"

    assert "Okta" in alma.get(address).text
    assert alma.post(address).status_code == 303
    assert send("GET", "/Users").status_code == 401


@pytest.mark.parametrize("who", ["ivan", "carl", "ada", "rhea", "max"])
def test_for_everybody_else_the_page_of_tokens_does_not_exist(cast, sign_in, token, who):
    client = sign_in(who)

    assert client.get("/settings/tokens").status_code == 404
    assert client.post("/settings/tokens", data={"name": "x", "days": "30"}).status_code == 404
    assert client.post(f"/settings/tokens/{stored().id}/revoke").status_code == 404


def test_what_is_asked_wrongly_is_said_on_the_page(cast, sign_in):
    alma = sign_in("alma")

    assert alma.post("/settings/tokens", data={"name": "", "days": "90"}).status_code == 422
    assert alma.post("/settings/tokens", data={"name": "x", "days": "9999"}).status_code == 422
    assert alma.post("/settings/tokens", data={"name": "x", "days": "soon"}).status_code == 422


def test_an_operator_makes_a_token_on_the_command_line(app, cast):
    run = app.test_cli_runner()
    made = run.invoke(args=["tokens", "add", "Okta", "--for", "provisioning"])
    again = run.invoke(args=["tokens", "add", "Okta", "--for", "provisioning"])

    assert made.output.startswith("cst_")
    assert stored().purpose == "provisioning"
    assert (again.exit_code, "already" in again.output) == (1, True)


def test_whether_any_token_opens_something(cast):
    assert not some_token_opens()
    token, _ = make_token("Okta", by=SYSTEM)
    assert some_token_opens()
    revoke_token(token, by=SYSTEM)
    assert not some_token_opens()
