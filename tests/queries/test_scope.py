"""What makes an account new: that it was not there when the last review fixed its list."""

import pytest

from policies.filters import Filter
from policies.lifecycle import ReviewState
from portal.db import db
from portal.models import Account
from portal.models.campaign import UserScope
from portal.usecases.decisions import decide_item, decide_view
from portal.usecases.reviews import sign_off, submit_review
from tests.factories import (
    APPROVED,
    items_of,
    launch,
    make_account,
    make_sync,
    salesforce,
    start,
)


@pytest.fixture
def review_all(cast, acting):
    """Review everybody in the scope, and submit."""

    def review_all(**scope):
        review = start(launch(acting("alma"), **scope), acting("olive"))
        decide_view(review, Filter(), APPROVED, seen=0, by=acting("olive"))
        sign_off(review, by=acting("olive"))
        if "olive" in items_of(review):
            decide_item(items_of(review)["olive"], APPROVED, version=0, by=acting("alma"))
            sign_off(review, by=acting("alma"))
        submit_review(review, by=acting("olive"))
        assert review.state is ReviewState.COMPLETED
        return review

    return review_all


def someone_new(application):
    """A later list names an account for the first time."""
    sync = make_sync(application)
    account = make_account(application, "nina", roles="Standard User", first_sync_id=sync.id)
    assert account.last_sync_id == sync.id


def new_in(campaign, acting):
    return {
        login for login, item in items_of(start(campaign, acting("olive"))).items() if item.is_new
    }


def test_in_a_first_review_nobody_is_new(cast, acting):
    salesforce(cast)
    assert new_in(launch(acting("alma")), acting) == set()


def test_who_came_after_the_last_review_is_new(cast, acting, review_all):
    application = salesforce(cast)
    review_all()
    someone_new(application)
    assert new_in(launch(acting("alma")), acting) == {"nina"}


def test_who_was_gone_at_the_last_review_and_is_back_is_new(cast, acting, review_all):
    application = salesforce(cast)
    account = db.session.scalar(db.select(Account).where(Account.login == "max"))
    account.gone_at = make_sync(application).applied_at
    db.session.commit()
    review_all()
    account.gone_at = None
    db.session.commit()
    assert new_in(launch(acting("alma")), acting) == {"max"}


def test_who_was_out_of_the_last_reviews_scope_is_not_new(cast, acting, review_all):
    application = salesforce(cast)
    review_all(user_scope=UserScope.PRIVILEGED)
    someone_new(application)
    assert new_in(launch(acting("alma")), acting) == {"nina"}
