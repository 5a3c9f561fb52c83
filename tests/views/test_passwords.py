"""Passwords at the door: who comes in, who does not, and what nobody learns by trying."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from policies.permissions import SYSTEM
from policies.signing_in import MOST_FAILURES
from portal import clock
from portal.db import db
from portal.models import Attempts, Letter, Link, Password, Session, Setting, TrailLine
from portal.queries.links import url_of
from portal.usecases.links import write_link
from tests.keys import GOOD, OTHER, give_password

WRONG = "not the password at all"


@pytest.fixture
def door(app):
    return app.test_client()


def knock(door, email="carl@example.com", password=GOOD, **more):
    return door.post("/sign-in/password", data={"email": email, "password": password, **more})


def wait(**time):
    """Let so much more time pass."""
    clock.shift(clock.now() - datetime.now(UTC) + timedelta(**time))


def verbs():
    db.session.rollback()
    return list(db.session.scalars(select(TrailLine.verb).order_by(TrailLine.id)))


def test_a_member_comes_in_by_password(door, cast):
    give_password(cast.carl)
    answer = knock(door, " CARL@example.com ")
    assert (answer.status_code, answer.location) == (303, "/")
    assert door.get("/people").status_code == 200
    session = db.session.scalars(select(Session)).one()
    assert (session.method, session.person_id) == ("password", cast.carl.id)


def test_a_wrong_password_opens_nothing_and_is_in_the_trail_without_it(door, cast):
    give_password(cast.carl)
    answer = knock(door, password=WRONG)
    assert answer.status_code == 422
    assert "do not belong together" in answer.text
    assert door.get("/people").status_code == 302
    line = db.session.scalars(select(TrailLine).where(TrailLine.verb == "sign-in refused")).one()
    assert line.thing == f"person:{cast.carl.id}"
    assert line.details["why"] == "wrong password"
    assert WRONG not in line.content


@pytest.mark.parametrize(
    "email", ["nobody@example.com", "max@example.com", "paula@example.com", "rhea@example.com"]
)
def test_the_door_says_the_same_to_whoever_exists_and_whoever_does_not(door, cast, email):
    """Max is no member, Paula has left, Rhea has no password, and nobody is nobody."""
    give_password(cast.carl)
    answers = [(knock(door, who, WRONG), who) for who in ("carl@example.com", email)]
    known, unknown = [(a.status_code, a.text.replace(who, "?")) for a, who in answers]
    assert known == unknown


def test_after_many_failures_nobody_learns_who_is_locked_out(door, cast):
    give_password(cast.carl)
    said = {}
    for who in ("carl@example.com", "nobody@example.com"):
        clock.shift(timedelta())
        for _ in range(MOST_FAILURES):
            knock(door, who, WRONG)
            wait(seconds=90)
        answer = knock(door, who, GOOD)
        said[who] = answer.status_code, answer.headers["Retry-After"].isdigit(), answer.text[:400]
    assert said["carl@example.com"] == said["nobody@example.com"]
    assert said["carl@example.com"][0] == 429


def test_ten_failures_lock_for_a_quarter_of_an_hour_and_the_page_says_until_when(door, cast):
    give_password(cast.carl)
    for _ in range(MOST_FAILURES):
        knock(door, password=WRONG)
        wait(seconds=90)
    answer = knock(door)
    assert answer.status_code == 429
    assert "There were 10 wrong attempts with this address." in answer.text
    assert "UTC, or sign in by a link" in answer.text
    assert "account locked" in verbs()
    wait(minutes=15)
    assert knock(door).status_code == 303
    assert db.session.scalars(select(Attempts)).all() == []


def test_five_failures_slow_down(door, cast):
    give_password(cast.carl)
    codes = [knock(door, password=WRONG).status_code for _ in range(6)]
    assert codes == [422] * 5 + [429]
    clock.shift(timedelta(seconds=6))
    assert knock(door).status_code == 303


def test_the_count_of_failures_names_nobody(door, cast):
    knock(door, "nobody@example.com", WRONG)
    row = db.session.execute(text("SELECT * FROM sign_in_attempts")).one()
    assert "nobody" not in str(row)


def test_an_admin_unlocks_at_once(door, sign_in, cast):
    give_password(cast.carl)
    for _ in range(6):
        knock(door, password=WRONG)
    alma = sign_in("alma")
    assert (
        "Locked after too many wrong attempts" in alma.get(f"/people/{cast.carl.id}/sessions").text
    )
    assert alma.post(f"/people/{cast.carl.id}/sessions/unlock").status_code == 303
    assert knock(door).status_code == 303
    assert "account unlocked" in verbs()


def test_only_argon2_of_a_password_is_kept(cast):
    give_password(cast.carl)
    kept = db.session.get_one(Password, cast.carl.id).hash
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert GOOD not in kept


def test_a_hash_by_older_parameters_is_made_anew_at_the_next_sign_in(door, cast):
    from argon2 import PasswordHasher  # noqa: PLC0415  only here, to make an old one

    give_password(cast.carl)
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(GOOD)
    db.session.get_one(Password, cast.carl.id).hash = old
    db.session.commit()
    assert knock(door).status_code == 303
    assert "m=19456,t=2,p=1" in db.session.get_one(Password, cast.carl.id).hash


def test_a_forgotten_password_is_chosen_anew_by_a_letter_and_ends_every_session(
    door, sign_in, cast
):
    give_password(cast.carl)
    elsewhere = sign_in("carl")
    assert (
        "is on its way" in door.post("/password/forgotten", data={"email": "carl@example.com"}).text
    )
    letter = db.session.scalars(select(Letter).where(Letter.kind == "password")).one()
    path = url_of(letter.link).removeprefix("http://portal.test")
    assert "For Carl Conrad" in door.get(path).text
    short = door.post(path, data={"password": "short", "again": "short"})
    assert (short.status_code, "at least 12" in short.text) == (422, True)
    assert door.post(path, data={"password": OTHER, "again": OTHER}).status_code == 303
    assert door.get("/people").status_code == 200
    assert elsewhere.get("/people").status_code == 302
    assert door.post(path, data={"password": GOOD, "again": GOOD}).status_code == 410
    assert "link refused" in verbs()
    assert knock(door, password=GOOD).status_code == 422


def test_a_newer_letter_closes_the_link_of_the_one_before(door, cast):
    give_password(cast.carl)
    for _ in range(7):
        door.post("/password/forgotten", data={"email": "carl@example.com"})
    links = db.session.scalars(select(Link).where(Link.purpose == "password").order_by(Link.id))
    codes = [
        door.get(url_of(link).removeprefix("http://portal.test")).status_code for link in links
    ]
    assert codes == [410, 410, 410, 410, 200], "five letters at most, and the last one is good"


@pytest.mark.parametrize("email", ["max@example.com", "nobody@example.com", "", "x" * 5000])
def test_forgetting_a_password_does_not_tell_who_is_a_member(door, cast, email):
    member = door.post("/password/forgotten", data={"email": "carl@example.com"}).text
    assert door.post("/password/forgotten", data={"email": email}).text == member
    assert len(db.session.scalars(select(Link)).all()) == 1


def test_a_password_is_changed_only_by_whoever_knows_the_old_one(sign_in, cast):
    give_password(cast.carl)
    client, elsewhere = sign_in("carl"), sign_in("carl")
    said = {"old": WRONG, "password": OTHER, "again": OTHER}
    assert client.post("/you/password", data=said).status_code == 422
    assert client.post("/you/password", data=said | {"old": GOOD}).status_code == 303
    assert client.get("/you").status_code == 200
    assert elsewhere.get("/people").status_code == 302
    changed = select(Letter).where(Letter.kind == "sign-in-changed").order_by(Letter.id)
    letter = db.session.scalars(changed).all()[-1]
    assert "your password was changed" in letter.body


def test_with_single_sign_on_only_passwords_and_links_are_shut_but_one(app, door, cast):
    give_password(cast.carl)
    mailed = write_link(cast.carl, "sign-in", by=SYSTEM)
    db.session.add(Setting(key="sign_in_only_by_sso", value=True))
    db.session.commit()
    assert "passwords and links by email are switched off" in knock(door).text
    assert door.post(url_of(mailed).removeprefix("http://portal.test")).status_code == 410
    door.post("/sign-in", data={"email": "carl@example.com"})
    door.post("/password/forgotten", data={"email": "carl@example.com"})
    assert [x.kind for x in db.session.scalars(select(Letter))] == ["sign-in-changed"]
    said = app.test_cli_runner().invoke(args=["members", "add", "alma@example.com"])
    path = said.output.strip().splitlines()[-1].removeprefix("http://portal.test")
    assert door.post(path).status_code == 303
    assert door.get("/people").status_code == 200


def test_no_password_stands_in_trail_letters_or_pages(door, cast):
    give_password(cast.carl)
    pages = [knock(door, password=WRONG).text, knock(door).text, door.get("/you").text]
    lines = [line.content for line in db.session.scalars(select(TrailLine))]
    letters = [
        letter.body + json.dumps(letter.facts) for letter in db.session.scalars(select(Letter))
    ]
    assert not any(said in kept for kept in pages + lines + letters for said in (GOOD, WRONG))
