"""The pages of roles: read by those who may see settings, changed by Admins, looked through."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from policies.scopes import BUILT_IN_ROLES, Access, Scope
from portal import clock
from portal.db import db
from portal.models import Member, Role, TrailLine
from portal.queries.actors import scopes_of
from portal.usecases.roles import RoleText, create_role, edit_role
from tests.story import story

READER = {
    Scope.REVIEWS: Access.READ,
    Scope.APPLICATIONS: Access.READ,
    Scope.USERS: Access.READ,
}


@story
def helpdesk(cast, acting):
    """A custom role that Max holds: he reads applications."""
    said = RoleText("Helpdesk", "Looks accounts up.", {Scope.APPLICATIONS: Access.READ})
    role = create_role(said, by=acting("alma"))
    db.session.add(Member(person_id=cast.max.id, role_id=role.id, created_at=cast.max.created_at))
    db.session.commit()
    return role


def typed(name="Helpdesk", **levels):
    asked = {f"scope_{scope.name.lower()}": "0" for scope in Scope}
    return {"name": name, "description": "", **asked, **levels}


def role_named(name):
    return db.session.scalar(select(Role).where(Role.name == name))


def last_line():
    return db.session.scalars(select(TrailLine).order_by(TrailLine.id.desc())).first()


def test_an_admin_creates_a_role_and_the_trail_says_what_it_gives(sign_in):
    answer = sign_in("alma").post("/settings/roles", data=typed(scope_applications="2"))
    role = role_named("Helpdesk")
    assert answer.location == f"/settings/roles/{role.id}"
    assert scopes_of(role)[Scope.APPLICATIONS] is Access.ACT
    line = last_line()
    assert (line.verb, line.details["scopes"]) == (
        *("role created",),
        {"Applications": "Take action"},
    )


@pytest.mark.parametrize("name", ["auditor", " IT  ADMIN ", "", "x" * 61])
def test_a_role_has_a_name_of_its_own(sign_in, name):
    answer = sign_in("alma").post("/settings/roles", data=typed(name, scope_applications="1"))
    assert answer.status_code == 422
    assert len(db.session.scalars(select(Role)).all()) == len(BUILT_IN_ROLES)


def test_a_role_that_opens_nothing_is_refused(sign_in):
    answer = sign_in("alma").post("/settings/roles", data=typed())
    assert answer.status_code == 422
    assert "Whoever needs nothing needs no role." in answer.text


def test_what_a_scope_needs_is_said_where_it_is_too_low(sign_in):
    answer = sign_in("alma").post("/settings/roles", data=typed(scope_evidence="1"))
    assert answer.status_code == 422
    field = answer.text.split('id="scope_reviews"')[1].split("</fieldset>")[0]
    assert "a report holds the decisions of reviews" in field
    assert role_named("Helpdesk") is None


def test_a_level_that_opens_nothing_is_not_offered_and_not_taken(sign_in):
    client = sign_in("alma")
    page = client.get("/settings/roles/new").text
    trail = page.split('id="scope_trail"')[1].split("</fieldset>")[0]
    assert "Take action" not in trail
    everything = {f"scope_{scope.name.lower()}": "1" for scope in Scope} | {"scope_trail": "2"}
    assert client.post("/settings/roles", data=typed(**everything)).status_code == 422


def test_a_change_is_recorded_from_what_to_what_and_true_at_the_next_click(
    helpdesk, acting, sign_in
):
    client = sign_in("max")
    assert client.get("/applications").status_code == 200
    assert client.get("/people").status_code == 404
    change = typed(scope_users="1", scope_applications="0")
    sign_in("alma").post(f"/settings/roles/{helpdesk.id}/edit", data=change)
    assert client.get("/applications").status_code == 404
    assert client.get("/people").status_code == 200
    assert last_line().details == {
        "description": {"was": "Looks accounts up.", "now": ""},
        "Applications": {"was": "Read-only", "now": "No access"},
        "User Attributes": {"was": "No access", "now": "Read-only"},
    }


def test_saving_a_role_as_it_is_leaves_no_line(helpdesk, acting):
    same = RoleText("Helpdesk", "Looks accounts up.", {Scope.APPLICATIONS: Access.READ})
    edit_role(helpdesk, same, by=acting("alma"))
    assert "role edited" not in set(db.session.scalars(select(TrailLine.verb)))


def test_the_roles_that_come_with_the_product_stay_as_they_are(sign_in, cast):
    client, role = sign_in("alma"), role_named("Auditor")
    page = client.get(f"/settings/roles/{role.id}").text
    assert "/edit" not in page
    assert "Delete" not in page
    for way in ("edit", "delete"):
        answer = client.post(f"/settings/roles/{role.id}/{way}", data=typed(scope_users="1"))
        assert answer.status_code == 403
        assert "comes with the product" in answer.text


def test_a_role_is_duplicated_with_everything_it_gives(sign_in):
    client, like = sign_in("alma"), role_named("Compliance")
    page = client.get(f"/settings/roles/new?like={like.id}").text
    assert 'value="Compliance copy"' in page
    chosen = dict(re.findall(r'name="(scope_\w+)" value="(\d)" checked', page))
    client.post("/settings/roles", data=typed("Second line", **chosen, like=like.id))
    given, own = scopes_of(role_named("Second line")), scopes_of(like)
    assert {k: v for k, v in given.items() if v} == {k: v for k, v in own.items() if v}
    assert last_line().details["copied_from"] == "Compliance"


def test_a_role_is_not_deleted_while_somebody_holds_it(helpdesk, sign_in, cast):
    client = sign_in("alma")
    page = client.get(f"/settings/roles/{helpdesk.id}").text
    assert "It cannot be deleted while 1 member" in page
    answer = client.post(f"/settings/roles/{helpdesk.id}/delete")
    assert answer.status_code == 409
    assert "One member holds the role Helpdesk." in answer.text
    db.session.delete(db.session.scalar(select(Member).where(Member.person_id == cast.max.id)))
    db.session.commit()
    assert client.post(f"/settings/roles/{helpdesk.id}/delete").status_code == 303
    assert role_named("Helpdesk") is None
    assert last_line().verb == "role deleted"


def test_whose_time_is_over_has_ended_on_the_page_of_their_role_too(helpdesk, sign_in, cast):
    held = db.session.scalar(select(Member).where(Member.person_id == cast.max.id))
    held.ends_at = clock.now() + timedelta(hours=1)
    db.session.commit()
    assert "Ended" not in sign_in("alma").get(f"/settings/roles/{helpdesk.id}").text
    clock.shift(timedelta(hours=2))
    assert "Ended" in sign_in("alma").get(f"/settings/roles/{helpdesk.id}").text


@pytest.mark.parametrize("who", ["ivan", "carl", "ada"])
def test_members_who_are_not_admin_read_roles_and_change_none(sign_in, helpdesk, who):
    client = sign_in(who)
    for path in ("", "/matrix", "/compare", f"/{helpdesk.id}"):
        page = client.get(f"/settings/roles{path}")
        assert page.status_code == 200
        assert "See the portal as this role" not in page.text
    for path in (f"/{helpdesk.id}/edit", f"/{helpdesk.id}/delete", f"/{helpdesk.id}/preview"):
        assert client.post(f"/settings/roles{path}", data=typed()).status_code == 403
    assert client.post("/settings/roles", data=typed("Mine")).status_code == 404
    assert client.get("/settings/roles/new").status_code == 404


def test_two_roles_are_compared_side_by_side(sign_in):
    left, right = role_named("Compliance"), role_named("Auditor")
    page = sign_in("ada").get(f"/settings/roles/compare?left={left.id}&right={right.id}").text
    assert page.count("Compliance has more") == 2
    assert "Auditor has more" not in page
    rights = page.split("In single rights")[1]
    assert "Run campaigns" in rights
    assert "See campaigns" not in rights


def test_the_matrix_says_what_the_rules_say(sign_in):
    page = sign_in("ada").get("/settings/roles/matrix").text
    row = page.split("Decide an item")[1].split("</tr>")[0]
    cells = re.findall(r'data-label="([^"]+)">.*?<span>([^<]+)</span>', row, re.DOTALL)
    own = dict.fromkeys([*BUILT_IN_ROLES, "Without a role"], "Own only")
    assert dict(cells) == own | {"Admin": "Yes", "Compliance": "Yes", "API token": "No"}
    assert "You cannot review your own access." in row


def test_whoever_proved_long_ago_who_they_are_does_so_again_before_a_role_changes(
    helpdesk, sign_in
):
    client = sign_in("alma")
    clock.shift(timedelta(minutes=11))
    for path in (f"/{helpdesk.id}/edit", f"/{helpdesk.id}/delete", ""):
        answer = client.post(f"/settings/roles{path}", data=typed("New", scope_users="1"))
        assert answer.location.startswith("/again")
    assert role_named("Helpdesk").id == helpdesk.id
    assert role_named("New") is None
