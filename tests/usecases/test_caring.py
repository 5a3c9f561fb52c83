"""What a campaign asks of its reviewers: reasons, and privileged access one by one."""

from dataclasses import replace

import pytest
from sqlalchemy import case, update

from policies.assignment import Reviewing
from policies.care import Care, CommentRule, Comments, Needing
from policies.errors import CommentMissing, Invalid
from policies.filters import Filter
from policies.lifecycle import Verdict
from portal.db import db
from portal.models import Item
from portal.usecases.decisions import change_item, decide_item, decide_view
from tests.factories import APPROVED, REJECTED, UNDECIDED, items_of, launch, salesforce, start

EVERYTHING = Filter()


@pytest.fixture
def opened(cast, acting):
    def opened(care):
        salesforce(cast)
        said = replace(Reviewing(), care=care)
        review = start(launch(acting("alma"), reviewing=said), acting("olive"))
        advice = case((Item.login == "paula", "reject"), else_="")
        db.session.execute(update(Item).values(recommendation=advice))
        db.session.commit()
        return review

    return opened


def required(*on):
    return Care(CommentRule(Comments.REQUIRED, frozenset(on)))


def test_a_reason_is_asked_for_where_the_campaign_wants_one(opened, acting):
    review, olive = opened(required(*Needing)), acting("olive")
    items = items_of(review)
    for login, verdict in (("max", REJECTED), ("paula", APPROVED), ("rita", APPROVED)):
        with pytest.raises(CommentMissing):
            decide_item(items[login], verdict, version=0, by=olive)
        decide_item(items[login], verdict, comment="because", version=0, by=olive)
        decide_item(items[login], UNDECIDED, version=1, by=olive)
    with pytest.raises(CommentMissing):
        change_item(items["emil"], ["role: Chatter External"], version=0, by=olive)
    decide_item(items["emil"], APPROVED, version=0, by=olive)
    assert items_of(review)["emil"].verdict is APPROVED


def test_many_at_once_need_one_reason_for_those_that_have_none_yet(opened, acting):
    review, olive = opened(required(Needing.AGAINST, Needing.PRIVILEGED)), acting("olive")
    paula = items_of(review)["paula"]
    with pytest.raises(CommentMissing, match="2 of them need"):
        decide_view(review, EVERYTHING, APPROVED, seen=0, by=olive)
    decide_item(paula, UNDECIDED, comment="stays until May", version=0, by=olive)
    with pytest.raises(CommentMissing, match="1 of them needs"):
        decide_view(review, EVERYTHING, APPROVED, seen=99, by=olive)
    decide_view(review, EVERYTHING, APPROVED, comment="as agreed", seen=99, by=olive)
    assert items_of(review)["rita"].comment == "as agreed"


def test_a_level_may_ask_for_something_else_than_the_campaign(opened, acting):
    care = replace(required(), levels={1: CommentRule(Comments.NONE)})
    review, olive = opened(care), acting("olive")
    item = items_of(review)["max"]
    with pytest.raises(Invalid, match="no comments"):
        decide_item(item, APPROVED, comment="why", version=0, by=olive)
    decide_item(item, APPROVED, version=0, by=olive)
    with pytest.raises(Invalid, match="no comments"):
        decide_view(review, EVERYTHING, REJECTED, comment="why", seen=99, by=olive)


def test_privileged_access_is_approved_one_by_one_where_the_campaign_says_so(opened, acting):
    review, olive = opened(Care(bulk_privileged=False)), acting("olive")
    assert decide_view(review, EVERYTHING, APPROVED, seen=0, by=olive).count == 5
    rita = items_of(review)["rita"]
    assert rita.verdict is Verdict.UNDECIDED
    decide_item(rita, APPROVED, version=0, by=olive)
    assert decide_view(review, EVERYTHING, REJECTED, seen=99, by=olive).count == 6
