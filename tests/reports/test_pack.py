"""The evidence pack: whole, the same every time, and checked without the product."""

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import event, select, update

from jobs.evidence import make_attestation, make_pack
from policies.chain import canonical
from policies.lifecycle import ReportState
from portal import clock
from portal.db import db
from portal.models import Campaign, DryRun, Report
from portal.reports.verify_pack import verify
from tests.reports.conftest import content_of, unpacked


@pytest.fixture
def pack(rendered) -> Report:
    return db.session.scalars(select(Report).where(Report.kind == "pack")).one()


@pytest.fixture(scope="module")
def kept() -> dict[str, bytes]:
    """The pack's bytes, once made: checking them needs no database."""
    return {}


@pytest.fixture
def place(kept, request, tmp_path) -> Path:
    """The pack, unpacked."""
    if "pack" not in kept:
        kept["pack"] = content_of(request.getfixturevalue("pack"))
    with zipfile.ZipFile(io.BytesIO(kept["pack"])) as archive:
        archive.extractall(tmp_path)
    return tmp_path


def silent(*_: object) -> None:
    """Nobody listens to the progress."""


def test_the_pack_holds_every_file_and_checks_itself(place):
    listed = [entry["name"] for entry in json.loads((place / "manifest.json").read_text())["files"]]
    names = [*listed, "manifest.json"]
    assert names[0] == "README.txt"
    assert names[-1] == "manifest.json"
    assert {
        "verify.py",
        "decisions.csv",
        "sign-offs.csv",
        "reviewer-changes.csv",
        "trail.jsonl",
        "sources/import-3-salesforce.csv",
        "attestations/countersign-q4-2026-attestation.pdf",
        "attestations/countersign-q4-2026-figma-attestation.pdf",
    } <= set(names)
    done = subprocess.run(
        [sys.executable, "-I", "verify.py"], cwd=place, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Everything holds." in done.stdout
    assert "3 sign-offs match the trail and their decisions" in done.stdout


def test_the_zip_itself_can_be_verified(pack, tmp_path):
    path = tmp_path / "pack.zip"
    path.write_bytes(content_of(pack))
    assert verify(path).wrong == []


def test_the_manifest_says_what_the_rows_add_up_to(pack):
    manifest = json.loads(unpacked(pack).read("manifest.json"))
    sales = next(r for r in manifest["reviews"] if r["application"] == "Salesforce")
    assert sales["counts"] == {
        "items": 7,
        "undecided": 0,
        "approved": 5,
        "rejected": 2,
        "changed": 0,
        "privileged": 1,
        "removed": 2,
    }
    assert manifest["missing"] == ["Import 2 of Figma has no file to keep."]
    names = {entry.get("original_name") for entry in manifest["files"]}
    assert {"=salesforce.csv", "after.csv"} <= names


def test_the_same_rows_give_the_same_bytes(pack, tmp_path):
    again = make_pack(pack, tmp_path, silent)
    assert again.read_bytes() == content_of(pack)


def test_what_happens_later_does_not_change_a_pack_made_again(pack, cast, acting, tmp_path):
    from portal.usecases.members import add_member  # noqa: PLC0415

    add_member("later@example.com", "Auditor", by=acting("alma"))
    assert make_pack(pack, tmp_path, silent).read_bytes() == content_of(pack)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("reviews/review-2-salesforce.csv", b'"approved"', b'"rejected"'),
        ("decisions.csv", b"Olive", b"Oliva"),
        ("trail.jsonl", b"review signed off", b"review signed of!"),
        ("sources/import-3-salesforce.csv", b"max", b"mix"),
        ("verify.py", b"Everything", b"Anything__"),
    ],
)
def test_one_changed_byte_is_found(place, name, old, new):
    path = place / name
    path.write_bytes(path.read_bytes().replace(old, new, 1))
    assert any(name in sentence for sentence in verify(place).wrong)


def test_a_missing_and_an_added_file_are_found(place):
    (place / "decisions.csv").unlink()
    (place / "extra.csv").write_text("x")
    assert {"decisions.csv is missing.", "extra.csv is not in the manifest."} <= set(
        verify(place).wrong
    )


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("reviews/review-2-salesforce.csv", '"approved"', '"rejected"', "its last decision is"),
        (
            "reviews/review-2-salesforce.csv",
            '"reject","past user',
            '"approve","past user',
            "its advice was followed",
        ),
        ("trail.jsonl", '"level":1', '"level":2', "does not match its hash"),
        ("sign-offs.csv", '"6","4","2","0","', '"6","4","2","0","f', "is not in the trail"),
        ("decisions.csv", '"withdrawn"', '"approved"', "before it stood"),
    ],
)
def test_a_forger_who_mends_the_manifest_is_found_all_the_same(place, name, old, new, says):
    text = (place / name).read_bytes().decode()
    assert old in text
    (place / name).write_bytes(text.replace(old, new, 1).encode())
    mend_manifest(place, name)
    assert any(says in sentence for sentence in verify(place).wrong)


def test_a_line_put_into_the_trail_is_found(place):
    lines = (place / "trail.jsonl").read_bytes().splitlines(keepends=True)
    neighbours = next(n for n in range(1, len(lines)) if id_of(lines[n]) == id_of(lines[n - 1]) + 1)
    forged = json.loads(lines[neighbours])
    forged["prev"] = "0" * 64
    lines[neighbours] = sealed(forged)
    (place / "trail.jsonl").write_bytes(b"".join(lines))
    mend_manifest(place, "trail.jsonl")
    assert any("does not follow" in sentence for sentence in verify(place).wrong)


def test_the_pack_waits_for_its_attestations(finished):
    from portal.usecases.reports import claim_report  # noqa: PLC0415

    kinds = [claim_report().kind for _ in range(3)]
    assert kinds == ["review", "review", "campaign"]
    assert claim_report() is None


def test_gathering_asks_no_more_of_the_database_when_there_are_more_rows(pack, tmp_path):
    sales = db.session.scalars(select(Report).where(Report.kind == "review")).all()
    counts = {}
    for report in sales:
        counts[report.review.application.name] = statements(report, tmp_path)
    assert counts["Figma"] <= counts["Salesforce"]  # 50 rows against 7


def statements(report: Report, folder: Path) -> int:
    seen = []
    engine = db.engine

    def note(*args: object) -> None:
        seen.append(args[2])

    event.listen(engine, "before_cursor_execute", note)
    try:
        make_attestation(report, folder, silent)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(seen)


def test_a_failed_attestation_is_named_in_the_manifest(finished, run_jobs):
    db.session.execute(
        update(Report).where(Report.kind == "campaign").values(state=ReportState.FAILED)
    )
    db.session.commit()
    run_jobs()
    pack = db.session.scalars(select(Report).where(Report.kind == "pack")).one()
    manifest = json.loads(unpacked(pack).read("manifest.json"))
    assert "The PDF attestation of the campaign had not been made." in manifest["missing"]


def test_what_was_kept_before_the_launch_is_in_the_pack(finished, run_jobs):
    campaign = db.session.scalars(select(Campaign)).one()
    facts = {"campaign": campaign.name, "letters": 2}
    text = canonical(facts)
    said = {"facts": facts, "sha256": hashlib.sha256(text).hexdigest()}
    db.session.add(DryRun(campaign_id=campaign.id, at=clock.now(), by_name="Carl Conrad", **said))
    db.session.commit()
    run_jobs()
    pack = db.session.scalars(select(Report).where(Report.kind == "pack")).one()
    assert unpacked(pack).read("dry-runs/1.json") == text


def mend_manifest(place: Path, name: str) -> None:
    from hashlib import sha256  # noqa: PLC0415

    manifest = json.loads((place / "manifest.json").read_text())
    content = (place / name).read_bytes()
    for entry in manifest["files"]:
        if entry["name"] == name:
            entry |= {"sha256": sha256(content).hexdigest(), "size": len(content)}
    (place / "manifest.json").write_text(json.dumps(manifest))


def id_of(line: bytes) -> int:
    return int(json.loads(line)["id"])


def sealed(line: dict) -> bytes:
    from policies.chain import digest  # noqa: PLC0415

    return json.dumps({**line, "hash": digest(line)}).encode() + b"\n"
