"""Keeping files: uploads and reports, as rows, written while they arrive."""

import hashlib
from collections.abc import Iterable, Iterator

from sqlalchemy import insert

from policies.errors import Invalid
from portal import clock
from portal.db import db
from portal.models import File, FilePart
from portal.models.file import PART_BYTES


def keep_file(
    name: str, chunks: Iterable[bytes], media_type: str, *, most_bytes: int | None = None
) -> File:
    """Store the content as a File with its SHA-256. Call it inside a use-case.

    Holds one part in memory at a time. Raises Invalid as soon as there are more than
    `most_bytes`, and nothing is kept.
    """
    file = File(name=name, media_type=media_type, sha256="", size=0, created_at=clock.now())
    db.session.add(file)
    db.session.flush()
    digest = hashlib.sha256()
    for number, part in enumerate(_parts(chunks)):
        file.size += len(part)
        if most_bytes is not None and file.size > most_bytes:
            raise Invalid(_too_large(name, most_bytes))
        digest.update(part)
        row = {"file_id": file.id, "number": number, "content": part}
        db.session.execute(insert(FilePart), [row])
    file.sha256 = digest.hexdigest()
    db.session.flush()
    return file


def _parts(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in parts of PART_BYTES, the last one shorter."""
    waiting = bytearray()
    for chunk in chunks:
        waiting += chunk
        while len(waiting) >= PART_BYTES:
            yield bytes(waiting[:PART_BYTES])
            del waiting[:PART_BYTES]
    if waiting:
        yield bytes(waiting)


def _too_large(name: str, most_bytes: int) -> str:
    return (
        f"“{name}” is larger than {most_bytes / 1_000_000:,.0f} MB. Nothing was kept. "
        "Split the list, or ask whoever runs the portal to raise MAX_UPLOAD_MB."
    )
