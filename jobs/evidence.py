"""What goes into a report: sheets from one snapshot, the attestation, the pack."""

import hashlib
import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection

from portal.models import Report
from portal.queries.evidence import Subject, attestation, subject_of
from portal.queries.evidence_care import look_rows
from portal.queries.evidence_pack import (
    about_pack,
    dry_runs_json,
    kept_lists,
    lists_not_kept,
    trail_jsonl,
)
from portal.queries.evidence_planted import planted_facts, planted_rows
from portal.queries.evidence_reviewers import change_rows, vote_rows
from portal.queries.evidence_rows import (
    Texts,
    decision_rows,
    item_rows,
    notable_rows,
    snapshot,
)
from portal.queries.evidence_signatures import sign_off_rows
from portal.queries.files import read_parts
from portal.queries.reports import attestations_of
from portal.reports.attestation import write_attestation
from portal.reports.columns import CHANGES, DECISIONS, ITEMS, LOOKS, PLANTED, SIGN_OFFS, VOTES
from portal.reports.facts import Sheet
from portal.reports.pack import Member, write_pack
from portal.reports.sheet import csv_bytes

Progress = Callable[[str, int, int], None]

MOST_ATTACHED = 20_000_000  # bytes of CSV that a PDF carries; beyond, the pack has them
NOTABLE = "rejected-and-privileged.csv"
PROJECT = Path(__file__).parents[1] / "pyproject.toml"


class Table(NamedTuple):
    """A sheet before it is written."""

    name: str
    meaning: str
    header: tuple[str, ...]
    rows: Iterable[Texts]


def make_attestation(report: Report, folder: Path, tell: Progress) -> Path:
    """Write the PDF of `report` into `folder`, from one snapshot of the database."""
    with snapshot() as view:
        subject = subject_of(view, report.id)
        steps = len(subject.reviews) + 6
        sheets = []
        for done, table in enumerate(_tables(view, subject)):
            tell(f"writing {table.name}", done, steps)
            sheets.append(_write(table, folder))
        sheets = _fitting(view, subject, sheets, folder)
        tell("gathering facts", steps - 2, steps)
        facts = attestation(view, subject, sheets, app_version())
    tell("setting the pages", steps - 1, steps)
    target = folder / file_name(report)
    write_attestation(facts, target, folder)
    return target


def make_pack(report: Report, folder: Path, tell: Progress) -> Path:
    """Write the ZIP of `report` into `folder`, from one snapshot of the database."""
    target = folder / file_name(report)
    with snapshot() as view, target.open("wb") as file:
        subject = subject_of(view, report.id)
        files = {
            number: f"reviews/{_sheet(number, name)}" for number, name in subject.reviews.items()
        }
        attested = attestations_of(report.campaign_id)
        missing = _missing(subject, attested) + lists_not_kept(view, subject)
        about = about_pack(view, subject, files, missing, app_version())
        members = _members(view, subject, attested, about.trail["head_id"])
        write_pack(file, _told(members, len(files) + len(attested) + 6, tell), about)
    return target


def file_name(report: Report) -> str:
    """countersign-q3-2026-salesforce-attestation.pdf, countersign-q3-2026-evidence.zip"""
    parts = ["countersign", slug(report.campaign.name)]
    if report.review:
        parts.append(slug(report.review.application.name))
    ending = "evidence.zip" if report.kind == "pack" else "attestation.pdf"
    return "-".join((*parts, ending))


def slug(name: str) -> str:
    """A name in letters that every file system takes."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or "unnamed"


@cache
def app_version() -> str:
    """The version of the product, as pyproject.toml has it."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    return str(project["version"])


def _tables(view: Connection, subject: Subject) -> Iterator[Table]:
    ids = subject.review_ids
    yield Table(
        "decisions.csv",
        "Every decision ever taken, withdrawn and undone ones too",
        DECISIONS,
        decision_rows(view, ids),
    )
    for number, name in subject.reviews.items():
        yield _review_table(view, number, name)
    yield Table("sign-offs.csv", "Who attested what", SIGN_OFFS, sign_off_rows(view, ids))
    yield Table(
        "reviewer-changes.csv",
        "Accounts that went to another reviewer, and why",
        CHANGES,
        change_rows(view, ids),
    )
    yield Table(
        "votes.csv",
        "What each said where several decide together",
        VOTES,
        vote_rows(view, ids),
    )
    yield Table(
        "second-looks.csv",
        "Approvals drawn by lot and looked at again before the sign-off",
        LOOKS,
        look_rows(view, ids),
    )
    if planted := planted_facts(view, ids):
        yield Table(
            "planted-accounts.csv",
            "Invented accounts, in no other file: who caught them, and who did not",
            PLANTED,
            planted_rows(planted),
        )


def _review_table(view: Connection, number: int, application: str) -> Table:
    meaning = f"Every account of {application} that was in scope"
    return Table(_sheet(number, application), meaning, ITEMS, item_rows(view, number))


def _sheet(number: int, application: str) -> str:
    return f"review-{number}-{slug(application)}.csv"


def _write(table: Table, folder: Path) -> Sheet:
    sha, size, count = hashlib.sha256(), 0, _Count()
    with (folder / table.name).open("wb") as file:
        for chunk in csv_bytes(table.header, count.over(table.rows)):
            file.write(chunk)
            sha.update(chunk)
            size += len(chunk)
    return Sheet(table.name, sha.hexdigest(), size, count.total, True, table.meaning)


def _fitting(view: Connection, subject: Subject, sheets: list[Sheet], folder: Path) -> list[Sheet]:
    """Attach all sheets, or, where they are too large, what matters most."""
    if sum(sheet.size for sheet in sheets) <= MOST_ATTACHED:
        return sheets
    rows = chain.from_iterable(notable_rows(view, number) for number in subject.reviews)
    meaning = "Every rejected and every privileged account; the other files are in the pack"
    notable = _write(Table(NOTABLE, meaning, ITEMS, rows), folder)
    named = [Sheet(s.name, s.sha256, s.size, s.rows, False, s.meaning) for s in sheets]
    return [*named, notable] if notable.size <= MOST_ATTACHED else named


def _members(
    view: Connection, subject: Subject, attested: Iterable[Report], head_id: int
) -> Iterator[Member]:
    for report in attested:
        if report.file:
            name = f"attestations/{report.file.name}"
            yield Member(name, read_parts(report.file.id), "Attestation", report.file.size)
    for table in _tables(view, subject):
        place = f"reviews/{table.name}" if table.name.startswith("review-") else table.name
        yield Member(place, csv_bytes(table.header, table.rows), table.meaning)
    lines = trail_jsonl(view, subject, head_id)
    yield Member("trail.jsonl", lines, "The campaign's lines of the append-only trail")
    for name, text in dry_runs_json(view, subject):
        yield Member(name, [text], "What the campaign was to do, as kept when it was published")
    for kept in kept_lists(view, subject):
        suffix = Path(kept.file_name).suffix
        ending = suffix if re.fullmatch(r"\.[A-Za-z0-9]{1,5}", suffix) else ""
        name = f"sources/import-{kept.sync_id}-{slug(kept.application)}{ending}"
        meaning = "Proves removals" if kept.proves else "Was reviewed"
        parts = read_parts(kept.file_id)
        yield Member(name, parts, meaning, kept.size, original_name=kept.file_name)


def _missing(subject: Subject, attested: Iterable[Report]) -> list[str]:
    """Say what a reader would look for in vain."""
    there = {(report.kind, report.review_id) for report in attested}
    wanted = [("campaign", None, "the campaign")]
    wanted += [("review", number, name) for number, name in subject.reviews.items()]  # type: ignore[misc]  # an id for None
    return [
        f"The PDF attestation of {name} had not been made."
        for kind, number, name in wanted
        if (kind, number) not in there
    ]


def _told(members: Iterable[Member], steps: int, tell: Progress) -> Iterator[Member]:
    for done, member in enumerate(members):
        tell(f"packing {member.name}", min(done, steps), steps)
        yield member


class _Count:
    """Counts what passes."""

    def __init__(self) -> None:
        self.total = 0

    def over(self, rows: Iterable[Texts]) -> Iterator[Texts]:
        for row in rows:
            self.total += 1
            yield row
