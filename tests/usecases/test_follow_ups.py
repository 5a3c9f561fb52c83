"""Reviewing again: what is signed off stands, and another campaign decides anew."""

import pytest
from sqlalchemy import func, select, true

from policies.errors import Denied, Invalid
from policies.filters import Filter
from policies.lifecycle import CampaignState
from policies.permissions import SYSTEM
from policies.user_scope import UserScope
from portal.db import db
from portal.models import FollowUp, FollowUpItem, Item, Review, TrailLine
from portal.queries.evidence_again import asked_again
from portal.queries.evidence_scope import scope_of
from portal.queries.follow_ups import counted_again, follow_up_of, follow_ups_of
from portal.queries.items import in_view
from portal.usecases.campaigns import Plan
from portal.usecases.decisions import decide_item, decide_view
from portal.usecases.follow_ups import review_again
from portal.usecases.launching import launch_campaign
from portal.usecases.publishing import publish_campaign
from portal.usecases.reviews import sign_off
from portal.usecases.templates import duplicate_campaign
from tests.factories import APPROVED, REJECTED, items_of, launch, salesforce, start
from tests.story import story

ACCOUNTS = 7  # of Salesforce


@story
def decided(cast, acting) -> Review:
    """The review of Salesforce, all of it approved by mistake, signed off by its two deciders."""
    salesforce(cast)
    review = start(launch(acting("alma")), acting("olive"))
    decide_view(review, Filter(), APPROVED, seen=0, by=acting("olive"))
    own = items_of(review)["olive"]
    decide_item(own, APPROVED, version=own.version, by=acting("alma"))
    for first in ("olive", "alma"):
        sign_off(review, by=acting(first))
    return review


def only(login: str):
    return Item.login == login


def test_another_campaign_decides_on_exactly_these_accounts(decided, acting):
    was = items_of(decided)["paula"]
    before = was.version, was.verdict, was.decision_id
    alma = acting("alma")
    draft = review_again(
        decided, only("paula"), " Approved by  mistake. ", chosen="Login is paula", by=alma
    )
    assert (draft.state, draft.user_scope) == (CampaignState.DRAFT, UserScope.AGAIN)
    publish_campaign(draft, by=alma)
    launch_campaign(draft, by=SYSTEM)
    again = start(draft, acting("olive"))
    item = items_of(again)["paula"]
    assert list(items_of(again)) == ["paula"]
    assert item.account_id == was.account_id
    decide_item(item, REJECTED, comment="gone", version=0, by=acting("olive"))
    db.session.refresh(was)
    assert (was.version, was.verdict, was.decision_id) == before
    asked = follow_up_of(draft)
    assert asked
    assert (asked.review_id, asked.count) == (decided.id, 1)
    assert [(each.campaign, each.follow_up) for each in follow_ups_of(decided)] == [(draft, asked)]


def test_each_evidence_names_the_other(decided, acting):
    draft = review_again(decided, only("paula"), "Approved by mistake.", by=acting("alma"))
    publish_campaign(draft, by=acting("alma"))
    launch_campaign(draft, by=SYSTEM)
    told = db.session.scalars(select(TrailLine).where(TrailLine.verb == "review asked for again"))
    assert [line.details["campaign"] for line in told] == [draft.id]
    with db.engine.connect() as view:
        found = asked_again(view, [decided.id])
        scope = scope_of(view, draft.id, [])
    assert found.total == 1
    assert f"“{draft.name}”, asked for by Alma" in found.examples[0]
    assert f"1 account decided in “{decided.campaign.name}” (Salesforce)" in scope.accounts


def test_it_is_asked_with_a_reason_by_whoever_runs_campaigns_about_what_is_signed_off(
    decided, acting
):
    alma = acting("alma")
    with pytest.raises(Invalid, match="Say why"):
        review_again(decided, true(), "  ", by=alma)
    with pytest.raises(Invalid, match="nothing to review again"):
        review_again(decided, only("nobody"), "Why not?", by=alma)
    with pytest.raises(Denied):
        review_again(decided, true(), "Why not?", by=acting("olive"))
    assert not db.session.scalar(select(func.count()).select_from(FollowUp))
    whole = in_view(decided, Filter(), alma)
    assert counted_again(decided, whole) == (ACCOUNTS, 0)
    review_again(decided, whole, "All of it.", by=alma)
    assert db.session.scalar(select(func.count()).select_from(FollowUpItem)) == ACCOUNTS


def test_a_copy_of_it_is_a_campaign_like_any_other(decided, acting):
    alma = acting("alma")
    draft = review_again(decided, only("paula"), "Approved by mistake.", by=alma)
    copy = duplicate_campaign(draft, by=alma)
    assert (copy.user_scope, copy.again) == (UserScope.ALL, {})
    assert "again" not in Plan.of(draft).as_data()
