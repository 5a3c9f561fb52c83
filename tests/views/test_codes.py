"""The second factor: set up, asked for, used once, and got around by nobody."""

import re

import pytest
from sqlalchemy import select, text

from policies.permissions import SYSTEM
from portal.db import db
from portal.models import Letter, RecoveryCode, Session, TrailLine
from portal.queries.links import url_of
from portal.tokens import unseal
from portal.usecases.links import write_link
from tests.keys import GOOD, code_of, give_app, give_password


@pytest.fixture
def door(app):
    return app.test_client()


def knock(door, email="carl@example.com"):
    return door.post("/sign-in/password", data={"email": email, "password": GOOD})


def answer(door, code):
    return door.post("/sign-in/code", data={"code": code})


def test_whoever_has_an_app_is_asked_for_its_code_after_the_password(door, cast):
    give_password(cast.carl)
    give_app(cast.carl)
    assert knock(door).location == "/sign-in/code"
    assert door.get("/people").status_code == 302
    assert "Carl Conrad, one more step" in door.get("/sign-in/code").text
    assert answer(door, code_of(cast.carl)).status_code == 303
    assert door.get("/people").status_code == 200
    session = db.session.scalars(select(Session)).all()[-1]
    assert session.method == "password and a code from an app"


def test_a_link_by_mail_is_no_way_round_the_app(door, cast):
    give_app(cast.carl)
    path = url_of(write_link(cast.carl, "sign-in", by=SYSTEM)).removeprefix("http://portal.test")
    assert door.post(path).location == "/sign-in/code"
    assert door.get("/people").status_code == 302


def test_a_code_that_was_used_is_not_taken_again(app, door, cast):
    give_password(cast.carl)
    give_app(cast.carl)
    code = code_of(cast.carl)
    knock(door)
    assert answer(door, code).status_code == 303
    second = app.test_client()
    knock(second)
    assert answer(second, code).status_code == 422
    assert second.get("/people").status_code == 302


def test_nor_is_one_that_came_before_it(door, cast):
    give_password(cast.carl)
    give_app(cast.carl)  # with the code of the step before
    knock(door)
    assert answer(door, code_of(cast.carl, -1)).status_code == 422


@pytest.mark.parametrize("later", [-2, 2, 10])
def test_a_code_of_another_time_is_not_taken(door, cast, later):
    give_password(cast.carl)
    give_app(cast.carl)
    knock(door)
    assert answer(door, code_of(cast.carl, later)).status_code == 422


def test_guessing_codes_is_slowed_down_although_the_password_is_right(door, cast):
    give_password(cast.carl)
    give_app(cast.carl)
    codes = []
    for _ in range(4):
        knock(door)
        codes.append(answer(door, "000000").status_code)
    assert codes[-1] == 429
    assert knock(door).status_code == 429


def test_without_the_first_proof_nobody_is_asked_for_the_second(door, cast):
    give_app(cast.carl)
    assert answer(door, code_of(cast.carl)).location == "/sign-in"
    assert door.get("/sign-in/code").location == "/sign-in"


def test_a_recovery_code_opens_the_door_once(app, door, cast):
    give_password(cast.carl)
    codes = give_app(cast.carl)
    assert len(set(codes)) == 10
    knock(door)
    assert answer(door, codes[0].upper().replace("-", " ")).status_code == 303
    second = app.test_client()
    knock(second)
    assert answer(second, codes[0]).status_code == 422
    assert answer(second, codes[1]).status_code == 303
    letters = db.session.scalars(select(Letter.body).where(Letter.kind == "sign-in-changed"))
    assert sum("one of your recovery codes was used" in body for body in letters) == 2


def test_nobody_uses_the_recovery_code_of_another(door, cast):
    give_password(cast.carl)
    give_app(cast.carl)
    of_ivan = give_app(cast.ivan)
    knock(door)
    assert answer(door, of_ivan[0]).status_code == 422


def test_an_admin_with_a_password_sets_up_an_app_before_anything_else(door, cast):
    give_password(cast.alma)
    assert knock(door, "alma@example.com").location == "/sign-in/code"
    page = door.get("/sign-in/code").text
    assert "Set up an authenticator app" in page
    assert '<svg viewBox="0 0' in page
    assert "style=" not in page
    assert door.get("/people").status_code == 302
    wrong = door.post("/sign-in/second-factor", data={"code": "000000"})
    assert (wrong.status_code, "This code is not right" in wrong.text) == (422, True)
    shown = door.post("/sign-in/second-factor", data={"code": code_of(cast.alma)})
    assert len(set(re.findall(r"<li><code>([a-z2-7-]{19})</code>", shown.text))) == 10
    assert door.get("/people").status_code == 200


def test_whoever_needs_no_app_comes_in_by_the_password_alone(door, cast):
    give_password(cast.carl)
    assert knock(door).location == "/"


def test_a_member_sets_up_an_app_on_their_own_page_and_removes_it(sign_in, cast):
    client = sign_in("carl")
    assert client.post("/you/second-factor/begin").status_code == 303
    assert "Scan this picture" in client.get("/you/second-factor").text
    shown = client.post("/you/second-factor", data={"code": code_of(cast.carl)})
    assert "They are shown only now." in shown.text
    assert client.get("/you/second-factor").status_code == 302  # its secret is not shown again
    assert "10 of 10 recovery codes" in client.get("/you").text
    first = db.session.scalar(select(RecoveryCode.code_hash))
    assert "They are shown only now." in client.post("/you/recovery-codes").text
    db.session.rollback()
    assert first not in db.session.scalars(select(RecoveryCode.code_hash)).all()
    assert client.post("/you/second-factor/remove").status_code == 303
    assert "Set up an app" in client.get("/you").text


def test_an_admin_takes_a_lost_app_away_and_its_owner_is_told(sign_in, cast):
    give_app(cast.carl)
    assert (
        sign_in("alma").post(f"/people/{cast.carl.id}/sessions/remove-second-factor").status_code
        == 303
    )
    carls = select(Letter.body).where(Letter.person_id == cast.carl.id).order_by(Letter.id)
    bodies = db.session.scalars(carls).all()
    assert "Alma Ahlgren removed your authenticator app" in bodies[-1]
    refused = sign_in("ivan").post(f"/people/{cast.carl.id}/sessions/remove-second-factor")
    assert refused.status_code == 403


def test_secrets_lie_sealed_and_are_in_no_trail_or_letter(cast):
    codes = give_app(cast.carl)
    sealed = db.session.execute(text("SELECT secret FROM second_factors")).scalar_one()
    secret = unseal(sealed)
    hashes = db.session.execute(text("SELECT * FROM recovery_codes")).all()
    kept = [sealed, str(hashes), *db.session.scalars(select(TrailLine.content))]
    kept += db.session.scalars(select(Letter.body)).all()
    spoken = [secret, *codes, *(code.replace("-", "") for code in codes)]
    assert not [word for word in spoken for held in kept if word in held]
