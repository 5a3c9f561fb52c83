"""The pages of members: the list, one of them, and what an Admin changes about them."""

import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import select

from policies.permissions import SYSTEM
from portal import clock
from portal.db import db
from portal.models import Member, TrailLine
from portal.models.member import GrantedBy, MemberState
from portal.queries.actors import member_of
from portal.usecases.members import add_member


def change(client, person, what, **data):
    return client.post(f"/settings/members/{member_of(person.id).id}/{what}", data=data)


def rows(client, query=""):
    text = client.get(f"/settings/members/csv?{query}").text
    return list(csv.DictReader(io.StringIO(text, newline="")))


def fresh(person) -> Member:
    db.session.expire_all()
    return member_of(person.id)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=ALMA", ["Alma Ahlgren"]),
        ("field=state&op=is&value=suspended", ["Carl Conrad"]),
        ("field=state&op=is&value=ended", ["Ivan Ilves", "Rhea Ruiz"]),
        ("field=role&op=is&value=auditor", ["Ada Abbot"]),
        ("field=standing&op=is&value=external", ["Ada Abbot"]),
        ("field=way&op=is&value=not+yet&sort=-name",
         ["Rhea Ruiz", "Ivan Ilves", "Carl Conrad", "Ada Abbot"]),
        ("field=way&op=is&value=link", ["Alma Ahlgren"]),
        ("sort=ends&field=ends&op=not-empty", ["Ivan Ilves", "Ada Abbot"]),
    ],
)  # fmt: skip
def test_members_are_found_by_how_they_stand(sign_in, cast, query, names):
    member_of(cast.carl.id).state = MemberState.SUSPENDED
    member_of(cast.ivan.id).ends_at = clock.now() - timedelta(seconds=1)
    cast.rhea.standing = cast.paula.standing
    db.session.commit()
    assert [row["Name"] for row in rows(sign_in("alma"), query)] == names


@pytest.mark.parametrize("sort", ["name", "-name", "role", "-seen", "since", "ends"])
def test_every_order_pages_through_all_members(sign_in, cast, sort):
    for number in range(60):
        add_member(f"m{number:02}@example.com", "Read-only", name=f"M {number % 9}", by=SYSTEM)
    client, seen, url = sign_in("ivan"), [], f"/settings/members?sort={sort}"
    while url:
        page = client.get(url).text
        seen += [part.split('"')[0] for part in page.split('href="/settings/members/')[1:]]
        url = neighbour(page, "next")
    ids = [each for each in seen if each.isdigit()]
    assert len(ids) == len(set(ids)) == 65


def test_the_list_counts_states_and_says_who_ends_soon(sign_in, cast):
    member_of(cast.ada.id).ends_at = clock.now() + timedelta(days=5)
    member_of(cast.carl.id).state = MemberState.SUSPENDED
    db.session.commit()
    page = sign_in("ivan").get("/settings/members").text
    assert "Ends in 5 days" in page
    assert "<strong>1</strong> suspended" in page
    assert "<strong>4</strong> active" in page


def test_an_end_is_enforced_to_the_second(sign_in, cast):
    client = sign_in("ada")
    member = member_of(cast.ada.id)
    member.ends_at = clock.now() + timedelta(seconds=60)
    db.session.commit()
    clock.shift(timedelta(seconds=58))
    assert client.get("/campaigns").status_code == 200
    clock.shift(timedelta(seconds=61))
    assert client.get("/campaigns").status_code == 302


def test_suspending_signs_out_at_once_and_reinstating_lets_in_again(sign_in, cast):
    alma, carl = sign_in("alma"), sign_in("carl")
    assert (
        "1 session ends"
        in alma.get(f"/settings/members/{member_of(cast.carl.id).id}/suspension").text
    )
    assert change(alma, cast.carl, "suspension").status_code == 303
    assert carl.get("/campaigns").status_code == 302
    assert fresh(cast.carl).state is MemberState.SUSPENDED
    assert change(alma, cast.carl, "reinstatement").status_code == 303
    assert sign_in("carl").get("/campaigns").status_code == 200
    verbs = set(db.session.scalars(select(TrailLine.verb)))
    assert {"member suspended", "sessions ended", "member reinstated"} <= verbs


def test_a_role_is_changed_after_its_differences_were_read(sign_in, cast):
    alma, carl = sign_in("alma"), sign_in("carl")
    place = f"/settings/members/{member_of(cast.carl.id).id}/role"
    page = alma.get(f"{place}?role=Read-only").text
    assert "From Compliance to Read-only" in page
    assert "The trail as a whole does not exist." in page
    assert "Administration" not in page
    assert "Administration" in alma.get(f"{place}?role=Admin").text
    assert fresh(cast.carl).role.name == "Compliance"
    assert carl.get("/trail").status_code == 200
    assert change(alma, cast.carl, "role", role="Read-only").status_code == 303
    assert carl.get("/trail").status_code == 404
    line = db.session.scalars(select(TrailLine).where(TrailLine.verb == "role changed")).one()
    assert (line.details["was"], line.details["now"]) == ("Compliance", "Read-only")


def test_a_role_that_single_sign_on_gave_is_given_by_hand_once_an_admin_chooses(sign_in, cast):
    member_of(cast.carl.id).granted_by = GrantedBy.SSO
    db.session.commit()
    client = sign_in("alma")
    place = f"/settings/members/{member_of(cast.carl.id).id}/role"
    assert "given by hand" in client.get(f"{place}?role=Compliance").text
    change(client, cast.carl, "role", role="Compliance")
    assert fresh(cast.carl).granted_by is GrantedBy.HAND


@pytest.mark.parametrize(
    ("what", "data"),
    [("role", {"role": "Auditor"}), ("end", {"ends": "2199-12-31"}), ("suspension", {})],
)
def test_the_last_admin_stays_admin(sign_in, cast, what, data):
    client = sign_in("alma")
    assert change(client, cast.alma, what, **data).status_code in {409, 422}
    member = fresh(cast.alma)
    assert (member.role.name, member.ends_at, member.state) == ("Admin", None, "active")


def test_nobody_suspends_themselves(sign_in, cast):
    add_member("carl@example.com", "Admin", by=SYSTEM)
    assert "cannot suspend yourself" in change(sign_in("alma"), cast.alma, "suspension").text


def test_an_external_person_keeps_an_end_date(sign_in, cast):
    client = sign_in("alma")
    answer = change(client, cast.ada, "end", ends="")
    assert answer.status_code == 422
    assert "give the last day" in answer.text
    assert change(client, cast.ada, "end", ends="2199-12-31").status_code == 303
    assert f"{fresh(cast.ada).ends_at:%Y-%m-%d %H:%M:%S}" == "2199-12-31 23:59:59"


@pytest.mark.parametrize("day", ["2001-01-01", "soon", "2026-13-01"])
def test_a_day_that_cannot_be_is_refused_and_stays_in_the_form(sign_in, cast, day):
    answer = change(sign_in("alma"), cast.carl, "end", ends=day)
    assert answer.status_code == 422
    assert f'value="{day}"' in answer.text
    assert fresh(cast.carl).ends_at is None


def test_a_members_page_shows_sessions_to_admins_and_deeds_to_whoever_reads_the_trail(
    sign_in, cast
):
    carl = sign_in("carl")
    place = f"/settings/members/{member_of(cast.carl.id).id}"
    for who, sees in (("alma", True), ("ada", False)):
        page = sign_in(who).get(place).text
        assert ("Where they are signed in" in page) is sees
        assert "Signed in" in page
        assert ("/suspension" in page) is sees
    assert carl.get(place).status_code == 200


@pytest.mark.parametrize("who", ["ivan", "carl", "ada", "rhea", "max"])
def test_only_an_admin_changes_members(sign_in, cast, who):
    client = sign_in(who)
    for what in ("suspension", "role", "end", "reinstatement", "invitation", "revocation"):
        answer = change(client, cast.rhea, what, role="Admin", ends="2199-12-31")
        assert answer.status_code in {403, 404}
    assert fresh(cast.rhea).role.name == "Read-only"


def test_for_whoever_has_no_settings_there_are_no_members(sign_in, cast):
    client = sign_in("rhea")
    for path in ("/settings/members", "/settings/members/csv", "/settings/members/1"):
        assert client.get(path).status_code == 404


def neighbour(page: str, which: str) -> str:
    before, marker, _ = page.partition(f'rel="{which}"')
    return before.rpartition('href="')[2].split('"')[0].replace("&amp;", "&") if marker else ""
