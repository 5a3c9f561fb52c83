"""What follows when nobody acts: escalations, and what a letter says once the due date is past."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from jobs.reminders import remind_people
from policies.deadlines import Undecided
from policies.errors import Invalid
from policies.lifecycle import LetterState
from policies.reminders import Escalation, Helper, ReminderRule
from portal import clock
from portal.db import db
from portal.models import Letter, Review
from portal.usecases.reassigning import add_reviewer
from portal.usecases.reminders import change_campaign_rule
from tests.factories import (
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


@pytest.mark.parametrize(
    ("to", "who"), [(Helper.MANAGER, "Alma"), (Helper.FALLBACK, "Carl"), (Helper.PERSON, "Max")]
)
def test_an_escalation_goes_to_whom_the_rule_names(campaign, cast, acting, to, who):
    cast.olive.manager_id = cast.alma.id
    db.session.commit()
    rule = ReminderRule((), 0, escalate_late=0, escalate_to=to, escalate_person=cast.max.id)
    change_campaign_rule(campaign, rule, by=acting("carl"))
    at(MONDAY + timedelta(days=14))
    remind_people()
    assert letters() == [("escalation", who)]


@pytest.mark.parametrize("how", [Escalation.ADD, Escalation.REPLACE])
def test_an_escalation_may_give_the_review_to_somebody_else(campaign, cast, acting, how):
    start(campaign, acting("olive"))
    rule = ReminderRule((), 0, escalate_late=0, escalate_to=Helper.PERSON)
    rule = replace(rule, escalate_person=cast.rita.id, escalate_how=how)
    change_campaign_rule(campaign, rule, by=acting("carl"))
    at(MONDAY + timedelta(days=14, hours=-1))
    remind_people()
    remind_people()
    told = db.session.scalars(select(Letter).where(Letter.kind == "escalation")).all()
    assert {letter.person.name for letter in told} >= {"Rita Reyes"}
    to_rita = next(letter for letter in told if "Olive Owens" in letter.subject)
    assert "from now on" in to_rita.body
    item = items_of(db.session.get_one(Review, campaign.reviews[0].id))["max"]
    decides = set(item.present_reviewer_ids)
    assert cast.rita.id in decides
    assert (cast.olive.id in decides) is (how is Escalation.ADD)


def test_who_hears_of_several_at_once_gets_one_letter_with_what_they_may_decide(cast, acting):
    at(MONDAY)
    for name, owner in (("Figma", cast.olive), ("Asana", cast.otto), ("Jira", cast.alma)):
        owner.manager_id = cast.alma.id if owner is not cast.alma else cast.max.id
        make_application(name, owner)
    cast.alma.manager_id = cast.otto.id  # one late person to each of the others
    db.session.commit()
    campaign = launch(acting("carl"))
    rule = ReminderRule((), 0, escalate_silent=2, escalate_how=Escalation.ADD)
    change_campaign_rule(campaign, rule, by=acting("carl"))
    at(MONDAY + timedelta(days=2))
    remind_people()
    remind_people()
    waiting = db.session.scalars(select(Letter).where(Letter.state == LetterState.QUEUED)).all()
    sent = sorted((each.kind, each.person.name) for each in waiting if each.kind != "invitation")
    assert sent == [
        ("escalation", cast.otto.name),
        ("escalations", cast.alma.name),
        ("reassigned", cast.otto.name),
    ]
    letter = db.session.scalars(select(Letter).where(Letter.kind == "escalations")).one()
    assert letter.subject == "Waiting for others: 2 access reviews"
    assert "- Olive Owens: Figma (" in letter.body
    assert letter.body.count("not started yet. You may decide as well.") == 2
    assert letter.link.purpose == "tasks"
    assert {each.held_until for each in waiting} == {None}


def test_what_takes_no_decision_any_more_is_given_to_nobody(campaign, cast, acting):
    rule = ReminderRule((), 0, escalate_late=1, escalate_to=Helper.PERSON)
    rule = replace(rule, escalate_person=cast.rita.id, escalate_how=Escalation.REPLACE)
    change_campaign_rule(campaign, rule, by=acting("carl"))
    at(MONDAY + timedelta(days=15))
    remind_people()
    assert cast.rita.id not in {each.person_id for each in campaign.reviews[0].reviewers}
    told = db.session.scalars(select(Letter).where(Letter.kind.like("escalation%"))).all()
    assert {letter.person_id for letter in told} == {cast.rita.id}
    assert "No decision is accepted any more" in told[-1].body


def test_who_reviews_it_all_already_is_told_and_not_added(campaign, cast, acting):
    cast.olive.manager_id = cast.alma.id
    db.session.commit()
    review = campaign.reviews[0]
    add_reviewer(review, 1, cast.alma, "Two see more.", by=acting("carl"))
    with pytest.raises(Invalid, match="reviews all of this level already"):
        add_reviewer(review, 1, cast.olive, "Again.", by=acting("carl"))
    rule = ReminderRule((), 0, escalate_silent=2, escalate_how=Escalation.ADD)
    change_campaign_rule(campaign, rule, by=acting("carl"))
    at(MONDAY + timedelta(days=2))
    remind_people()
    told = db.session.scalars(select(Letter).where(Letter.kind == "escalation")).all()
    (letter,) = [each for each in told if each.facts["late"] == cast.olive.name]
    assert "You review it as well." in letter.body
    assert letter.subject == "Waiting for Olive Owens: the access review of Salesforce"


@pytest.mark.parametrize(
    ("late", "undecided", "said", "told"),
    [
        (True, "leave open", "still accepted, and marked as late. Please see to it now.", ""),
        (False, "leave open", "No decision is accepted any more", "extend the due date."),
        (False, "reject", "What is undecided is rejected by the campaign's rule.", ""),
        (False, "expire the review", "Where something is undecided, the review expires.", ""),
    ],
)
def test_what_is_overdue_says_what_can_still_be_done(cast, acting, late, undecided, said, told):
    at(MONDAY)
    salesforce(cast)
    campaign = launch(acting("carl"), accepts_late=late, undecided=Undecided(undecided))
    rule = ReminderRule((), 1, escalate_late=1, escalate_to=Helper.FALLBACK)
    change_campaign_rule(campaign, rule, by=acting("carl"))
    at(MONDAY + timedelta(days=15))
    remind_people()
    (overdue, escalation) = db.session.scalars(
        select(Letter)
        .where(Letter.kind.in_(("overdue", "escalation")))
        .order_by(Letter.kind.desc())
    )
    assert said in overdue.body
    assert ("see to it now" in overdue.body) is late
    assert (f"ask {cast.carl.name} to extend the due date" in overdue.body) is not late
    assert told in escalation.body
    assert "ask Carl" not in escalation.body  # who reads it is Carl
    make_application("Figma", cast.olive)
    launch(acting("carl"), due_at=clock.now() + timedelta(hours=1))
    at(MONDAY + timedelta(days=16))
    remind_people()
    digest = db.session.scalars(select(Letter).where(Letter.kind == "digest")).one()
    closed = "" if late else "; no decision is accepted any more"
    assert f"Salesforce: not started yet, was due Mon 7 Dec 2026{closed}\n" in digest.body


def test_what_was_due_this_morning_is_overdue_and_not_reminded_of_a_last_time(cast, acting):
    at(MONDAY)
    salesforce(cast)
    launch(acting("carl"), due_at=MONDAY + timedelta(days=14))
    at(MONDAY + timedelta(days=14, hours=2))
    remind_people()
    assert letters() == [("overdue", "Olive")]
