"""Planted accounts in the evidence: in a part of its own, and in nothing else."""

import csv
import io
from dataclasses import replace

import pytest
from sqlalchemy import select

from policies.assignment import Reviewing
from policies.care import Care
from policies.filters import Filter
from policies.planting import Planting, planted_in
from portal.db import db
from portal.models import Item, Report
from portal.queries.evidence import attestation, subject_of
from portal.queries.evidence_people import reviewer_lines
from portal.queries.evidence_rows import item_rows, notable_rows, snapshot
from portal.queries.reassigning import Chosen
from portal.reports.attestation import attestation_html
from portal.reports.verify_pack import verify
from portal.usecases.decisions import decide_item, decide_view
from portal.usecases.reassigning import reassign_items
from portal.usecases.reports import order_report
from portal.usecases.reviews import sign_off, submit_review
from tests.factories import APPROVED, REJECTED, items_of, launch, salesforce, start
from tests.reports.conftest import content_of, unpacked
from tests.story import story


@story
def review(cast, acting):
    salesforce(cast)
    care = Care(second_look=0, planting=Planting(planted_in(["Nadia Quillard, System Admin"]), 5))
    return start(launch(acting("alma"), reviewing=replace(Reviewing(), care=care)), acting("olive"))


def decide(review, acting, *, caught: bool) -> None:
    olive, alma = acting("olive"), acting("alma")
    if caught:
        decide_item(items_of(review)["nquillard"], REJECTED, comment="who?", version=0, by=olive)
    rest = Filter() if not caught else None
    if rest is not None:
        decide_view(review, rest, APPROVED, seen=0, by=olive)
    for login, item in items_of(review).items():
        db.session.refresh(item)
        by = alma if login == "olive" else olive
        if item.verdict not in (APPROVED, REJECTED):
            decide_item(item, APPROVED, version=item.version, by=by)
    sign_off(review, by=olive)
    sign_off(review, by=alma)


def facts_of(report: Report):
    with snapshot() as view:
        return attestation(view, subject_of(view, report.id), [], "1.0")


@pytest.mark.parametrize("caught", [True, False])
def test_the_evidence_of_real_access_is_as_if_there_were_none(review, acting, run_jobs, caught):
    decide(review, acting, caught=caught)
    submit_review(review, by=acting("olive"))
    run_jobs()
    reports = {each.kind: each for each in db.session.scalars(select(Report))}
    facts = facts_of(reports["campaign"])
    assert [(r.items, r.approved, r.rejected) for r in facts.results] == [(7, 7, 0)]
    assert [p.in_scope for p in facts.populations] == [7]
    assert facts.removals.total == 0
    assert {line.label for line in facts.privileged.lines} == {"Rita Reyes"}
    assert [(line.items, line.approved) for line in facts.reviewers if line.items] == [
        (1, 1),
        (6, 6),
    ]
    assert not any("nquillard" in str(finding) for finding in facts.findings)
    (line,) = facts.planted.lines
    assert (line.found, line.names) == ("caught" if caught else "missed", "Olive Owens")
    assert (line.how, line.at_once) == (("single", 1) if caught else ("bulk", 7))
    html = attestation_html(facts)
    assert html.count("nquillard") == 1
    assert '<span class="no">8</span>Planted accounts' in html
    assert '<span class="no">10</span>Integrity' in html


def test_the_pack_holds_with_a_file_of_its_own_for_them(review, acting, run_jobs, tmp_path):
    decide(review, acting, caught=True)
    submit_review(review, by=acting("olive"))
    run_jobs()
    pack = db.session.scalars(select(Report).where(Report.kind == "pack")).one()
    (tmp_path / "pack.zip").write_bytes(content_of(pack))
    assert verify(tmp_path / "pack.zip").wrong == []
    with unpacked(pack) as archive:
        texts = {n: archive.read(n).decode() for n in archive.namelist() if n.endswith(".csv")}
    assert [name for name, text in texts.items() if "nquillard" in text] == ["planted-accounts.csv"]
    (row,) = csv.DictReader(io.StringIO(texts["planted-accounts.csv"]))
    assert (row["found"], row["decision"], row["comment"]) == ("caught", "rejected", "who?")
    assert (row["decided by"], row["how"]) == ("Olive Owens", "single")
    signed = csv.DictReader(io.StringIO(texts["sign-offs.csv"]))
    assert [each["items"] for each in signed] == ["6", "1"]


def test_a_sign_off_of_nothing_but_a_planted_account_is_checked_too(
    review, cast, acting, run_jobs, tmp_path
):
    """Olive hands on all that is real, and signs for what is left."""
    olive, otto = acting("olive"), acting("otto")
    real = [each.id for each in items_of(review).values() if not each.is_planted]
    reassign_items(review, Chosen(Filter(), ids=real), cast.otto, "Knows them.", by=olive)
    decide_item(items_of(review)["nquillard"], REJECTED, version=0, by=olive)
    sign_off(review, by=olive)
    for by in (otto, acting("alma")):
        decide_view(review, Filter(), APPROVED, seen=0, by=by)
        sign_off(review, by=by)
    submit_review(review, by=otto)
    run_jobs()
    pack = db.session.scalars(select(Report).where(Report.kind == "pack")).one()
    (tmp_path / "pack.zip").write_bytes(content_of(pack))
    assert verify(tmp_path / "pack.zip").wrong == []


def test_while_they_are_being_decided_on_the_evidence_names_none(review, acting):
    order_report(review.campaign, "campaign", None, by=acting("carl"))
    facts = facts_of(db.session.scalars(select(Report)).one())
    assert (facts.planted.lines, facts.planted.waiting) == ([], 1)
    html = attestation_html(facts)
    assert "1 planted account more is still being decided on" in html
    assert "Nadia Quillard" not in html
    assert "1, named when it has ended" in html
    assert "nquillard" not in html


def test_a_list_for_a_reviewer_has_it_and_evidence_does_not(review):
    item = db.session.scalars(select(Item).where(Item.is_planted)).one()
    with snapshot() as view:
        listed = [row[0] for row in item_rows(view, review.id, planted=True)]
        attested = [row[0] for row in item_rows(view, review.id)]
        notable = [row[0] for row in notable_rows(view, review.id)]
        lines = reviewer_lines(view, [review.id])
    assert str(item.id) in listed
    assert len(listed) == len(attested) + 1
    assert str(item.id) not in [*attested, *notable]
    assert sum(line.items for line in lines) == 7
    assert sum(line.undecided for line in lines) == 7
