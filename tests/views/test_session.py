"""The front door: who comes in by which link, for how long, and who does not."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from policies.permissions import SYSTEM
from portal import clock
from portal.db import db
from portal.models import Letter, Link, TrailLine
from portal.models.member import MemberState
from portal.models.person import Standing
from portal.queries.actors import member_of
from portal.queries.links import url_of
from portal.usecases.links import revoke_link, write_link
from portal.web.limits import limiter


@pytest.fixture
def door(app):
    """A browser that nobody has signed in with yet."""
    return app.test_client()


def path_of(link) -> str:
    return url_of(link).removeprefix("http://portal.test")


def link_for(person, purpose="sign-in") -> Link:
    return write_link(person, purpose, by=SYSTEM)


def test_nobody_gets_further_than_the_door(door, cast):
    answer = door.get("/people")
    assert (answer.status_code, answer.location.partition("?")[0]) == (302, "/sign-in")


def test_a_lost_session_sends_htmx_the_whole_way_to_the_door(door, cast):
    answer = door.get("/people", headers={"HX-Request": "true", "HX-Target": "people_list"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/sign-in"


def test_a_member_asks_for_a_link_and_gets_a_letter(door, cast):
    answer = door.post("/sign-in", data={"email": " ALMA@example.com"})
    assert "a letter with a link is on its way" in answer.text
    letter = db.session.scalars(select(Letter)).one()
    assert (letter.kind, letter.person_id) == ("sign-in", cast.alma.id)


@pytest.mark.parametrize("email", ["max@example.com", "nobody@example.com", "", "x" * 5000])
def test_the_door_does_not_tell_who_is_a_member(door, cast, email):
    member = door.post("/sign-in", data={"email": "alma@example.com"}).text
    db.session.rollback()
    count = len(db.session.scalars(select(Letter)).all())
    assert door.post("/sign-in", data={"email": email}).text == member
    assert len(db.session.scalars(select(Letter)).all()) == count


def test_opening_a_sign_in_link_uses_nothing_up(door, cast):
    link = link_for(cast.alma)
    for _ in range(2):
        page = door.get(path_of(link))
        assert page.status_code == 200
        assert "Sign in as Alma Ahlgren" in page.text
    assert door.get("/people").status_code == 302


def test_a_sign_in_link_works_once(app, door, cast):
    link = link_for(cast.alma)
    assert door.post(path_of(link)).status_code == 303
    assert door.get("/people").status_code == 200
    second = app.test_client()
    assert second.post(path_of(link)).status_code == 410
    assert second.get("/people").status_code == 302


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_expired_link_says_so_and_what_to_do(door, cast, method):
    link = link_for(cast.alma)
    clock.shift(timedelta(minutes=61))
    answer = getattr(door, method)(path_of(link))
    assert answer.status_code == 410
    assert "It has expired, was used already, or was withdrawn." in answer.text
    assert "Ask for a new link" in answer.text


def test_a_link_nobody_wrote_is_closed_like_any_other(door, cast):
    link = link_for(cast.alma)
    assert door.get(path_of(link) + "x").status_code == 410


def test_a_suspended_member_is_out_at_the_next_request(sign_in, cast):
    client = sign_in("alma")
    assert client.get("/people").status_code == 200
    member_of(cast.alma.id).state = MemberState.SUSPENDED
    db.session.commit()
    assert client.get("/people").status_code == 302


def test_whoever_leaves_the_organisation_is_out_at_the_next_request(sign_in, cast):
    client = sign_in("alma")
    cast.alma.standing = Standing.PAST
    db.session.commit()
    assert client.get("/people").status_code == 302


def test_a_personal_link_gives_nobody_their_role(door, cast):
    link = link_for(cast.alma, "tasks")
    door.get(path_of(link))
    assert door.get("/people").status_code == 404
    assert door.get("/letters").status_code == 404


def test_a_personal_link_may_be_followed_until_it_expires(app, door, cast):
    link = link_for(cast.otto, "tasks")
    for _ in range(2):
        assert app.test_client().get(path_of(link)).status_code == 303
    clock.shift(timedelta(days=365))
    assert door.get(path_of(link)).status_code == 410


def test_revoking_a_link_ends_the_session_it_opened(door, cast):
    link = link_for(cast.alma)
    door.post(path_of(link))
    revoke_link(link, by=SYSTEM)
    assert door.get("/people").status_code == 302
    assert door.get(path_of(link)).status_code == 410


def test_signing_out_ends_a_members_session_for_good(door, cast):
    link = link_for(cast.alma)
    door.post(path_of(link))
    cookie = door.get_cookie("countersign")
    assert door.post("/sign-out").status_code == 303
    door.set_cookie("countersign", cookie.value)  # whoever kept a copy of it
    assert door.get("/people").status_code == 302


def test_a_role_taken_away_counts_at_the_next_request(sign_in, cast):
    client = sign_in("alma")
    member_of(cast.alma.id).role_id = member_of(cast.ada.id).role_id
    db.session.commit()
    assert client.get("/letters").status_code == 404


def test_signing_in_is_in_the_trail_with_the_way_it_was_done(door, cast):
    door.post(path_of(link_for(cast.alma)))
    line = db.session.scalars(select(TrailLine).where(TrailLine.verb == "link followed")).one()
    assert line.actor_id == cast.alma.id
    assert '"method":"one-time sign-in link"' in line.content


@pytest.fixture
def counted_knocks():
    limiter.enabled = True
    yield
    limiter.enabled = False
    limiter.reset()


def test_whoever_guesses_too_often_is_asked_to_wait(door, counted_knocks):
    answers = [door.get(f"/in/guess{number}") for number in range(25)]
    assert [answer.status_code for answer in answers] == [410] * 20 + [429] * 5
    assert "too many attempts from your network address" in answers[-1].text
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 61


def test_an_office_behind_one_address_is_not_held_up(door, cast, counted_knocks):
    path = path_of(link_for(cast.alma))
    assert {door.get(path).status_code for _ in range(100)} == {200}
