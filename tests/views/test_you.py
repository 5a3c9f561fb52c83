"""One's own page, and what an Admin sees of it: where somebody is signed in, and how it ends."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from policies.permissions import SYSTEM
from portal import clock
from portal.db import db
from portal.models import IdentityProvider, Letter, Link, Session, Setting, TrailLine
from portal.models.provider import ProviderKind
from portal.queries.links import url_of
from portal.usecases.links import write_link
from portal.usecases.sessions import tidy_sessions
from tests.factories import launch, salesforce

FIREFOX = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; rv:133.0) Gecko/20100101 Firefox/133.0"}


def follow(client, person, purpose, review=None):
    link = write_link(person, purpose, review=review, by=SYSTEM)
    path = url_of(link).removeprefix("http://portal.test")
    return client.post(path) if purpose == "sign-in" else client.get(path)


def sessions_of(person):
    db.session.rollback()
    return db.session.scalars(
        select(Session).where(Session.person_id == person.id).order_by(Session.id)
    ).all()


def switch_on(key):
    db.session.add(Setting(key=key, value=True))
    db.session.commit()


@pytest.fixture
def provider(app):
    """Somewhere else to sign in."""
    made = IdentityProvider(key="okta", kind=ProviderKind.OIDC, name="Okta", is_enabled=True,
                            created_at=clock.now())  # fmt: skip
    db.session.add(made)
    db.session.commit()
    return made


def test_everybody_sees_where_they_are_signed_in(app, sign_in, cast):
    client = sign_in("carl")
    other = app.test_client()
    link = write_link(cast.carl, "sign-in", by=SYSTEM)
    other.post(url_of(link).removeprefix("http://portal.test"), headers=FIREFOX)
    page = client.get("/you").text
    assert "Firefox on Windows" in page
    assert page.count("Sign out here") == 1
    assert page.count("one-time sign-in link") == 2


def test_one_session_is_ended_and_the_other_stays(sign_in, cast):
    here, there = sign_in("carl"), sign_in("carl")
    ended = sessions_of(cast.carl)[1]
    assert here.post(f"/you/sessions/{ended.id}/end").status_code == 303
    assert there.get("/people").status_code == 302
    assert here.get("/people").status_code == 200


def test_signing_out_everywhere_else_keeps_this_one(sign_in, cast):
    here, *others = [sign_in("carl") for _ in range(3)]
    assert here.post("/you/sessions/end-others").status_code == 303
    assert [other.get("/people").status_code for other in others] == [302, 302]
    assert here.get("/people").status_code == 200
    line = db.session.scalars(select(TrailLine).where(TrailLine.verb == "sessions ended")).one()
    assert line.details["count"] == 2


def test_nobody_ends_the_session_of_somebody_else(sign_in, cast):
    carl, ivan = sign_in("carl"), sign_in("ivan")
    assert ivan.post(f"/you/sessions/{sessions_of(cast.carl)[0].id}/end").status_code == 404
    assert carl.get("/people").status_code == 200


def test_whoever_holds_a_link_to_tasks_gets_at_no_other_session_and_no_password(app, sign_in, cast):
    member = sign_in("carl")
    forwarded = app.test_client()
    follow(forwarded, cast.carl, "tasks")
    page = forwarded.get("/you").text
    assert "Password" not in page
    assert "one-time sign-in link" not in page
    assert forwarded.post(f"/you/sessions/{sessions_of(cast.carl)[0].id}/end").status_code == 404
    assert forwarded.post("/you/sessions/end-others").status_code == 404
    assert forwarded.get("/you/password").status_code == 404
    assert forwarded.post("/you/second-factor/begin").status_code == 404
    assert forwarded.get("/again").status_code == 404
    assert member.get("/people").status_code == 200


def test_an_admin_sees_and_ends_any_session(sign_in, cast):
    carl, alma = sign_in("carl"), sign_in("alma")
    address = f"/people/{cast.carl.id}/sessions"
    assert "one-time sign-in link" in alma.get(address).text
    assert alma.post(f"{address}/{sessions_of(cast.carl)[0].id}/end").status_code == 303
    assert carl.get("/people").status_code == 302
    assert "Your session has ended" in carl.get("/sign-in").text
    again = sign_in("carl")
    assert alma.post(f"{address}/end").status_code == 303
    assert again.get("/people").status_code == 302
    assert sign_in("ivan").get(address).status_code == 403


def test_a_cookie_from_before_the_sign_in_is_worth_nothing_after_it(app, sign_in, cast):
    client = sign_in("carl")
    planted = client.get_cookie("countersign").value
    follow(client, cast.alma, "sign-in")
    assert client.get_cookie("countersign").value != planted
    thief = app.test_client()
    thief.set_cookie("countersign", planted)
    assert thief.get("/people").status_code == 302
    client.post("/sign-out")
    assert "Your session has ended" not in client.get("/sign-in").text


def test_a_session_ends_when_it_is_left_alone_and_at_the_latest_after_its_hours(sign_in, cast):
    idle, busy = sign_in("carl"), sign_in("ivan")
    for hours in range(1, 12):
        clock.shift(timedelta(hours=hours))
        assert busy.get("/people").status_code == 200
    assert idle.get("/people").status_code == 302
    clock.shift(timedelta(hours=12))
    assert busy.get("/people").status_code == 302


def test_sessions_are_kept_for_90_days_after_their_end(sign_in, cast):
    sign_in("carl").post("/sign-out")
    sign_in("ivan")
    clock.shift(timedelta(days=89))
    assert tidy_sessions() == 0
    clock.shift(timedelta(days=91))
    assert tidy_sessions() == 2
    assert sessions_of(cast.carl) == []
    assert "session ended" in db.session.scalars(select(TrailLine.verb)).all()


def test_after_signing_in_one_is_where_one_wanted_to_go(app, cast):
    door = app.test_client()
    to_door = door.get("/people?q=max").location
    way_back = to_door.partition("next=")[2]
    assert way_back in door.get(to_door).text
    door.post("/sign-in", data={"email": "carl@example.com", "next": way_back})
    link = db.session.scalars(select(Link).join(Letter, Letter.link_id == Link.id)).one()
    assert door.post(url_of(link).removeprefix("http://portal.test")).location == "/people?q=max"


def test_where_tasks_need_a_sign_in_a_link_opens_the_door_and_not_the_task(
    app, sign_in, cast, acting, provider, run_jobs
):
    salesforce(cast)
    campaign = launch(acting("carl"))
    switch_on("tasks_need_sign_in")
    olive = app.test_client()
    answer = follow(olive, cast.olive, "tasks", campaign.reviews[0])
    assert answer.location.startswith("/sign-in?next=")
    page = olive.get(answer.location).text
    assert "Continue with Okta" in page
    assert answer.location.partition("next=")[2] in page
    assert olive.get("/tasks").status_code == 302


def test_without_single_sign_on_a_link_to_tasks_is_still_good(app, cast):
    switch_on("tasks_need_sign_in")
    client = app.test_client()
    follow(client, cast.olive, "tasks")
    assert client.get("/tasks").status_code == 200
