"""A file the portal keeps: an upload or a report, in parts of at most one mebibyte.

Files live in the database so that a web process, a worker and a backup on different
machines see the same ones, in the same transaction as the rows that speak of them.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base

PART_BYTES = 1 << 20


class File(Base):
    """`sha256` is over the whole content, in hex."""

    __tablename__ = "files"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    media_type: Mapped[str] = mapped_column(default="application/octet-stream")
    sha256: Mapped[str]
    size: Mapped[int]
    created_at: Mapped[datetime]


class FilePart(Base):
    __tablename__ = "file_parts"

    file_id: Mapped[int] = mapped_column(ForeignKey("files.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
