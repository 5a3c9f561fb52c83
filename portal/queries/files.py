"""Reading kept files: as a stream of parts, or as something a parser can seek in."""

import tempfile
from collections.abc import Iterator
from typing import BinaryIO, cast

from sqlalchemy import select

from portal.db import db
from portal.models import FilePart


def read_parts(file_id: int) -> Iterator[bytes]:
    """The content in order, one part in memory at a time."""
    number = 0
    while True:
        part = db.session.scalar(
            select(FilePart.content).where(FilePart.file_id == file_id, FilePart.number == number)
        )
        if part is None:
            return
        yield part
        number += 1


def open_file(file_id: int) -> BinaryIO:
    """The content as an open temporary file at its start. Close it: closing deletes it."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  the caller closes it
    try:
        for part in read_parts(file_id):
            file.write(part)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return cast(BinaryIO, file)
