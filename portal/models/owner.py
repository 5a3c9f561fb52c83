"""What is remembered of app owners besides what they own (portal/models/application.py)."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base


class OwnerVisit(Base):
    """An owner came in: for the first time at `came_at`, lately at `seen_at`.

    Sessions are deleted after a while; this stays. `guide_closed_at`: they have read the guide.
    """

    __tablename__ = "owner_visits"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    came_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    guide_closed_at: Mapped[datetime | None]
