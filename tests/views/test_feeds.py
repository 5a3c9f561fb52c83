"""Due dates in one's own calendar, by a secret address."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from icalendar import Calendar

from policies.recurrence import Day, Recurrence, Unit
from portal import clock
from portal.db import db
from portal.models import Feed, Person, TrailLine
from portal.models.person import Standing
from portal.usecases.campaigns import cancel_campaign, draft_campaign
from portal.usecases.endings import extend_campaign
from portal.usecases.reviews import cancel_review
from portal.usecases.series import Schedule, begin_series, pause_series
from tests.factories import launch, make_application, plan, salesforce
from tests.story import story

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
DUE = NOW + timedelta(days=14)


@pytest.fixture(autouse=True)
def autumn(app):
    clock.shift(NOW - clock.now())


@story
def campaign(cast, acting):
    salesforce(cast)
    return launch(acting("carl"), due_at=DUE)


def address(client) -> str:
    client.post("/you/calendar")
    found = re.search(r"http://portal\.test(/calendar/[\w-]+\.ics)", client.get("/you").text)
    return found[1] if found else ""


def events(client, path) -> dict[str, dict]:
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "text/calendar")
    calendar = Calendar.from_ical(answer.data)
    return {str(event["uid"]): event for event in calendar.walk("VEVENT")}


def test_it_shows_a_reviewer_what_waits_for_them_without_signing_in(app, sign_in, campaign):
    path = address(sign_in("olive"))
    (event,) = events(app.test_client(), path).values()
    assert event["summary"] == "Review who has access to Salesforce"
    assert event["dtstart"].dt == DUE
    assert event["url"] == f"http://portal.test/reviews/{campaign.reviews[0].id}"
    assert (event["status"], event["sequence"]) == ("CONFIRMED", 0)


def test_it_keeps_its_uid_when_the_due_date_moves_and_says_that_it_is_newer(
    app, sign_in, campaign, acting
):
    path = address(sign_in("olive"))
    ((uid, before),) = events(app.test_client(), path).items()
    clock.shift(timedelta())
    clock.shift(NOW + timedelta(days=1) - clock.now())
    extend_campaign(campaign, DUE + timedelta(days=7), "More time", by=acting("carl"))
    ((same, after),) = events(app.test_client(), path).items()
    assert uid == same
    assert after["dtstart"].dt == DUE + timedelta(days=7)
    assert after["sequence"] > before["sequence"]
    assert after["dtstamp"].dt > before["dtstamp"].dt


def test_what_was_cancelled_is_marked_and_goes_after_a_while(app, sign_in, campaign, acting):
    path = address(sign_in("olive"))
    cancel_review(campaign.reviews[0], "Sold", by=acting("carl"))
    (event,) = events(app.test_client(), path).values()
    assert event["status"] == "CANCELLED"
    assert event["summary"].startswith("Cancelled: ")
    assert event["sequence"] == 1
    clock.shift(timedelta())
    clock.shift(DUE + timedelta(days=91) - clock.now())
    assert events(app.test_client(), path) == {}


def test_whoever_sees_campaigns_finds_their_launches_and_due_dates(app, cast, sign_in, acting):
    salesforce(cast)
    running = launch(acting("carl"), name="Running", due_at=DUE)
    rule = Recurrence(Unit.QUARTER, date(2026, 12, 1), day=Day.LAST_BUSINESS, zone="Europe/Berlin")
    draft = draft_campaign(plan(name="Quarterly"), by=acting("carl"))
    series = begin_series(draft, Schedule(rule), by=acting("carl"))
    path = address(sign_in("rhea"))
    found = events(app.test_client(), path)
    assert {str(event["summary"]) for event in found.values()} == {
        *("Due: Running", "Launch: Quarterly, Dec 2026", "Launch: Quarterly")
    }
    launches = sorted(
        event["dtstart"].dt for event in found.values() if event["summary"].startswith("Launch")
    )
    assert [moment.isoformat() for moment in launches] == [
        "2026-12-31T08:00:00+00:00",
        "2027-03-31T07:00:00+00:00",
        "2027-06-30T07:00:00+00:00",
        "2027-09-30T07:00:00+00:00",
        "2027-12-31T08:00:00+00:00",
    ]
    pause_series(series, by=acting("carl"))
    cancel_campaign(running, "Enough", by=acting("carl"))
    (left,) = events(app.test_client(), path).values()
    assert (left["summary"], left["status"]) == ("Cancelled: Due: Running", "CANCELLED")


def test_who_came_by_a_link_to_tasks_and_who_sees_no_campaigns_finds_only_tasks(
    app, sign_in, campaign
):
    found = events(app.test_client(), address(sign_in("olive")))
    assert all(uid.startswith("review-") for uid in found)
    assert events(app.test_client(), address(sign_in("max"))) == {}


def test_a_new_address_shuts_the_one_before_and_a_revoked_one_opens_nothing(app, sign_in, campaign):
    olive, anybody = sign_in("olive"), app.test_client()
    first, second = address(olive), address(olive)
    assert first != second
    assert anybody.get(first).status_code == 404
    assert anybody.get(second).status_code == 200
    assert olive.post("/you/calendar/end").status_code == 303
    assert anybody.get(second).status_code == 404
    assert olive.post("/you/calendar/end").status_code == 409
    said = [line.verb for line in db.session.query(TrailLine).order_by(TrailLine.id)]
    assert [verb for verb in said if "calendar" in verb] == [
        "calendar address created",
        "calendar address renewed",
        "calendar address revoked",
    ]
    assert second.split("/")[-1].removesuffix(".ics") not in str(
        [vars(feed) for feed in db.session.query(Feed)]
    )


def test_it_ends_with_whoever_leaves(app, sign_in, campaign, cast):
    path = address(sign_in("olive"))
    db.session.get_one(Person, cast.olive.id).standing = Standing.PAST
    db.session.commit()
    assert app.test_client().get(path).status_code == 404


def test_nothing_that_came_from_outside_can_break_out_of_its_line(app, sign_in, cast, acting):
    name = "Evil\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:x; a, b\\c " + "ü" * 90
    make_application(name, cast.olive)
    launch(acting("carl"), due_at=DUE)
    path = address(sign_in("olive"))
    raw = app.test_client().get(path).data
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    (event,) = events(app.test_client(), path).values()
    assert str(event["summary"]).startswith(
        "Review who has access to Evil END:VEVENT BEGIN:VEVENT SUMMARY:x; a, b\\c üüü"
    )


def test_an_unchanged_calendar_is_not_sent_again(app, sign_in, campaign):
    path, anybody = address(sign_in("olive")), app.test_client()
    tag = anybody.get(path).headers["ETag"]
    assert anybody.get(path, headers={"If-None-Match": tag}).status_code == 304


def test_the_tasks_page_offers_it(sign_in, campaign):
    assert "Have these due dates in your calendar" in sign_in("olive").get("/tasks").text
