"""What a list shows is exactly what the permission allows, for everybody, at every stage."""

import pytest
from sqlalchemy import select

from policies.permissions import DECIDE_ITEM, SEE_ITEM, can
from portal.db import db
from portal.models import Item, Review
from portal.queries.items import items_decided_by, items_seen_by
from portal.usecases.decisions import decide_item
from portal.usecases.reviews import sign_off
from tests.cast import ROLES
from tests.factories import APPROVED, REJECTED, items_of, launch, salesforce, start

EVERYBODY = (*ROLES, "olive", "otto", "rita", "rufus", "max")


@pytest.fixture(params=["in review", "signed off with a rejection"])
def review(request, cast, acting):
    """Olive's Salesforce, for Rufus to clear."""
    salesforce(cast)
    campaign = launch(acting("carl"), remediation_owner_id=cast.rufus.id)
    review = start(campaign, acting("olive"))
    if request.param != "in review":
        decide_everything(review, acting)
    return db.session.get_one(Review, review.id)


def decide_everything(review, acting):
    for login, item in items_of(review).items():
        by = acting("carl" if login == "olive" else "olive")
        verdict = REJECTED if login == "paula" else APPROVED
        decide_item(item, verdict, comment="left", version=item.version, by=by)
    sign_off(review, by=acting("olive"))


@pytest.mark.parametrize("who", EVERYBODY)
def test_the_items_listed_are_the_items_that_may_be_seen(review, acting, who):
    actor = acting(who)
    shown = set(db.session.scalars(select(Item.id).where(items_seen_by(actor, review))))
    assert shown == {item.id for item in every(review) if can(SEE_ITEM, actor, item)}


@pytest.mark.parametrize("who", EVERYBODY)
def test_the_items_decided_in_bulk_are_the_items_that_may_be_decided(review, acting, who):
    actor = acting(who)
    both = items_seen_by(actor, review), items_decided_by(actor, review)
    decided = set(db.session.scalars(select(Item.id).where(*both)))
    if review.state.value != "in review":
        decided = set()  # the use-case refuses before it looks at items
    assert decided == {item.id for item in every(review) if can(DECIDE_ITEM, actor, item)}


def every(review):
    return db.session.scalars(select(Item).where(Item.review_id == review.id)).all()
