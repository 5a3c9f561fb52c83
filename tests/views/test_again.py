"""Asked again who one is: when, by what, and with nothing typed lost."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from portal import clock
from portal.db import db
from portal.models import HeldForm, Letter, Session, TrailLine
from portal.queries.links import url_of
from portal.web.returning import is_local, signed_target, target_of
from tests.keys import GOOD, code_of, give_app, give_password

LATE = timedelta(minutes=11)
UNLOCK = "/people/{}/sessions/unlock"


@pytest.fixture
def late(sign_in, cast):
    """Alma, who has a password, eleven minutes after she came in."""
    give_password(cast.alma)
    client = sign_in("alma")
    clock.shift(LATE)
    return client


def asked(answer):
    """The signed way back, of an answer that leads to the question."""
    assert answer.status_code == 303
    assert answer.location.startswith("/again?next=")
    return answer.location.partition("next=")[2]


def prove(client, way_back, **said):
    return client.post("/again", data={"next": way_back, "password": GOOD, **said})


def test_for_ten_minutes_after_the_sign_in_nobody_is_asked(sign_in, cast):
    assert sign_in("alma").get("/you/password").status_code == 200


def test_later_a_page_that_matters_asks_first_and_then_opens(late):
    way_back = asked(late.get("/you/password"))
    assert prove(late, way_back).location == "/you/password"
    assert late.get("/you/password").status_code == 200


def test_a_wrong_password_leads_nowhere(late):
    way_back = asked(late.get("/you/password"))
    answer = prove(late, way_back, password="no")
    assert (answer.status_code, "This is not your password" in answer.text) == (422, True)
    asked(late.get("/you/password"))


def test_whoever_has_an_app_gives_its_code_as_well(late, cast):
    give_app(cast.alma)
    way_back = asked(late.get("/you/password"))
    assert prove(late, way_back, code="000000").status_code == 422
    assert prove(late, way_back, code=code_of(cast.alma)).status_code == 303


def test_the_cookie_from_before_opens_nothing_any_more(app, late):
    before = late.get_cookie("countersign").value
    prove(late, asked(late.get("/you/password")))
    assert late.get_cookie("countersign").value != before
    thief = app.test_client()
    thief.set_cookie("countersign", before)
    assert thief.get("/people").status_code == 302
    assert late.get("/people").status_code == 200


def test_what_was_typed_is_kept_sealed_and_sent_by_a_press(late, cast):
    said = {"old": GOOD, "password": "my new tall Giraffe", "again": "my new tall Giraffe"}
    way_back = asked(late.post("/you/password", data=said))
    kept = db.session.execute(text("SELECT * FROM held_forms")).one()
    assert "Giraffe" not in str(kept)
    assert prove(late, way_back).location == "/again/held"
    page = late.get("/again/held").text
    assert 'action="/you/password"' in page
    fields = dict(re.findall(r'<textarea name="(\w+)"[^>]*>\n([^<]*)</textarea>', page))
    assert fields == said
    assert late.post("/you/password", data=fields).status_code == 303
    assert db.session.scalars(select(HeldForm)).all() == []


def test_what_was_typed_is_kept_for_half_an_hour_and_for_nobody_else(late, sign_in, cast):
    late.post(UNLOCK.format(cast.carl.id))
    assert sign_in("carl").get("/again/held").status_code == 404
    clock.shift(LATE + timedelta(minutes=31))
    prove(late, asked(late.get("/you/password")))
    assert late.get("/again/held").status_code == 404


def test_a_link_by_mail_is_a_proof_as_well_and_leads_back(late, cast):
    way_back = asked(late.post(UNLOCK.format(cast.carl.id)))
    assert "Follow the link in the letter" in late.post("/again/link", data={"next": way_back}).text
    letter = db.session.scalars(select(Letter).where(Letter.kind == "sign-in")).one()
    answer = late.post(url_of(letter.link).removeprefix("http://portal.test"))
    assert answer.location == "/again/held"
    assert f'action="{UNLOCK.format(cast.carl.id)}"' in late.get("/again/held").text


def test_htmx_is_sent_to_the_question_with_the_whole_page(late):
    answer = late.get("/you/password", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"].startswith("/again?next=")


def test_that_somebody_proved_again_who_they_are_is_in_the_trail(late, cast):
    prove(late, asked(late.get("/you/password")))
    line = db.session.scalars(
        select(TrailLine).where(TrailLine.verb == "identity proved again")
    ).one()
    assert (line.actor_id, line.details["how"]) == (cast.alma.id, "password")
    assert db.session.scalars(select(Session)).all()[-1].proved_at > clock.now() - LATE


@pytest.mark.parametrize(
    "where",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/x\ny",
        "http:/evil",
        "",
    ],
)
def test_nobody_is_led_to_another_site(app, late, where):
    assert not is_local(where)
    with app.test_request_context():
        assert signed_target(where) == ""
        assert target_of(where) == "/"
        assert target_of(signed_target("/people") + "x") == "/"
    assert prove(late, where).location == "/"


def test_every_page_of_ones_keys_asks(app):
    fresh = {rule.endpoint for rule in app.url_map.iter_rules()
             if getattr(app.view_functions[rule.endpoint], "__fresh__", False)}  # fmt: skip
    assert fresh >= {"passwords.edit", "passwords.change", "codes.start", "codes.confirm",
                     "codes.remove", "codes.renew", "sessions.unlock",
                     "sessions.remove_app"}  # fmt: skip
