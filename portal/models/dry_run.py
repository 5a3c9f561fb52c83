"""What a campaign was going to do, as it was told when it was published."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base


class DryRun(Base):
    """`facts` are those of portal.queries.dry_runs; `sha256` is of their canonical JSON.

    Rows are only added: a scheduled campaign that is changed keeps another one. Later occurrences
    of a series, which nobody publishes, keep one as they launch.
    """

    __tablename__ = "dry_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    at: Mapped[datetime]
    by_name: Mapped[str]
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    sha256: Mapped[str]
