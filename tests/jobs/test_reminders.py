"""Reminders: at the right time, to those who still owe something, and to nobody else."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from jobs.reminders import remind_people
from policies.errors import Denied, Invalid
from policies.permissions import SYSTEM
from policies.reminders import Helper, Reminder, ReminderRule, rule_from_data
from policies.reminders import Standing as At
from policies.working_time import WorkingTime
from portal.db import db
from portal.models import Letter
from portal.models.person import Standing
from portal.usecases.carrying import mark_unsent
from portal.usecases.decisions import decide_item
from portal.usecases.letter_choices import wish_for_letters
from portal.usecases.letters import write_letter
from portal.usecases.reminders import change_campaign_rule, change_usual_rule, remind_now
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
from tests.reminding import MONDAY, asked_on_monday, at, letters
from tests.story import story


@story
def campaign(cast, acting):
    return asked_on_monday(cast, acting)


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
    begun = date(2026, 11, 20)
    told = {day.day: kind for day in days if (kind := rule.due_on(At(day, due, begun), working))}
    assert told[4] is Reminder.REMINDER
    assert not working.is_now(datetime(2026, 12, 6, 12, tzinfo=UTC))
    assert {day for day, kind in told.items() if kind is Reminder.OVERDUE} == {8, 9, 10}


@pytest.mark.parametrize(
    ("zone", "hour", "now"),
    [("UTC", 7, False), ("UTC", 8, True), ("Asia/Tokyo", 0, True), ("America/New_York", 12, False)],
)
def test_nobody_is_written_to_at_night_where_they_are(zone, hour, now):
    assert WorkingTime(zone).is_now(datetime(2026, 11, 24, hour, 30, tzinfo=UTC)) is now


def review_to_the_end(campaign, acting) -> None:
    """Everything is decided and signed off; the access of Max is to be removed."""
    review = start(campaign, acting("olive"))
    for login, item in items_of(review).items():
        by = acting("carl" if login == "olive" else "olive")
        verdict = REJECTED if login == "max" else APPROVED
        decide_item(item, verdict, comment="left", version=item.version, by=by)
    sign_off(review, by=acting("olive"))
    sign_off(review, by=acting("carl"))


def test_who_is_done_is_left_alone_and_who_removes_is_asked(campaign, acting):
    review_to_the_end(campaign, acting)
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


def test_who_has_left_gets_nothing(campaign, cast):
    cast.olive.standing = Standing.PAST
    db.session.commit()
    at(MONDAY + timedelta(days=7))
    remind_people()
    assert letters() == []


def test_an_organisation_may_want_no_reminders_at_all(campaign, acting):
    change_usual_rule(ReminderRule((), 0, escalate_late=None), by=acting("ivan"))
    for day in (7, 14, 15, 18):
        at(MONDAY + timedelta(days=day))
        remind_people()
    assert letters() == []


def test_a_campaign_may_have_a_rule_of_its_own(campaign, cast, acting):
    rule = ReminderRule((), 0, every=3, half_time=True, escalate_silent=4, escalate_late=None)
    rule = replace(rule, escalate_to=Helper.PERSON, escalate_person=cast.max.id)
    change_campaign_rule(campaign, rule, by=acting("carl"))
    said = {}
    for day in range(16):
        at(MONDAY + timedelta(days=day))
        before = len(letters())
        remind_people()
        said[day] = letters()[before:]
    assert {day: told for day, told in said.items() if told} == {
        3: [("reminder", "Olive")],
        4: [("reminder", "Olive"), ("escalation", "Max")],  # a Friday: the sixth day is a Sunday
        7: [("reminder", "Olive")],
        9: [("reminder", "Olive")],
        11: [("reminder", "Olive")],
    }


def test_who_decides_is_not_silent(campaign, acting):
    rule = ReminderRule((), 0, silent=2, escalate_late=None)
    change_campaign_rule(campaign, rule, by=acting("carl"))
    review = start(campaign, acting("olive"))
    at(MONDAY + timedelta(days=1))
    item = items_of(review)["max"]
    decide_item(item, APPROVED, version=item.version, by=acting("olive"))
    remind_people()
    at(MONDAY + timedelta(days=2))
    remind_people()
    assert ("reminder", "Olive") not in letters()
    at(MONDAY + timedelta(days=3))
    remind_people()
    assert ("reminder", "Olive") in letters()


@pytest.mark.parametrize(
    ("attributes", "hour", "written"),
    [({}, 9, True), ({"Time zone": "Asia/Tokyo"}, 9, True),
     ({"Time zone": "Asia/Tokyo"}, 12, False),
     ({"timezone": "America/New_York"}, 9, False), ({"tz": "nowhere"}, 9, True)],
)  # fmt: skip
def test_everybody_is_reminded_in_their_own_working_hours(
    campaign, cast, attributes, hour, written
):
    cast.olive.attributes = attributes
    db.session.commit()
    at(MONDAY + timedelta(days=7, hours=hour - 9))
    remind_people()
    assert bool(letters()) is written


def test_a_letter_that_can_wait_is_carried_in_the_morning_where_its_person_is(app, cast, acting):
    own = app.extensions["config"]
    app.extensions["config"] = replace(own, smtp_host="mail.example.com")
    cast.olive.attributes = {"timezone": "America/New_York"}
    db.session.commit()
    at(datetime(2026, 11, 21, 2, tzinfo=UTC))  # a Friday, at nine in the evening
    salesforce(cast)
    launch(acting("carl"))
    app.extensions["config"] = own
    letter = db.session.scalars(select(Letter).where(Letter.kind == "invitation")).one()
    assert letter.try_at == datetime(2026, 11, 23, 13, tzinfo=UTC)  # Monday, at eight


@pytest.mark.parametrize(
    ("changes", "carried_at"),
    [
        ({"letters_from_hour": "10"}, datetime(2026, 11, 23, 15, tzinfo=UTC)),
        ({"letters_five_days": "no"}, datetime(2026, 11, 21, 13, tzinfo=UTC)),
        ({"letters_to_hour": "24"}, datetime(2026, 11, 21, 2, tzinfo=UTC)),
    ],
)
def test_letters_that_wait_follow_the_hours_that_hold_now(app, cast, acting, changes, carried_at):
    own = app.extensions["config"]
    app.extensions["config"] = replace(own, smtp_host="mail.example.com")
    cast.olive.attributes = {"timezone": "America/New_York"}
    db.session.commit()
    at(datetime(2026, 11, 21, 2, tzinfo=UTC))  # a Friday, at nine in the evening
    salesforce(cast)
    launch(acting("carl"))
    letter = db.session.scalars(select(Letter).where(Letter.kind == "invitation")).one()
    failed = write_letter("digest", cast.otto, key="f", count=2, tasks="", by=SYSTEM)
    mark_unsent(failed, "No.", by=SYSTEM)
    app.extensions["config"], later = own, failed.try_at
    for key, text in changes.items():
        change_setting(key, text, by=acting("alma"))
    db.session.expire_all()
    assert abs(letter.try_at - carried_at) < timedelta(minutes=1)
    assert failed.try_at == later


def test_who_wants_no_digest_still_hears_the_last_word(campaign, cast, acting):
    make_application("Figma", cast.olive)
    launch(acting("carl"), name="Other")
    wish_for_letters({"digest": "none", "reminder": "none"}, by=acting("olive"))
    at(MONDAY + timedelta(days=7))
    remind_people()
    assert letters() == []
    at(MONDAY + timedelta(days=14))
    remind_people()
    assert letters() == [("final-reminder", "Olive")] * 3


def test_who_wants_letters_one_by_one_is_reminded_so(campaign, cast, acting):
    make_application("Figma", cast.olive)
    launch(acting("carl"), name="Other")
    wish_for_letters({"digest": "singly"}, by=acting("olive"))
    at(MONDAY + timedelta(days=7))
    remind_people()
    assert letters() == [("reminder", "Olive")] * 3


def test_a_rule_says_itself_in_words_and_is_kept_as_data():
    rule = ReminderRule((3, 0), 2, every=5, half_time=True, silent=4, escalate_silent=6)
    assert rule_from_data(rule.as_data(), ReminderRule()) == rule
    assert rule.in_words() == [
        "A reminder 3 days before the due date.",
        "A last reminder on the due date.",
        "A reminder at half time.",
        "A reminder every 5 days from the launch on.",
        "A reminder after 4 days without a decision, and again after as many.",
        "Once it is overdue, a letter every 2 days.",
        "After 6 days of silence the manager is told.",
        "3 days after the due date the manager is told.",
    ]


@pytest.mark.parametrize(
    ("key", "typed"), [("letters_zone", "X"), ("letters_to_hour", "8"), ("reminder_rule", "{}")]
)
def test_a_setting_that_cannot_be_reckoned_with_is_refused(acting, key, typed):
    with pytest.raises(Invalid):
        change_setting(key, typed, by=acting("ivan"))


def test_an_admin_reminds_at_once_but_at_most_once_an_hour(campaign, cast, acting):
    assert remind_now(campaign, [cast.olive.id, cast.max.id], by=acting("carl")) == (1, 0)
    assert remind_now(campaign, [cast.olive.id], by=acting("carl")) == (0, 1)
    at(MONDAY + timedelta(minutes=59))
    assert remind_now(campaign, None, by=acting("carl")) == (0, 1)
    at(MONDAY + timedelta(hours=1, minutes=1))
    assert remind_now(campaign, None, by=acting("carl")) == (1, 0)
    with pytest.raises(Invalid, match="at least one"):
        remind_now(campaign, [cast.max.id], by=acting("carl"))
    with pytest.raises(Denied):
        remind_now(campaign, [cast.olive.id], by=acting("ivan"))


def test_the_system_reminds_in_nobodys_name(campaign):
    at(MONDAY + timedelta(days=7))
    remind_people()
    letter = db.session.scalars(select(Letter).where(Letter.kind == "reminder")).one()
    assert letter.sender_id is SYSTEM.person_id


def test_what_is_to_be_removed_can_be_done_after_the_due_date(campaign, acting):
    review_to_the_end(campaign, acting)
    at(MONDAY + timedelta(days=15))
    remind_people()
    letter = db.session.scalars(select(Letter).where(Letter.kind == "overdue")).one()
    assert "This can still be done. Please see to it now." in letter.body


def test_who_was_reminded_by_hand_today_is_not_reminded_by_the_rule_as_well(campaign, cast, acting):
    at(MONDAY + timedelta(days=7))
    remind_now(campaign, [cast.olive.id], by=acting("carl"))
    before = letters()
    remind_people()
    assert ("reminder", "Olive") not in letters()[len(before) :]
    at(MONDAY + timedelta(days=11))
    remind_people()
    assert ("reminder", "Olive") in letters()[len(before) :]
