"""Members from the command line: the way in when no other is left."""

import re
from datetime import timedelta

import pytest

from portal import clock
from portal.db import db
from portal.models import Setting
from portal.models.member import MemberState
from portal.queries.actors import member_of


@pytest.fixture
def run(app):
    def run(*words: str):
        return app.test_cli_runner().invoke(args=["members", *words])

    return run


def test_a_link_made_here_opens_the_door_even_where_only_single_sign_on_does(app, cast, run):
    db.session.add(Setting(key="sign_in_only_by_sso", value=True))
    db.session.commit()
    said = run("add", "nora@example.com", "--role", "Admin", "--name", "Nora New")
    assert said.exit_code == 0
    path = re.search(r"http://portal\.test(/in/\S+)", said.output)[1]
    client = app.test_client()
    assert client.post(path).status_code == 303
    assert client.get("/settings/members").status_code == 200
    assert app.test_client().post(path).status_code == 410, "it works once"


def test_whoever_was_suspended_is_let_in_again(cast, run):
    assert "is suspended" in run("suspend", "carl@example.com").output
    db.session.expire_all()
    assert member_of(cast.carl.id).state is MemberState.SUSPENDED
    assert run("add", "carl@example.com", "--role", "Admin").exit_code == 0
    db.session.expire_all()
    assert member_of(cast.carl.id).state is MemberState.ACTIVE


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("add", "x@y.org", "--role", "Tsar"), "There is no role “Tsar”. Roles: Admin"),
        (("add", "x"), "is not an email address"),
        (("add", "emil@example.com"), "give the last day"),
        (("add", "x@y.org", "--until", "tomorrow"), "is not a date"),
        (("suspend", "alma@example.com"), "is the last Admin"),
        (("suspend", "nobody@example.com"), "There is no member"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(cast, run, words, sentence):
    said = run(*words)
    assert said.exit_code == 1
    assert sentence in said.output


def test_an_external_person_comes_until_a_day_and_the_list_says_so(cast, run):
    day = (clock.today() + timedelta(days=9)).isoformat()
    run("add", "emil@example.com", "--role", "Auditor", "--until", day)
    lines = dict(line.split("\t", 1) for line in run("list").output.splitlines())
    assert lines["emil@example.com"] == f"Auditor\tactive\t-\t{day}T23:59:59Z"
    assert len(lines) == 6
