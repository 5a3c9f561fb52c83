"""Reminders: at the right time, to those who still owe something, and to nobody else."""

import csv
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from jobs.reminders import remind_people
from policies.errors import Denied, Invalid
from policies.permissions import SYSTEM
from policies.reminders import Reminder, ReminderRule, WorkingTime
from portal import clock
from portal.db import db
from portal.models import Letter
from portal.models.person import Standing
from portal.usecases.decisions import decide_item
from portal.usecases.reminders import remind_now
from portal.usecases.reviews import sign_off
from portal.usecases.settings import change_setting
from tests.factories import (
    APPROVED,
    REJECTED,
    items_of,
    launch,
    make_application,
    salesforce,
    start,
)

KINDS = ("reminder", "final-reminder", "overdue", "digest", "escalation")
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)  # due two weeks later, on Mon 7 December


def at(moment):
    clock.shift(timedelta())
    clock.shift(moment - clock.now())


@pytest.fixture
def campaign(cast, acting):
    at(MONDAY)
    salesforce(cast)
    return launch(acting("carl"), remediation_owner_id=cast.rufus.id)


def letters():
    """(kind, first name) of every reminder so far, in order."""
    db.session.expire_all()
    found = db.session.scalars(select(Letter).where(Letter.kind.in_(KINDS)).order_by(Letter.id))
    return [(letter.kind, letter.person.name.split()[0]) for letter in found]


def test_a_reviewer_who_does_nothing_is_reminded_as_the_rule_says(campaign):
    at(MONDAY)
    said = {}
    for day in range(20):
        at(MONDAY + timedelta(days=day))
        before = len(letters())
        remind_people()
        remind_people()
        said[day] = letters()[before:]
    due = (campaign.due_at - MONDAY).days
    assert due == 14
    olive = {day: [kind for kind, who in told if who == "Olive"] for day, told in said.items()}
    assert {day: kinds for day, kinds in olive.items() if kinds} == {
        7: ["reminder"],
        11: ["reminder"],  # three days before, a Friday; the day before is a Sunday
        14: ["final-reminder"],
        **{day: ["overdue"] for day in (15, 16, 17, 18)},
    }


def test_what_would_fall_on_a_weekend_comes_on_the_friday(app):
    rule, working = ReminderRule(before=(1,), late_every=1), WorkingTime()
    due = date(2026, 12, 7)
    days = [date(2026, 12, day) for day in range(1, 11)]
    told = {day.day: kind for day in days if (kind := rule.due_on(day, due, working))}
    assert told[4] is Reminder.REMINDER
    assert not working.is_now(datetime(2026, 12, 6, 12, tzinfo=UTC))
    assert {day for day, kind in told.items() if kind is Reminder.OVERDUE} == {8, 9, 10}


@pytest.mark.parametrize(
    ("zone", "hour", "now"),
    [("UTC", 7, False), ("UTC", 8, True), ("Asia/Tokyo", 0, True), ("America/New_York", 12, False)],
)
def test_nobody_is_written_to_at_night_where_they_are(zone, hour, now):
    assert WorkingTime(zone).is_now(datetime(2026, 11, 24, hour, 30, tzinfo=UTC)) is now


def test_who_is_done_is_left_alone_and_who_removes_is_asked(campaign, acting):
    review = start(campaign, acting("olive"))
    for login, item in items_of(review).items():
        by = acting("carl" if login == "olive" else "olive")
        verdict = REJECTED if login == "max" else APPROVED
        decide_item(item, verdict, comment="left", version=item.version, by=by)
    sign_off(review, by=acting("olive"))
    sign_off(review, by=acting("carl"))
    at(MONDAY + timedelta(days=7))
    remind_people()
    assert letters() == [("reminder", "Rufus")]
    letter = db.session.scalars(select(Letter).where(Letter.kind == "reminder")).one()
    assert "rejected access to remove" in letter.body


def test_several_tasks_come_in_one_letter(campaign, cast, acting):
    make_application("Figma", cast.olive)
    make_application("Miro", cast.olive)
    other = launch(acting("carl"))
    assert len(other.reviews) == 3
    at(MONDAY + timedelta(days=7))
    remind_people()
    assert letters() == [("digest", "Olive")]
    letter = db.session.scalars(select(Letter).where(Letter.kind == "digest")).one()
    assert letter.subject == "Reminder: 4 access reviews wait for you"
    assert "- Figma: not started yet, due Mon 7 Dec 2026" in letter.body


def test_a_manager_is_told_once_when_it_takes_too_long(campaign, cast):
    cast.olive.manager_id = cast.alma.id
    db.session.commit()
    for day in (16, 17, 18, 19):
        at(MONDAY + timedelta(days=day))
        remind_people()
    assert [told for told in letters() if told[0] == "escalation"] == [("escalation", "Alma")]
    letter = db.session.scalars(select(Letter).where(Letter.kind == "escalation")).one()
    assert "Olive Owens reports to you" in letter.body
    assert "/in/" not in letter.body
    assert letter.link_id is None


def test_who_has_left_gets_nothing(campaign, cast):
    cast.olive.standing = Standing.PAST
    db.session.commit()
    at(MONDAY + timedelta(days=7))
    remind_people()
    assert letters() == []


def test_an_organisation_may_want_no_reminders_at_all(campaign, acting):
    for key in ("reminder_days", "overdue_days", "escalation_days"):
        change_setting(key, "" if key == "reminder_days" else "0", by=acting("ivan"))
    for day in (7, 14, 15, 18):
        at(MONDAY + timedelta(days=day))
        remind_people()
    assert letters() == []


@pytest.mark.parametrize(
    ("key", "typed"),
    [("reminder_days", "7\nsoon"), ("reminder_days", "900"), ("letters_zone", "X")],
)
def test_a_rule_that_cannot_be_reckoned_with_is_refused(acting, key, typed):
    with pytest.raises(Invalid):
        change_setting(key, typed, by=acting("ivan"))


def test_an_admin_reminds_at_once_but_at_most_once_an_hour(campaign, cast, acting):
    assert remind_now(campaign, [cast.olive.id, cast.max.id], by=acting("carl")) == (1, 0)
    assert remind_now(campaign, [cast.olive.id], by=acting("carl")) == (0, 1)
    at(MONDAY + timedelta(hours=1))
    assert remind_now(campaign, [cast.olive.id], by=acting("carl")) == (1, 0)
    with pytest.raises(Invalid, match="at least one"):
        remind_now(campaign, [cast.max.id], by=acting("carl"))
    with pytest.raises(Denied):
        remind_now(campaign, [cast.olive.id], by=acting("ivan"))


def test_the_page_shows_who_owes_what_and_reminds_them(campaign, cast, sign_in):
    client, here = sign_in("carl"), f"/campaigns/{campaign.id}/owed"
    page = client.get(here).text
    assert "1 person has something left to do" in page
    assert "Not started yet" in page
    client.post(here, data={"person": [str(cast.olive.id)]})
    assert letters() == [("reminder", "Olive")]
    assert "1 letter written" in client.get(here).text
    assert client.post(here, data={}).status_code == 422
    lines = client.get(f"{here}/csv").text.splitlines()
    row = next(csv.reader(lines[1:]))
    assert row[:6] == ["Olive Owens", "olive@example.com", "", "Salesforce", "not started yet", "0"]


def test_an_auditor_sees_who_owes_but_reminds_nobody(campaign, sign_in):
    client, here = sign_in("ada"), f"/campaigns/{campaign.id}/owed"
    page = client.get(here).text
    assert "Olive Owens" in page
    assert "Remind those" not in page
    assert client.post(here, data={"person": ["1"]}).status_code == 403
    assert sign_in("max").get(here).status_code == 404


def test_the_page_asks_no_more_when_more_people_owe(campaign, cast, sign_in, counting, acting):
    client, here = sign_in("carl"), f"/campaigns/{campaign.id}/owed"
    client.get(here)
    with counting() as few:
        client.get(here)
    for name, owner in (("Figma", cast.otto), ("Miro", cast.rita), ("Asana", cast.rufus)):
        make_application(name, owner)
    other = launch(acting("carl"))
    assert len(other.reviews) == 4
    with counting() as many:
        client.get(f"/campaigns/{other.id}/owed")
    assert many.count <= few.count + 1


def test_the_system_reminds_in_nobodys_name(campaign):
    at(MONDAY + timedelta(days=7))
    remind_people()
    letter = db.session.scalars(select(Letter).where(Letter.kind == "reminder")).one()
    assert letter.sender_id is SYSTEM.person_id
