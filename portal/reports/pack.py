"""The evidence pack: one ZIP, written as a stream, the same rows giving the same bytes."""

import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

README = Path(__file__).parent / "templates" / "pack-readme.txt"
VERIFIER = Path(__file__).parent / "verify_pack.py"
HUGE = 1 << 30  # from here on the ZIP64 format is announced beforehand


@dataclass(frozen=True)
class Member:
    """One file of a pack. `size` is what it is expected to be, in bytes; a guess will do."""

    name: str
    chunks: Iterable[bytes]
    meaning: str
    size: int = 0
    rows: int | None = None
    original_name: str = ""


@dataclass(frozen=True)
class ReviewFigures:
    """What the rows of one review add up to; verify.py derives it again."""

    id: int
    application: str
    state: str
    file: str
    counts: dict[str, int]
    proposing: list[int] = field(default_factory=list)  # levels whose word the next replaces


@dataclass(frozen=True)
class About:
    """What the manifest says besides its files."""

    organisation: str
    campaign: dict[str, Any]
    report: int
    generated_at: datetime
    generated_by: str
    app_version: str
    trail: dict[str, Any]
    reviews: list[ReviewFigures]
    missing: list[str] = field(default_factory=list)


def write_pack(target: BinaryIO, members: Iterable[Member], about: About) -> None:
    """Write the ZIP to `target`: README and verifier first, then `members`, the manifest last."""
    entries: list[dict[str, Any]] = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for member in (*_beginning(), *members):
            entries.append(_add(archive, member, about.generated_at))
        manifest = json.dumps(_manifest(about, entries), indent=1, ensure_ascii=False) + "\n"
        _add(archive, Member("manifest.json", [manifest.encode()], ""), about.generated_at)


def _beginning() -> Iterator[Member]:
    yield Member("README.txt", [README.read_bytes()], "What is in this pack, and how to check it")
    yield Member("verify.py", [VERIFIER.read_bytes()], "Checks this pack; needs only Python")


def _add(archive: zipfile.ZipFile, member: Member, at: datetime) -> dict[str, Any]:
    """Write one file, and return what the manifest says of it."""
    info = zipfile.ZipInfo(member.name, at.astimezone(UTC).timetuple()[:6])
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    info.create_system = 3
    sha, size = hashlib.sha256(), 0
    with archive.open(info, "w", force_zip64=member.size > HUGE) as file:
        for chunk in member.chunks:
            file.write(chunk)
            sha.update(chunk)
            size += len(chunk)
    entry: dict[str, Any] = {"name": member.name, "sha256": sha.hexdigest(), "size": size}
    if member.rows is not None:
        entry["rows"] = member.rows
    if member.original_name:
        entry["original_name"] = member.original_name
    return {**entry, "meaning": member.meaning}


def _manifest(about: About, entries: list[dict[str, Any]]) -> dict[str, Any]:
    said = asdict(about)
    said["generated_at"] = f"{about.generated_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return {"format": "countersign evidence pack", "version": 1, **said, "files": entries}
