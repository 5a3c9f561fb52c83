"""Letters that waited for the morning while what they ask for was done, or called off."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from jobs.letters import deliver_letters
from policies.filters import Filter
from policies.lifecycle import LetterState
from portal.db import db
from portal.models import Letter
from portal.usecases.decisions import decide_view
from portal.usecases.reminders import remind_now
from portal.usecases.reviews import cancel_review, sign_off
from tests.factories import APPROVED, start
from tests.reminding import asked_on_monday, at

SATURDAY = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.fixture
def waiting(app, cast, acting):
    """Olive has begun Salesforce; on a Saturday Carl reminds everybody who owes something."""
    campaign = asked_on_monday(cast, acting)
    start(campaign, acting("olive"))
    deliver_letters()
    own = app.extensions["config"]
    app.extensions["config"] = replace(own, smtp_host="mail.example.com")
    at(SATURDAY)
    remind_now(campaign, None, by=acting("carl"))
    app.extensions["config"] = own
    yield campaign
    app.extensions["config"] = own


def reminder():
    db.session.expire_all()
    letters = db.session.scalars(select(Letter).where(Letter.kind == "reminder"))
    return next(letter for letter in letters if letter.person.name == "Olive Owens")


def test_a_reminder_of_a_review_that_was_called_off_is_not_sent(waiting, acting):
    cancel_review(waiting.reviews[0], "It moves.", by=acting("carl"))
    at(SATURDAY + timedelta(days=3))
    deliver_letters()
    assert reminder().state is LetterState.WITHDRAWN
    assert reminder().last_error == "What it asks for was over before it was sent."


def test_whoever_finishes_at_the_weekend_is_not_reminded_on_monday(waiting, acting):
    review = waiting.reviews[0]
    decide_view(review, Filter(), APPROVED, seen=99, by=acting("olive"))
    sign_off(review, by=acting("olive"))
    at(SATURDAY + timedelta(days=3))
    deliver_letters()
    assert reminder().state is LetterState.WITHDRAWN


def test_who_still_owes_is_reminded_on_monday(waiting):
    at(SATURDAY + timedelta(days=3))
    deliver_letters()
    assert reminder().state is LetterState.KEPT
