"""The attestation: from facts to a document somebody can put their name to."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from portal.reports.facts import Attestation, RemovalLine, Sheet

TEMPLATES = Path(__file__).parent / "templates"
NO_ENGINE = (
    "PDF needs: apt-get install --no-install-recommends "
    "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
)


class NoPdfEngine(RuntimeError):
    """The native libraries that make PDFs are not installed."""


@dataclass(frozen=True)
class Totals:
    items: int
    approved: int
    rejected: int
    undecided: int
    privileged: int
    still_active: int
    changed: int = 0
    reduced: int = 0

    @property
    def losing(self) -> int:
        """Of how many something was to be taken away."""
        return self.rejected + self.changed + self.reduced


@dataclass(frozen=True)
class Summary:
    """The three sentences of the cover."""

    reviewed: str
    removed: str
    exceptions: str


def write_attestation(facts: Attestation, target: Path, folder: Path) -> None:
    """Write the PDF to `target`, with the sheets that are to be attached read from `folder`.

    Raises NoPdfEngine, with the command that helps, where the native libraries are missing.
    """
    try:
        from portal.reports import pdf  # noqa: PLC0415  loads native libraries
    except OSError as problem:
        raise NoPdfEngine(NO_ENGINE) from problem
    attached = [
        pdf.Attached(sheet.name, sheet.meaning, folder / sheet.name, facts.cover.generated_at)
        for sheet in facts.sheets
        if sheet.is_attached
    ]
    css = (TEMPLATES / "attestation.css").read_text(encoding="utf-8")
    pdf.write_pdf(attestation_html(facts), css, target, attached)


def attestation_html(facts: Attestation) -> str:
    """The document as HTML; text from outside is escaped."""
    total = totals(facts)
    return (
        _environment()
        .get_template("attestation.html")
        .render(
            a=facts,
            title=title(facts),
            total=total,
            summary=_summary(facts, total),
            evidence=evidence_digest(facts.sheets),
            proofs=_proofs(facts),
            many=len(facts.results) > 1,
        )
    )


def title(facts: Attestation) -> str:
    parts = ("Attestation", facts.cover.campaign, facts.cover.subject)
    return " – ".join(part for part in parts if part)


def totals(facts: Attestation) -> Totals:
    """The sums over all reviews."""
    keys = (
        *("items", "approved", "rejected", "undecided", "privileged"),
        *("still_active", "changed", "reduced"),
    )
    return Totals(**{key: sum(getattr(r, key) for r in facts.results) for key in keys})


def evidence_digest(sheets: Sequence[Sheet]) -> str:
    """SHA-256 over "hash, two spaces, name" of each sheet: what sha256sum prints."""
    lines = "".join(f"{sheet.sha256}  {sheet.name}\n" for sheet in sheets)
    return hashlib.sha256(lines.encode()).hexdigest()


def _summary(facts: Attestation, total: Totals) -> Summary:
    noun = "entitlement" if facts.scope.by_entitlement else "account"
    return Summary(_reviewed(facts, total), _removed(total, noun), _exceptions(facts))


def _reviewed(facts: Attestation, total: Totals) -> str:
    where = facts.cover.subject or plural(len(facts.results), "application")
    done = total.items - total.undecided
    noun = "line" if facts.scope.by_entitlement else "account"
    each = ", one for each entitlement of an account," if facts.scope.by_entitlement else ""
    said = f"{plural(total.items, noun)} in {where}{each} came under review. "
    if total.undecided:
        return said + f"{done:,} were decided; {total.undecided:,} were not."
    changed = f", {total.changed:,} kept with less" if total.changed else ""
    return said + (
        f"Each was decided: {total.approved:,} approved, {total.rejected:,} rejected{changed}."
    )


def _removed(total: Totals, noun: str) -> str:
    if not total.losing:
        return "No access was rejected."
    gone = total.losing - total.still_active
    some = " or changed" if total.losing > total.rejected else ""
    if not total.still_active:
        return (
            f"The removal of {_all(total.losing, noun)} rejected{some} was verified on a list "
            "received after the sign-off."
        )
    return (
        f"Of {plural(total.losing, noun)} rejected{some}, the removal of {gone:,} was "
        f"verified; {total.still_active:,} can still be used."
    )


def _exceptions(facts: Attestation) -> str:
    found = [finding for finding in facts.findings if finding.total]
    if not found:
        return "No exception was found."
    kinds = plural(len(found), "kind")
    return f"{kinds[0].upper()}{kinds[1:]} of exception {_is(len(found))} set out in section 7."


def _all(count: int, noun: str) -> str:
    return f"the one {noun}" if count == 1 else f"all {count:,} {noun}s"


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _proofs(facts: Attestation) -> list[tuple[int, str, str]]:
    """The lists that prove the removals printed, each once."""
    lines = [line for line in facts.removals.lines if isinstance(line, RemovalLine)]
    return sorted({(r.sync_id, r.file_name, r.sha256) for r in lines if r.sync_id is not None})


def plural(count: int, one: str) -> str:
    return f"{count:,} {one}{'' if count == 1 else 's'}"


def exact(moment: datetime | None) -> str:
    """2026-12-04 16:30:05 UTC"""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if moment else ""


def _day(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d}" if moment else ""


def _iso(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"


def _number(value: int) -> str:
    return f"{value:,}"


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(exact=exact, day=_day, iso=_iso, number=_number, plural=plural)
    return environment
