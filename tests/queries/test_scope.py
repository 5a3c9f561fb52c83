"""What makes an account new: that it was not there when the last review fixed its list."""

from datetime import timedelta

import pytest

from policies.filters import Filter
from policies.lifecycle import ReviewState
from policies.user_scope import Services, Users, UserScope
from portal import clock
from portal.db import db
from portal.models import Account, Entitlement, Grant
from portal.usecases.decisions import decide_item, decide_view
from portal.usecases.freezing import start_review
from portal.usecases.reviews import sign_off, submit_review
from tests.factories import (
    APPROVED,
    items_of,
    launch,
    make_account,
    make_application,
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


SCOPES = [
    (Users(), {"max", "rita", "paula", "emil", "olive", "sync-bot", "ghost"}),
    (Users(services=Services.ONLY), {"sync-bot"}),
    (Users(UserScope.PRIVILEGED), {"rita"}),
    (Users(UserScope.EXTERNAL), {"emil"}),
    (Users(UserScope.INACTIVE, inactive_days=30), {"max"}),
    (Users(UserScope.FILTER, filter=[[["a.Team", "is", "IT"]]]), {"sync-bot"}),
    (Users(UserScope.FILTER, Services.OUT, filter=[[["a.Team", "is", "IT"]]]), set()),
    (Users(UserScope.FILTER, filter=[[["license", "in", "Gold, Silver"]]]), {"olive"}),
    (Users(UserScope.FILTER, filter=[[["manager", "is", "Olive Owens"]]]), {"max"}),
    (Users(UserScope.FILTER, filter=[[["is_new", "is", "no"], ["login", "is", "max"]]]), {"max"}),
]


@pytest.mark.parametrize(("users", "logins"), SCOPES)
def test_a_campaign_is_about_the_accounts_of_its_user_scope(cast, acting, users, logins):
    application = salesforce(cast)
    cast.max.manager_id = cast.olive.id
    found = {account.login: account for account in db.session.scalars(db.select(Account))}
    found["max"].last_used_at = clock.now() - timedelta(days=31)
    gold = Entitlement(instance_id=application.instances[0].id, kind="license", name="Gold")
    db.session.add(gold)
    db.session.flush()
    db.session.add(Grant(account_id=found["olive"].id, entitlement_id=gold.id))
    db.session.commit()
    scope = {"user_scope": users.scope, "user_filter": users.filter}
    campaign = launch(
        acting("alma"), **scope, services=users.services, inactive_days=users.inactive_days
    )
    assert set(items_of(start(campaign, acting("olive")))) == logins
    assert campaign.scope_report["users"] == users.in_words()


def test_only_what_is_new_since_the_last_review_is_asked_again(cast, acting, review_all):
    application = salesforce(cast)
    other = make_application("Figma", cast.otto)
    make_sync(other)
    make_account(other, "rita", person=cast.rita)
    only = [[["name", "is", "Salesforce"]]]
    review_all(application_filter=only)
    someone_new(application)
    campaign = launch(acting("alma"), user_scope=UserScope.NEW)
    found = {r.application.name: set(items_of(r)) for r in _started(campaign, acting("alma"))}
    assert found == {"Salesforce": {"nina"}, "Figma": {"rita"}}


def test_an_application_may_have_words_of_its_own_for_what_is_privileged(cast, acting):
    salesforce(cast).privileged_words = ["manager"]
    db.session.commit()
    campaign = launch(acting("alma"), user_scope=UserScope.PRIVILEGED)
    assert set(items_of(start(campaign, acting("olive")))) == {"olive"}


def _started(campaign, by):
    for review in campaign.reviews:
        start_review(review, by=by)
    return campaign.reviews
