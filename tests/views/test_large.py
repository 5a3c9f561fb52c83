"""A review of any length, from the freeze to its CSV: no account is lost, none comes twice.

`EVERY_LENGTH=1` adds a hundred thousand accounts, which takes a minute.
"""

import csv
import io
import os

import pytest
from sqlalchemy import func, select

from policies.filters import Filter
from policies.lifecycle import ReviewState
from portal.db import db
from portal.models import Assignment, Item, Review
from portal.queries.items import in_view, latest_decision_in
from portal.queries.items import progress_of as progress
from portal.queries.tally import chip_counts
from portal.usecases.decisions import decide_view, undo_bulk
from portal.usecases.reviews import sign_off
from tests.factories import APPROVED, UNDECIDED, crowded, launch, start

LENGTHS = (25_000, *([100_000] if os.environ.get("EVERY_LENGTH") else []))
PAGES = 12  # followed by their links


def verdicts(review: Review) -> dict[object, int]:
    """How many items stand how, counted anew."""
    its = select(Item.verdict, func.count()).where(Item.review_id == review.id)
    return dict(db.session.execute(its.group_by(Item.verdict)).all())


def logins_by_pages(client, review: Review) -> list[str]:
    """The logins of the first pages, each found by the link at the end of the one before."""
    url, found = f"/reviews/{review.id}/items", []
    for _ in range(PAGES):
        text = client.get(url).text
        rows = text.partition("<tbody")[2].partition("</tbody>")[0]
        found += [f"login{each[:6]}" for each in rows.split("Person ")[1:] if each[:6].isdecimal()]
        link = text.partition('id="more_rows"')[2].partition('href="')[2].partition('"')[0]
        url = link.replace("&amp;", "&")
    return list(dict.fromkeys(found))


@pytest.mark.parametrize("length", LENGTHS)
def test_from_the_freeze_to_the_csv_every_account_is_there_once(cast, acting, sign_in, length):
    crowded(cast, length)
    olive = acting("olive")
    review = start(launch(acting("alma")), olive)
    assert verdicts(review) == {UNDECIDED: length}
    assert db.session.scalar(select(func.count(Assignment.item_id.distinct()))) == length
    client = sign_in("olive")
    found = logins_by_pages(client, review)
    assert found == [f"login{nth:06}" for nth in range(len(found))]
    assert len(found) >= PAGES * 40

    bulk = decide_view(review, Filter(), APPROVED, seen=0, by=olive)
    assert (bulk.count, verdicts(review)) == (length, {APPROVED: length})
    undo_bulk(review, bulk.id, by=olive)
    assert verdicts(review) == {UNDECIDED: length}
    assert chip_counts(review, olive)["chip-verdict-undecided"] == length
    seen = latest_decision_in(Item.review_id == review.id)
    decide_view(review, Filter(), APPROVED, seen=seen, by=olive)
    assert progress(in_view(review, Filter(), olive)).approved == length

    lines = csv.reader(io.StringIO(client.get(f"/reviews/{review.id}/items.csv").text))
    header, *rows = lines
    logins = [row[header.index("account login")] for row in rows]
    assert (len(logins), len(set(logins))) == (length, length)
    assert sign_off(review, by=olive).items == length
    assert review.state is ReviewState.READY
