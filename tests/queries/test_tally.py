"""The counts on the quick filters: what each says is what it shows, for everybody, at any time."""

import pytest
from sqlalchemy import func, select

from policies.chips import CHIPS
from policies.filters import Condition, Filter, Op
from portal.db import db
from portal.queries.items import in_view
from portal.queries.tally import chip_counts
from portal.usecases.decisions import decide_item, decide_view
from tests.factories import (
    APPROVED,
    REJECTED,
    UNDECIDED,
    crowded,
    items_of,
    launch,
    make_account,
    salesforce,
    start,
)


def shown_by(chip, review, actor) -> int:
    chosen = Filter(((Condition(chip.field, Op.IS, chip.value),),))
    return db.session.scalar(select(func.count()).where(in_view(review, chosen, actor)))


def recounted(review, actor) -> dict[str, int]:
    return {chip.id: shown_by(chip, review, actor) for chip in CHIPS}


@pytest.mark.parametrize("first", ["olive", "alma", "max", "rhea"])
def test_every_chip_says_how_many_it_shows(cast, acting, first):
    application = salesforce(cast)
    make_account(application, "alma", person=cast.alma, roles="System Admin")
    review = start(launch(acting("alma")), acting("olive"))
    items, olive, alma = items_of(review), acting("olive"), acting("alma")
    someone = acting(first)
    assert chip_counts(review, someone) == recounted(review, someone)
    decide_item(items["rita"], APPROVED, version=0, by=olive)
    decide_item(items["max"], REJECTED, version=0, by=alma)
    counts = chip_counts(review, someone)
    assert counts == recounted(review, someone)
    if first == "olive":
        assert counts["chip-decided-by-others"] == 1
        assert counts["chip-is-privileged-yes"] == 2
    decide_item(items["max"], UNDECIDED, version=1, by=alma)  # withdrawn: nobody decides it now
    counts = chip_counts(review, someone)
    assert counts == recounted(review, someone)
    if first == "olive":
        assert counts["chip-decided-by-others"] == 0


@pytest.mark.parametrize("count", [6_009, 10_001])
def test_no_review_is_cut_off_at_a_round_number(cast, acting, count, sign_in):
    crowded(cast, count)
    olive = acting("olive")
    review = start(launch(acting("alma")), olive)
    counts = chip_counts(review, olive)
    assert counts["chip-verdict-undecided"] == count
    assert counts["chip-is-privileged-yes"] == count // 10
    page = sign_in("olive").get(f"/reviews/{review.id}/items").text
    assert f"<strong>{count:,}</strong> in view" in page
    assert decide_view(review, Filter(), APPROVED, seen=0, by=olive).count == count
    assert chip_counts(review, olive)["chip-verdict-undecided"] == 0
