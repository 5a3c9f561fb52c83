"""Inviting people to the console: judged line by line, looked at, sent, withdrawn."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.db import db
from portal.models import Letter, Link, Member, Person, Setting, TrailLine
from portal.models.member import MemberState
from portal.models.person import Standing
from portal.queries.actors import member_of
from portal.queries.links import url_of
from portal.usecases.settings import change_setting

LAST_DAY = "2199-12-31"


def invite(client, people, *, at="", **data):
    sent = {"people": people, "role": "Auditor", **data}
    return client.post(f"/settings/members/invitations{at}", data=sent)


def invitation_of(person) -> Link:
    mine = select(Link).where(Link.person_id == person.id, Link.purpose == "invitation")
    return db.session.scalars(mine.order_by(Link.id.desc())).first()


def path_of(link) -> str:
    return url_of(link).removeprefix("http://portal.test")


def person_at(address) -> Person:
    return db.session.scalars(select(Person).where(Person.email == address)).one()


def test_an_admin_sees_the_letter_before_anything_is_sent(sign_in, cast):
    page = invite(sign_in("alma"), "Nora New <nora@example.com>", at="/preview").text
    assert "Alma Ahlgren invites you to the access reviews of" in page
    assert "[personal link, hidden]" in page
    assert "Send 1 invitation" in page
    assert not db.session.scalar(select(Letter.id))
    assert not db.session.scalar(select(Person.id).where(Person.email == "nora@example.com"))


def test_an_invitation_comes_in_the_name_of_who_invites_and_lets_in_once(app, sign_in, cast):
    assert invite(sign_in("alma"), "Nora New <nora@example.com>").status_code == 303
    nora = person_at("nora@example.com")
    letter = db.session.scalars(select(Letter)).one()
    assert (letter.sender_id, letter.person_id) == (cast.alma.id, nora.id)
    assert member_of(nora.id).state is MemberState.PENDING
    client, path = app.test_client(), path_of(invitation_of(nora))
    assert client.get(path).status_code == 200, "a program that follows links uses nothing up"
    assert client.post(path).location == "/you/password"
    assert client.get("/campaigns").status_code == 200
    db.session.expire_all()
    assert member_of(nora.id).state is MemberState.ACTIVE
    assert app.test_client().post(path).status_code == 410
    assert "invitation accepted" in set(db.session.scalars(select(TrailLine.verb)))


def test_an_invitation_opens_nothing_after_a_week(app, sign_in, cast):
    invite(sign_in("alma"), "max@example.com")
    path = path_of(invitation_of(cast.max))
    clock.shift(timedelta(days=7, seconds=1))
    assert app.test_client().get(path).status_code == 410


@pytest.mark.parametrize(
    ("people", "addresses"),
    [
        ("a@x.org, b@x.org\nC C <c@x.org>", ["a@x.org", "b@x.org", "c@x.org"]),
        ('"Abbot, Ann" <ann@x.org>,bob@x.org', ["ann@x.org", "bob@x.org"]),
        ("Abbot, Ann <ann@x.org>; Boe, Bob <bob@x.org>", ["ann@x.org", "bob@x.org"]),
        ("A@X.org\r\na@x.ORG", ["a@x.org"]),
    ],
)
def test_a_pasted_list_is_understood(sign_in, cast, people, addresses):
    assert invite(sign_in("alma"), people).status_code == 303
    pending = select(Person.email).join(Member, Member.person_id == Person.id)
    found = db.session.scalars(pending.where(Member.state == MemberState.PENDING))
    assert sorted(found) == addresses


def test_every_problem_of_a_list_is_said_and_nobody_is_invited(sign_in, acting, cast):
    change_setting("member_domains", "example.com", by=acting("alma"))
    people = (
        "nora@example.com\nnot-an-address\nx@elsewhere.org\npaula@example.com\ncarl@example.com"
    )
    client = sign_in("alma")
    for at in ("/preview", ""):
        answer = invite(client, people, at=at)
        assert answer.status_code == 422
        for sentence in ("This is not an email address", "Is outside example.com",
                         "has left the organisation", "Is a member already, as Compliance",
                         "1 address of 5 can be invited"):  # fmt: skip
            assert sentence in answer.text
        assert "nora@example.com" in answer.text, "what was typed stays"
    assert not db.session.scalar(select(Person.id).where(Person.email == "nora@example.com"))
    assert not db.session.scalar(select(Letter.id))


def test_somebody_from_outside_comes_only_as_external_and_for_a_time(sign_in, acting, cast):
    change_setting("member_domains", "example.com", by=acting("alma"))
    client, people = sign_in("alma"), "Vera Voss <vera@audit.example>"
    assert invite(client, people).status_code == 422
    no_end = invite(client, people, is_external="1")
    assert no_end.status_code == 422
    assert "give their last day" in no_end.text
    assert invite(client, people, is_external="1", ends=LAST_DAY).status_code == 303
    vera = person_at("vera@audit.example")
    assert vera.standing is Standing.EXTERNAL
    assert f"{member_of(vera.id).ends_at:%Y-%m-%d %H:%M:%S}" == f"{LAST_DAY} 23:59:59"
    body = db.session.scalars(select(Letter.body)).one()
    assert "Your access ends at the end of 31 December 2199 (UTC)." in body


def test_an_external_person_the_portal_knows_needs_the_tick_as_well(sign_in, cast):
    client = sign_in("alma")
    assert "Tick “External people”" in invite(client, "emil@example.com").text
    assert invite(client, "emil@example.com", is_external="1", ends=LAST_DAY).status_code == 303


def test_inviting_again_closes_the_link_before(app, sign_in, cast):
    client = sign_in("alma")
    invite(client, "max@example.com")
    first = path_of(invitation_of(cast.max))
    again = client.post(f"/settings/members/{member_of(cast.max.id).id}/invitation")
    assert again.status_code == 303
    assert app.test_client().get(first).status_code == 410
    assert app.test_client().get(path_of(invitation_of(cast.max))).status_code == 200
    assert len(db.session.scalars(select(Letter)).all()) == 2


def test_a_withdrawn_invitation_leaves_no_member_and_no_open_link(app, sign_in, cast):
    client = sign_in("alma")
    invite(client, "max@example.com")
    path, place = path_of(invitation_of(cast.max)), f"{member_of(cast.max.id).id}/revocation"
    assert "opens nothing from then on" in client.get(f"/settings/members/{place}").text
    assert client.post(f"/settings/members/{place}").status_code == 303
    assert member_of(cast.max.id) is None
    assert app.test_client().get(path).status_code == 410
    line = db.session.scalars(select(TrailLine).where(TrailLine.verb == "invitation revoked")).one()
    assert line.details["person"] == "Max Meyer"


def test_who_came_in_cannot_be_withdrawn_any_more(sign_in, cast):
    client = sign_in("alma")
    place = f"/settings/members/{member_of(cast.carl.id).id}"
    assert client.post(f"{place}/revocation").status_code == 409
    assert client.post(f"{place}/invitation").status_code == 409


def test_the_form_comes_back_as_it_was_to_change_something(sign_in, cast):
    data = {"ends": LAST_DAY, "is_external": "1", "change": "1"}
    page = invite(sign_in("alma"), "emil@example.com", at="/preview", **data).text
    assert re.search(r"<textarea[^>]*>\s*emil@example.com</textarea>", page)
    assert f'value="{LAST_DAY}"' in page
    assert "checked" in page


def test_where_everybody_signs_in_elsewhere_the_letter_has_no_link_that_signs_in(sign_in, cast):
    client = sign_in("alma")
    db.session.add(Setting(key="sign_in_only_by_sso", value=True))
    db.session.commit()
    assert "single sign-on" in invite(client, "max@example.com", at="/preview").text
    invite(client, "max@example.com")
    letter = db.session.scalars(select(Letter)).one()
    assert letter.link_id is None
    assert "Sign in here, with single sign-on:" in letter.body


def test_letters_cannot_be_shaped_by_a_name(sign_in, cast):
    people = "{link} <script>x</script> <n@example.com>"
    page = invite(sign_in("alma"), '"{link} & co" <n@example.com>', at="/preview").text
    assert "{link}" in page
    assert invite(sign_in("alma"), people, at="/preview").status_code in {200, 422}
    assert "<script>x" not in invite(sign_in("alma"), people, at="/preview").text


@pytest.mark.parametrize("who", ["ivan", "carl", "ada", "rhea", "max"])
def test_only_an_admin_invites(sign_in, cast, who):
    client = sign_in(who)
    before = len(db.session.scalars(select(Member)).all())
    for at in ("", "/preview"):
        assert invite(client, "new@example.com", at=at).status_code in {403, 404}
    assert client.get("/settings/members/invitations/new").status_code in {403, 404}
    assert len(db.session.scalars(select(Member)).all()) == before
