"""What is over stays as it is: every door is knocked at, and nothing changes behind it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from policies.deadlines import Undecided
from policies.lifecycle import ReviewState
from policies.permissions import SYSTEM
from portal import clock
from portal.db import db
from portal.models import (
    Assignment,
    Campaign,
    Decision,
    Extension,
    Item,
    ItemGrant,
    Remediation,
    Removal,
    Review,
    Reviewer,
    SignOff,
)
from portal.usecases.campaigns import cancel_campaign
from portal.usecases.deadlines import end_by_rule, foretell_deadline, settle_deadline
from portal.usecases.decisions import decide_item
from portal.usecases.endings import close_campaign
from portal.usecases.remediation import remove_source, verify_against
from portal.usecases.reviews import sign_off, submit_review
from tests.factories import (
    APPROVED,
    items_of,
    launch,
    make_account,
    make_application,
    make_sync,
    start,
)
from tests.story import story

TABLES = (
    *(Campaign, Review, Reviewer, Item, ItemGrant, Assignment),
    *(Decision, SignOff, Remediation, Removal, Extension),
)
PLACES = {"campaign_id", "review_id", "item_id"}
READING = {"GET", "HEAD", "OPTIONS"}
# What is over can be copied, or decided again: that begins a campaign of its own.
BEGINNING = {"templates.duplicate", "follow_ups.begin"}


def completed(campaign, review, acting):
    item = items_of(review)["paula"]
    decide_item(item, APPROVED, version=0, by=acting("otto"))
    sign_off(review, by=acting("otto"))
    submit_review(review, by=acting("otto"))


def closed(campaign, review, acting):
    close_campaign(campaign, "Enough", by=acting("alma"))


def cancelled(campaign, review, acting):
    cancel_campaign(campaign, "Enough", by=acting("alma"))


def expired(campaign, review, acting):
    foretell_deadline(campaign, by=SYSTEM)
    clock.shift(timedelta(days=20))
    settle_deadline(campaign, by=SYSTEM)
    end_by_rule(review, by=SYSTEM)


@story
def running(cast, acting):
    application = make_application("Figma", cast.otto)
    make_sync(application)
    make_account(application, "paula", person=cast.paula, roles="Editor")
    campaign = launch(acting("alma"), undecided=Undecided.EXPIRE)
    return campaign, start(campaign, acting("otto"))


def rows():
    db.session.expire_all()
    found = {}
    for model in TABLES:
        keys = model.__table__.primary_key.columns
        query = select(model.__table__).order_by(*keys)
        found[model.__tablename__] = [tuple(row) for row in db.session.execute(query)]
    return found


@pytest.mark.parametrize("end", [completed, closed, cancelled, expired])
def test_nothing_changes_a_campaign_that_is_over(app, running, acting, sign_in, end):
    campaign, review = running
    end(campaign, review, acting)
    item = min(items_of(review).values(), key=lambda item: item.id)
    application, source = review.application, make_sync(review.application).source
    values = {"campaign_id": campaign.id, "review_id": review.id, "item_id": item.id}
    before, knocked, clients = rows(), set(), [sign_in("alma"), sign_in("otto")]
    for rule in app.url_map.iter_rules():
        if not rule.arguments & PLACES or rule.methods <= READING or rule.endpoint in BEGINNING:
            continue
        known = {name: values.get(name, 1) for name in rule.arguments}
        address = app.url_map.bind("portal.test").build(rule.endpoint, known, method="POST")
        for client in clients:
            for form in FORMS:
                assert client.post(address, data=form).status_code < 500, address
        knocked.add(rule.endpoint)
    verify_against(make_sync(application))
    remove_source(source, "Sold", by=SYSTEM)
    assert rows() == before
    assert knocked >= {"items.decide", "endings.extend", "reviews.relaunch", "plans.save_users"}
    assert review.state in {
        *(ReviewState.COMPLETED, ReviewState.CLOSED, ReviewState.CANCELLED, ReviewState.EXPIRED)
    }


# What is sent to every door: all that any of them might take for an answer.
FORMS = (
    {
        **{"reason": "Because", "verdict": "rejected", "version": "1", "seen": "999"},
        **{"day": "2030-01-01", "at": "12:00", "acknowledgement": "It is right"},
        **{"name": "Another", "due": "2030-01-01", "note": "Gone", "carry": "1"},
        **{"user_scope": "all", "reviewers": "owner", "remediation": "owner"},
        **{"undecided": "leave open", "kind": "once", "first": "2030-01-01", "zone": "UTC"},
    },
    {"verdict": "undecided", "version": "1", "comment": "Not so"},
)
