"""A logo: the picture of an application, or of the organisation, as the portal drew it anew."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base


class Logo(Base):
    """`content` is a PNG of at most 256 by 256 pixels; `sha256` is over it, in hex.

    Two applications with the same picture share one row.
    """

    __tablename__ = "logos"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
