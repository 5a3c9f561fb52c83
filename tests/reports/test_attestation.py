"""The attestation: it says what happened, archives well, and can be read aloud."""

import hashlib
import io
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pikepdf
import pytest
from sqlalchemy import select

from jobs.evidence import make_attestation
from portal.db import db
from portal.models import Item, Report, Review
from portal.queries import evidence_lists
from portal.queries.evidence import attestation, subject_of
from portal.queries.evidence_rows import snapshot
from portal.reports.attestation import attestation_html
from tests.reports.conftest import content_of


@pytest.fixture
def made(rendered) -> dict[str, Report]:
    """The finished attestations by application ("" for the campaign's)."""
    reports = db.session.scalars(select(Report).where(Report.kind != "pack"))
    return {r.review.application.name if r.review else "": r for r in reports}


def silent(*_: object) -> None:
    """Nobody listens to the progress."""


def read_facts(report: Report):
    with snapshot() as view:
        return attestation(view, subject_of(view, report.id), [], "1.2.3")


def test_it_is_archival_tagged_and_carries_its_rows(made, tmp_path):
    with pikepdf.open(io.BytesIO(content_of(made[""]))) as pdf:
        xmp = pdf.Root.Metadata.read_bytes().decode()
        assert 'pdfaid:part="3"' in xmp
        assert 'pdfuaid:part="1"' in xmp
        assert "pdfaExtension:schemas" in xmp
        assert xmp.count("<rdf:RDF") == xmp.count("</rdf:RDF>") == 1
        assert pdf.Root.MarkInfo.Marked
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        assert str(pdf.Root.Lang) == "en"
        assert "/OutputIntents" in pdf.Root
        assert {str(f.AFRelationship) for f in pdf.Root.AF} == {"/Data"}
        assert all("/Tabs" in page for page in pdf.pages)
        assert all(font_is_embedded(font) for font in fonts_of(pdf))
        rows = pdf.attachments["review-2-salesforce.csv"].get_file().read_bytes()
    printed = words_of(content_of(made[""]), tmp_path)
    assert hashlib.sha256(rows).hexdigest() in printed
    assert rows.startswith(b'"item id","review id"')


def test_its_tables_have_headers_and_its_pictures_words(made):
    with pikepdf.open(io.BytesIO(content_of(made[""]))) as pdf:
        kinds = Counter()
        for element in elements(pdf.Root.StructTreeRoot.K):
            kind = str(element.S)
            kinds[kind] += 1
            if kind == "/Figure":
                assert "approved" in str(element.Alt)
            if kind == "/TH":
                assert str(element.A.Scope) in {"/Column", "/Row", "/Both"}
    assert kinds["/H1"] == 1
    assert kinds["/H2"] == 9
    assert kinds["/Table"] >= 8
    assert kinds["/Figure"] == 1


def test_the_same_rows_give_the_same_bytes(made, tmp_path):
    again = make_attestation(made["Salesforce"], tmp_path, silent)
    assert again.read_bytes() == content_of(made["Salesforce"])


def test_it_says_who_attested_what_and_how_they_signed_in(made, tmp_path):
    text = words_of(content_of(made["Salesforce"]), tmp_path)
    assert "Ihavelookedat6accountsinSalesforce" in text
    assert "OliveOwens" in text
    assert "signedinbypersonallinksentbyemail" in text
    assert "remainsappropriateforthejobfunction" in text
    assert "Figma" not in text


def test_it_proves_removals_by_the_list_received_afterwards(made):
    facts = read_facts(made["Salesforce"])
    assert [line.item.login for line in facts.removals.lines] == ["ghost", "paula"]
    assert {line.file_name for line in facts.removals.lines} == {"after.csv"}
    assert {line.took.days for line in facts.removals.lines} == {2}
    assert facts.results[0].still_active == 0


def test_rows_are_reconciled_from_the_file_to_the_decision(made):
    population = {p.application: p for p in read_facts(made[""]).populations}["Figma"]
    read, applied, reviewed = population.read, population.applied, population.reviewed
    assert (read, population.skipped, applied, population.in_scope, reviewed) == (52, 2, 50, 50, 50)


def test_exceptions_are_named_and_so_is_what_was_not_found(made):
    found = {f.title: f for f in read_facts(made[""]).findings}
    assert found["Fallback reviewer"].total == 1
    assert found["Fallback reviewer"].examples == [
        "Salesforce: Olive Owens (olive), by Carl Conrad: “needed”"
    ]
    assert found["Service accounts without an owner"].total == 1
    assert found["Decided own access"].total == 0
    assert found["Undecided"].total == 0


def test_reviewers_are_shown_with_how_they_worked(made):
    lines = {(r.name, r.application): r for r in read_facts(made[""]).reviewers}
    otto = lines["Otto Okafor", "Figma"]
    assert (otto.items, otto.approved, otto.bulk, otto.seconds) == (50, 50, 1.0, None)
    assert lines["Carl Conrad", "Salesforce"].basis == "fallback: campaign owner"


def test_a_long_list_is_cut_in_print_and_says_where_the_rest_is(made, monkeypatch, tmp_path):
    monkeypatch.setattr(evidence_lists, "MOST_PRIVILEGED", 1)
    html = attestation_html(read_facts(made[""]))
    assert "The other 3 privileged approvals are in the attached CSV." in html


def test_what_came_from_outside_is_text(made):
    item = db.session.scalars(select(Item).where(Item.login == "paula")).one()
    item.label = "<script>alert(1)</script>"
    db.session.commit()
    html = attestation_html(read_facts(made["Salesforce"]))
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_a_report_of_a_running_campaign_calls_itself_interim(finished, acting):
    from policies.lifecycle import CampaignState  # noqa: PLC0415
    from portal.usecases.reports import order_report  # noqa: PLC0415

    finished.campaign.state = CampaignState.ACTIVE
    db.session.commit()
    report = order_report(finished.campaign, "campaign", by=acting("carl"))
    assert "Interim" in attestation_html(read_facts(report))


def test_cancelled_reviews_are_listed_with_their_reason(made):
    review = db.session.scalars(select(Review).where(Review.id == made["Figma"].review_id)).one()
    review.state, review.cancelled_reason = "cancelled", "contract ended"
    db.session.commit()
    facts = read_facts(made[""])
    assert facts.scope.left_out == [("Figma", "cancelled: contract ended")]


def words_of(pdf: bytes, folder: Path) -> str:
    """What the document says, without line breaks and spaces."""
    reader = shutil.which("pdftotext")
    if reader is None:
        pytest.skip("needs pdftotext (apt-get install poppler-utils)")
    path = folder / "read.pdf"
    path.write_bytes(pdf)
    done = subprocess.run([reader, "-raw", str(path), "-"], capture_output=True, check=True)
    return "".join(done.stdout.decode().split())


def elements(kids):
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            yield kid
            if "/K" in kid:
                yield from elements(kid.K)


def fonts_of(pdf):
    for page in pdf.pages:
        yield from page.resources.get("/Font", {}).values()


def font_is_embedded(font) -> bool:
    descriptor = font.DescendantFonts[0].FontDescriptor
    return "/FontFile2" in descriptor or "/FontFile3" in descriptor
