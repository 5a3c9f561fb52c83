"""What an auditor takes away says so, and still proves what it proved."""

import csv
import hashlib
import io
import zipfile

import pikepdf
import pytest
from sqlalchemy import select

from portal.db import db
from portal.models import Report, TrailLine
from portal.reports.marking import NOTE
from portal.reports.verify_pack import verify
from tests.reports.conftest import content_of
from tests.reports.test_attestation import words_of


@pytest.fixture
def reports(rendered) -> dict[str, Report]:
    made = db.session.scalars(select(Report).order_by(Report.id)).all()
    return {report.kind: report for report in made}


def download(client, report):
    return client.get(f"/reports/{report.id}/download")


def test_a_pdf_says_on_every_page_who_downloaded_it(reports, sign_in, tmp_path):
    answer = download(sign_in("ada"), reports["campaign"])
    with pikepdf.open(io.BytesIO(answer.data)) as pdf:
        pages = len(pdf.pages)
        assert str(pdf.docinfo["/DownloadedBy"]).startswith("Downloaded by Ada Abbot")
        assert str(pdf.docinfo["/OriginalSHA256"]) == reports["campaign"].file.sha256
    words = words_of(answer.data, tmp_path)
    assert pages > 1
    assert words.count("DownloadedbyAdaAbbot(ada@example.com),") == pages
    assert "Downloadedby" not in words_of(content_of(reports["campaign"]), tmp_path)


def test_a_marked_pdf_stays_archival_tagged_and_carries_its_rows(reports, sign_in):
    kept = content_of(reports["campaign"])
    marked = download(sign_in("ada"), reports["campaign"]).data
    assert b"pdfuaid:part" in marked, "the metadata can be read without a PDF library"
    with pikepdf.open(io.BytesIO(kept)) as before, pikepdf.open(io.BytesIO(marked)) as after:
        assert after.Root.MarkInfo.Marked
        assert "/StructTreeRoot" in after.Root
        assert after.Root.Metadata.read_bytes() == before.Root.Metadata.read_bytes()
        for name, spec in before.attachments.items():
            assert after.attachments[name].get_file().read_bytes() == spec.get_file().read_bytes()
        for page in after.pages:
            drawn = [op for op in pikepdf.parse_content_stream(page) if str(op.operator) == "BDC"]
            assert str(drawn[-1].operands[0]) == "/Artifact"
            for font in _fonts_of_mark(page):
                descendant = font.DescendantFonts[0]
                assert "/FontFile2" in descendant.FontDescriptor or (
                    "/FontFile3" in descendant.FontDescriptor
                )


def test_a_marked_pack_still_verifies_and_says_who_took_it(reports, sign_in, tmp_path):
    answer = download(sign_in("ada"), reports["pack"])
    place = tmp_path / "pack.zip"
    place.write_bytes(answer.data)
    found = verify(place)
    assert found.wrong == []
    assert any(NOTE in sentence for sentence in found.said)
    with zipfile.ZipFile(place) as marked:
        note = marked.read(NOTE).decode()
        kept = zipfile.ZipFile(io.BytesIO(content_of(reports["pack"])))
        assert set(marked.namelist()) - set(kept.namelist()) == {NOTE}
        assert all(marked.read(name) == kept.read(name) for name in kept.namelist())
    assert note.startswith("Downloaded by Ada Abbot (ada@example.com), ")
    assert reports["pack"].file.sha256 in note


def test_any_other_file_that_was_added_to_a_pack_is_found(reports, sign_in, tmp_path):
    place = tmp_path / "pack.zip"
    place.write_bytes(download(sign_in("ada"), reports["pack"]).data)
    with zipfile.ZipFile(place, "a") as archive:
        archive.writestr("downloaded-by.txt", "x")
        archive.writestr(f"more/{NOTE}", "x")
    assert len(verify(place).wrong) == 2


def test_the_trail_knows_the_hash_of_the_very_copy_that_was_handed_out(reports, sign_in):
    answer = download(sign_in("ada"), reports["campaign"])
    query = select(TrailLine).where(TrailLine.verb == "report downloaded")
    line = db.session.scalars(query.order_by(TrailLine.id.desc())).first()
    assert line.details["handed_out_sha256"] == hashlib.sha256(answer.data).hexdigest()
    assert line.details["sha256"] == reports["campaign"].file.sha256
    assert (line.actor_name, int(answer.headers["Content-Length"])) == (
        "Ada Abbot",
        len(answer.data),
    )


def test_whoever_is_of_the_organisation_gets_the_file_as_it_is_kept(reports, sign_in):
    for who in ("carl", "rhea"):
        assert download(sign_in(who), reports["pack"]).data == content_of(reports["pack"])


@pytest.mark.parametrize("who", ["ada", "carl", "olive"])
def test_a_csv_stays_what_it_is_and_every_download_is_a_line(finished, sign_in, who):
    answer = sign_in(who).get(f"/reviews/{finished.salesforce.id}/items.csv")
    assert list(csv.reader(io.StringIO(answer.text, newline="")))
    name = answer.headers["Content-Disposition"]
    assert ("ada@example.com" in name) is (who == "ada")
    line = db.session.scalars(select(TrailLine).where(TrailLine.verb == "list downloaded")).one()
    assert f'filename="{line.details["file"]}"' in name
    assert line.review_id == finished.salesforce.id


def test_the_csv_of_an_auditor_has_the_bytes_of_anybody_elses(finished, sign_in):
    path = f"/reviews/{finished.salesforce.id}/items.csv"
    assert sign_in("ada").get(path).data == sign_in("carl").get(path).data


def _fonts_of_mark(page):
    forms = page.resources.XObject.values()
    return [
        font
        for form in forms
        if form.get("/Subtype") == "/Form" and "/Font" in form.get("/Resources", {})
        for font in form.Resources.Font.values()
    ]
