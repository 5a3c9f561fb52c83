"""Whose downloads carry their name, and the copies that are handed to them."""

import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

from policies.errors import IllegalMove
from policies.permissions import Actor
from policies.scopes import AUDITOR
from portal import clock
from portal.db import db
from portal.models import File, Person
from portal.models.person import Standing
from portal.queries.actors import member_of
from portal.queries.files import open_file
from portal.reports.marking import Damaged, Mark, mark_pack, mark_pdf

BLOCK = 1 << 18
_MARKED = {"application/zip": mark_pack, "application/pdf": mark_pdf}


@dataclass(frozen=True)
class Copy:
    """A marked copy of a kept file. `chunks` may be read once; that closes the copy."""

    name: str
    size: int
    sha256: str
    chunks: Iterator[bytes]


def mark_for(actor: Actor, original: str = "") -> Mark | None:
    """The mark on what `actor` takes away now: an auditor, or a member who is not of the
    organisation. None where it goes out as it is kept. `original` is its SHA-256, in hex."""
    person = db.session.get(Person, actor.person_id) if actor.person_id else None
    if person is None:
        return None
    is_external_member = person.standing is Standing.EXTERNAL and member_of(person.id) is not None
    if actor.role != AUDITOR and not is_external_member:
        return None
    return Mark(person.name, person.email or "", clock.now(), original)


def mark_for_guest(person: Person, original: str) -> Mark | None:
    """The same for somebody a report is shared with: whoever is not of the organisation, member
    or not, and an auditor."""
    member = member_of(person.id)
    is_auditor = member is not None and member.role.name == AUDITOR
    if person.standing is not Standing.EXTERNAL and not is_auditor:
        return None
    return Mark(person.name, person.email or "", clock.now(), original)


def marked_copy(kept: File, mark: Mark) -> Copy:
    """What is handed out in place of the kept file, which stays as it is.

    IllegalMove where the file is damaged: unmarked it is not handed out.
    """
    copy = _marked(kept, mark)
    copy.seek(0)
    sha, size = hashlib.sha256(), 0
    while block := copy.read(BLOCK):
        sha.update(block)
        size += len(block)
    copy.seek(0)
    return Copy(mark.on_name(kept.name), size, sha.hexdigest(), _read(copy))


def _marked(kept: File, mark: Mark) -> BinaryIO:
    file = open_file(kept.id)
    if kept.media_type not in _MARKED:
        return file
    target = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115  whoever reads it closes it
    try:
        with file:
            _MARKED[kept.media_type](file, target, mark)
    except Damaged:
        target.close()
        raise IllegalMove("This file is damaged. Have it made again.") from None
    except BaseException:
        target.close()
        raise
    return target


def _read(copy: BinaryIO) -> Iterator[bytes]:
    with copy:
        while block := copy.read(BLOCK):
            yield block
