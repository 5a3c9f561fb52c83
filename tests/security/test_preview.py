"""An Admin sees the portal as a role: never more than the role gives, and nothing changes."""

import pytest
from sqlalchemy import select

from policies.scopes import BUILT_IN_ROLES, Access, Scope
from portal.db import db
from portal.models import Person, Role, Session, TrailLine
from portal.queries.actors import actor_for
from portal.queries.sessions import actor_in
from portal.usecases.members import add_member
from portal.usecases.roles import RoleText, create_role, delete_role
from tests.factories import make_application

SENTENCE = "nothing can be changed meanwhile"


@pytest.fixture
def as_role(sign_in):
    """Alma's client, looking at the portal as the role of this name."""

    def as_role(name):
        client = sign_in("alma")
        role = db.session.scalar(select(Role).where(Role.name == name))
        assert client.post(f"/settings/roles/{role.id}/preview").status_code == 303
        return client

    return as_role


def own_session(person):
    last = select(Session).where(Session.person_id == person.id).order_by(Session.id.desc())
    return db.session.scalars(last).first()


def verbs():
    return list(db.session.scalars(select(TrailLine.verb).order_by(TrailLine.id)))


@pytest.mark.parametrize("name", [name for name in BUILT_IN_ROLES if name != "Admin"])
def test_an_admin_sees_what_whoever_holds_the_role_sees(as_role, sign_in, cast, name):
    holder = {"IT Admin": "ivan", "Compliance": "carl", "Auditor": "ada", "Read-only": "rhea"}
    client, other = as_role(name), sign_in(holder[name])
    for path in ("/campaigns", "/people", "/settings", "/trail", "/letters", "/applications/new"):
        assert client.get(path).status_code == other.get(path).status_code, path


def test_every_page_says_so_and_has_the_way_out(as_role):
    client = as_role("Read-only")
    for path in ("/campaigns", "/tasks", "/trail"):
        page = client.get(path).text
        assert "You see the portal as Read-only." in page
        assert "Stop the preview" in page


def test_nothing_that_changes_anything_is_let_through(app, as_role):
    client = as_role("Compliance")
    before = verbs()
    for rule in app.url_map.iter_rules():
        methods = rule.methods - {"GET", "HEAD", "OPTIONS"}
        if rule.endpoint in {"roles.stop", "session.sign_out"} or not methods:
            continue
        values = dict.fromkeys(rule.arguments, 1)
        url = app.url_map.bind("portal.test").build(rule.endpoint, values, method=min(methods))
        for method in methods:
            answer = client.open(url, method=method)
            assert answer.status_code == 403, (rule.endpoint, method)
            assert SENTENCE in answer.text
    assert verbs() == before


def test_stopping_gives_everything_back_and_both_are_in_the_trail(as_role, cast):
    client = as_role("Read-only")
    assert client.get("/trail").status_code == 404
    answer = client.post("/settings/roles/stop-preview")
    assert answer.status_code == 303
    page = client.get(answer.location)
    assert "You see the portal as" not in page.text
    assert client.get("/trail").status_code == 200
    assert [verb for verb in verbs() if "preview" in verb] == [
        "role preview started",
        "role preview stopped",
    ]


def test_whoever_looks_through_a_role_can_still_sign_out(as_role):
    client = as_role("Read-only")
    assert client.post("/sign-out").status_code == 303
    assert client.get("/campaigns").status_code == 302


def test_only_the_session_that_asked_is_changed(as_role, sign_in, cast):
    other = sign_in("alma")
    as_role("Read-only")
    assert other.get("/trail").status_code == 200


def test_a_preview_opens_nothing_one_owns(cast, as_role, app):
    make_application("Figma", cast.alma)
    as_role("Auditor")
    actor = actor_in(own_session(cast.alma))
    assert (actor.preview, actor.owns, actor.is_admin) == ("Auditor", frozenset(), False)


def test_a_preview_ends_with_the_right_to_it(cast, as_role, acting):
    """Whoever stops being Admin meanwhile has the rights of their new role, not of the preview."""
    as_role("Compliance")
    add_member("ivan@example.com", "Admin", by=acting("alma"))
    add_member("alma@example.com", "Read-only", by=acting("ivan"))
    actor = actor_in(own_session(cast.alma))
    assert (actor.preview, actor.role) == ("", "Read-only")
    assert not actor.has(Scope.REVIEWS, Access.ACT)


def test_a_role_deleted_while_it_is_looked_through_ends_the_preview(cast, as_role, acting):
    role = create_role(RoleText("Brief", "", {Scope.USERS: Access.READ}), by=acting("alma"))
    as_role("Brief")
    delete_role(role, by=acting("alma"))
    assert actor_in(own_session(cast.alma)).preview == ""


@pytest.mark.parametrize("who", ["ivan", "carl", "ada", "olive"])
def test_nobody_but_an_admin_looks_through_a_role(cast, sign_in, who):
    role = db.session.scalar(select(Role).where(Role.name == "Auditor"))
    answer = sign_in(who).post(f"/settings/roles/{role.id}/preview")
    assert answer.status_code in {403, 404}
    assert own_session(getattr(cast, who)).preview_role_id is None


def test_an_admin_in_a_preview_cannot_begin_another(as_role):
    role = db.session.scalar(select(Role).where(Role.name == "Compliance"))
    assert as_role("Auditor").post(f"/settings/roles/{role.id}/preview").status_code == 403


def test_the_admin_keeps_all_rights_outside_the_session(cast, as_role):
    as_role("Read-only")
    person = db.session.get_one(Person, cast.alma.id)
    assert actor_for(person, own_session(person).reach, "").is_admin
