"""What is said about an account before anybody decides on it."""

import pytest
from sqlalchemy import select

from policies.errors import Invalid
from policies.filters import Filter
from portal.db import db
from portal.models import Decision, TrailLine
from portal.queries.evidence_rows import decision_rows, snapshot
from portal.reports.columns import DECISIONS
from portal.reports.verify_pack import Findings, check_decisions, check_item
from portal.usecases.decisions import decide_item, decide_view, undo_bulk
from tests.factories import APPROVED, REJECTED, UNDECIDED, items_of, launch, salesforce, start
from tests.story import story


@story
def review(cast, acting):
    salesforce(cast)
    return start(launch(acting("alma")), acting("olive"))


@story
def asked(review, acting):
    """Max's account, on which Olive asked something and decided nothing."""
    item = items_of(review)["max"]
    decide_item(item, UNDECIDED, comment=" Still in sales? ", version=0, by=acting("olive"))
    return item


def rows_of(review):
    with snapshot() as view:
        return [dict(zip(DECISIONS, row, strict=True)) for row in decision_rows(view, [review.id])]


class Pack:
    def __init__(self, rows):
        self.kept = rows

    def rows(self, _):
        return iter(self.kept)


def test_a_comment_stays_with_an_account_that_nobody_decided_on(asked):
    assert (asked.verdict, asked.comment, asked.decided_by_id) == (
        UNDECIDED,
        "Still in sales?",
        None,
    )
    verb = select(TrailLine.verb).order_by(TrailLine.id.desc()).limit(1)
    assert db.session.scalar(verb) == "item commented"


def test_a_comment_is_added_and_never_overwritten(asked, acting):
    decide_item(asked, UNDECIDED, comment="Yes, until May.", version=1, by=acting("alma"))
    said = select(Decision.by_name, Decision.comment).where(Decision.item_id == asked.id)
    assert db.session.execute(said.order_by(Decision.id)).all() == [
        ("Olive Owens", "Still in sales?"),
        ("Alma Ahlgren", "Yes, until May."),
    ]


def test_saying_nothing_on_an_undecided_account_is_no_comment(review, acting):
    with pytest.raises(Invalid, match="write a comment, or decide"):
        decide_item(items_of(review)["max"], UNDECIDED, version=0, by=acting("olive"))


def test_the_evidence_calls_it_a_comment_and_still_holds(review, asked, acting):
    decide_item(asked, REJECTED, comment="Left.", version=1, by=acting("olive"))
    decide_item(asked, UNDECIDED, version=2, by=acting("olive"))
    decide_item(asked, UNDECIDED, comment="Hold on.", version=3, by=acting("olive"))
    rows, found = rows_of(review), Findings()
    assert [(row["decision"], row["before"], row["how"]) for row in rows] == [
        ("comment", "undecided", "comment"),
        ("rejected", "undecided", "single"),
        ("withdrawn", "rejected", "single"),
        ("comment", "undecided", "comment"),
    ]
    by_item = check_decisions(Pack(rows), found)
    stands = {"item id": str(asked.id), "level": "1", "decision": "undecided"}
    check_item({**stands, "decision id": rows[-1]["decision id"]}, by_item[str(asked.id)], found)
    assert found.wrong == []


def test_approving_all_in_view_leaves_what_was_asked(review, asked, acting):
    latest = asked.decision_id
    bulk = decide_view(review, Filter(), APPROVED, seen=latest, by=acting("olive"))
    items = items_of(review)
    assert (items["max"].verdict, items["max"].comment) == (APPROVED, "Still in sales?")
    assert items["rita"].comment == ""
    undo_bulk(review, bulk.id, by=acting("olive"))
    assert items_of(review)["max"].comment == "Still in sales?"


def test_a_comment_on_all_in_view_is_said_of_each(review, asked, acting):
    decide_view(
        review, Filter(), APPROVED, comment="As agreed", seen=asked.decision_id, by=acting("olive")
    )
    assert {items_of(review)[login].comment for login in ("max", "rita")} == {"As agreed"}
