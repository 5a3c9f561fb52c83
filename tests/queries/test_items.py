"""Pages, sizes and progress of a review are what counting one by one comes to."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from policies.filters import Condition, Filter, Op
from policies.lifecycle import Verdict
from portal import clock
from portal.db import db
from portal.models import Item
from portal.queries.item_fields import SLOTS, slots_of
from portal.queries.item_pages import Sort, page_of_items
from portal.queries.item_sizes import known_size, remember_size, size_of
from portal.queries.items import (
    fields_of,
    in_view,
    item_columns,
    items_decided_by,
    items_seen_by,
    left_for,
    progress_of,
    progress_seen_by,
)
from portal.queries.order import in_order
from portal.usecases.decisions import decide_item, decide_view
from tests.factories import (
    APPROVED,
    REJECTED,
    items_of,
    launch,
    make_account,
    make_application,
    make_sync,
    start,
)
from tests.story import story

ACTIVE = Filter(((Condition("status", Op.IS, "active"),),))
PRIVILEGED = Filter(((Condition("is_privileged", Op.IS, "yes"),),))
UNDECIDED = Filter(((Condition("verdict", Op.IS, "undecided"),),))
FILTERS = (Filter(), ACTIVE, PRIVILEGED, UNDECIDED)
SORTS = ("label", "title", "last_used_at", "roles", "a.Region", "is_privileged", "verdict")
PEOPLE = ("max", "rita", "paula", "emil", "olive", None)


@story
def review(cast, acting):
    """130 accounts of five people and of nobody; Olive, who reviews them, has some of them."""
    application = make_application("Salesforce", cast.olive)
    make_sync(application)
    for number in range(130):
        first = PEOPLE[number % 6]
        make_account(
            application,
            f"login{number:03}",
            person=getattr(cast, first) if first else None,
            roles="System Admin" if number % 7 == 0 else f"Role {number % 3}",
            status="active" if number % 5 else "suspended",
            last_used_at=None if number % 4 == 0 else clock.now() - timedelta(days=number % 9),
            attributes={"Region": "EMEA"} if number % 2 else {},
        )
    return start(launch(acting("alma")), acting("olive"))


@pytest.mark.parametrize("key", [*SORTS, *(f"-{key}" for key in SORTS)])
@pytest.mark.parametrize("chosen", FILTERS, ids=["all", "active", "privileged", "undecided"])
def test_every_order_pages_through_all_in_view_there_and_back(review, acting, key, chosen):
    view = in_view(review, chosen, acting("olive"))
    wanted = set(db.session.scalars(select(Item.id).where(view)))
    sort = Sort(key.removeprefix("-"), key.startswith("-"))
    column = item_columns(fields_of(review), review)[sort.key]
    pages = [page_of_items(view, sort, column=column)]
    while pages[-1].after:
        pages.append(page_of_items(view, sort, pages[-1].after, column=column))
    there = [item.id for page in pages for item in page.items]
    assert len(there) == len(wanted)
    assert set(there) == wanted
    assert {page.size.total for page in pages} == {len(wanted)}
    for page, before in zip(pages[1:], pages, strict=False):
        back = page_of_items(view, sort, page.before, column=column)
        assert [item.id for item in back.items] == [item.id for item in before.items]
        assert back.size == page.size


def test_items_lie_in_the_order_of_their_labels(review):
    labels = list(db.session.scalars(select(Item.label).order_by(Item.id)))
    expected = list(db.session.scalars(select(Item.label).order_by(in_order(Item.label), Item.id)))
    assert labels == expected


@pytest.mark.parametrize("who", ["alma", "olive", "rhea"])
@pytest.mark.parametrize("chosen", FILTERS, ids=["all", "active", "privileged", "undecided"])
def test_a_size_that_is_known_is_the_size_there_is(review, acting, who, chosen):
    actor = acting(who)
    for item in list(items_of(review).values())[:5]:
        if item.person_id != actor.person_id and who == "alma":
            decide_item(item, APPROVED, version=item.version, by=actor)
    counted = size_of(in_view(review, chosen, actor))
    remember_size(review, chosen, actor, counted)
    whole = progress_seen_by(actor, review)
    known = known_size(review, chosen, actor, whole)
    assert known == counted or (known is None and chosen is UNDECIDED)


def test_a_reviewer_with_access_of_their_own_sees_all_but_that(review, cast, acting):
    olive = acting("olive")
    seen = list(db.session.scalars(select(Item).where(items_seen_by(olive, review))))
    everything = list(items_of(review).values())
    assert len(seen) == sum(item.person_id != cast.olive.id for item in everything)
    assert all(olive.person_id in item.reviewer_ids for item in seen)


@pytest.mark.parametrize("who", ["alma", "olive", "rhea", "ada"])
def test_progress_is_what_counting_one_by_one_comes_to(review, acting, who):
    olive, actor = acting("olive"), acting(who)
    assert progress_seen_by(actor, review) == progress_of(items_seen_by(actor, review))
    decide_view(review, PRIVILEGED, REJECTED, seen=0, by=olive)
    decide_view(review, ACTIVE, APPROVED, seen=10**6, by=olive)
    whole = progress_seen_by(actor, review)
    assert whole == progress_of(items_seen_by(actor, review))
    assert whole.approved > 0
    assert left_for(olive, review, progress_seen_by(olive, review)) == progress_of(
        items_decided_by(olive, review)
    )
    assert whole.undecided == sum(
        item.verdict is Verdict.UNDECIDED
        for item in db.session.scalars(select(Item).where(items_seen_by(actor, review)))
    )


def test_every_own_column_of_the_lists_is_found_by_wherever_it_lies(cast, acting):
    """More of them than an item has places for, of accounts and of people."""
    application = make_application("Salesforce", cast.olive)
    make_sync(application)
    cast.max.attributes = {"Site": "Lyon"}
    names = [f"Column {number}" for number in range(SLOTS + 2)]
    for login, person in (("max", cast.max), ("rita", cast.rita), ("bot", None)):
        own = {name: f"{name} of {login}" for name in names if login != "bot"}
        make_account(application, login, person=person, attributes=own)
    review = start(launch(acting("alma")), acting("olive"))
    columns = item_columns(fields_of(review), review)
    assert len(slots_of(review)) == SLOTS
    for key in [*(f"a.{name}" for name in names), "p.Site"]:
        value = "Lyon" if key == "p.Site" else f"{key[2:]} of max"
        found = Filter(((Condition(key, Op.IS, value),),))
        view = in_view(review, found, acting("olive"))
        assert db.session.scalars(select(Item.login).where(view)).all() == ["max"]
        page = page_of_items(in_view(review, Filter(), acting("olive")), Sort(key, True),
                             column=columns[key])  # fmt: skip
        assert page.items[-1].login == "bot"


def test_a_review_frozen_before_there_were_places_reads_its_own_columns(review, acting):
    review.frozen = {**review.frozen, "slots": 0}
    region = Filter(((Condition("a.Region", Op.IS, "EMEA"),),))
    assert slots_of(review) == {}
    assert size_of(in_view(review, region, acting("olive"))).total > 0
