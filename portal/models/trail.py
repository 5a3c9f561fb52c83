"""The trail: who did what to which thing, when, from what to what, and why."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base


def _where_said(name: str, *columns: str) -> Index:
    said = text(f"{columns[0]} IS NOT NULL")
    return Index(name, *columns, sqlite_where=said, postgresql_where=said)


class TrailLine(Base):
    """One line of the chain; see policies.chain. Rows are only ever added, by triggers' order.

    `content` is the canonical JSON text that was hashed; the columns repeat what the
    pages filter by. `thing` is "noun:id", as in "review:17".

    Every change writes here, so what most lines do not say is in no index: with SQLite, each index
    is one page more to write.
    """

    __tablename__ = "trail"
    __table_args__ = (
        _where_said("ix_trail_campaign_id_id", "campaign_id", "id"),
        _where_said("ix_trail_review_id_id", "review_id", "id"),
        _where_said("ix_trail_actor_id", "actor_id"),
        Index("ix_trail_thing_id", "thing", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(index=True)
    verb: Mapped[str] = mapped_column(index=True)
    thing: Mapped[str]
    name: Mapped[str]  # of the thing, as people call it
    campaign_id: Mapped[int | None]
    review_id: Mapped[int | None]
    actor_id: Mapped[int | None]
    actor_name: Mapped[str]
    details: Mapped[dict[str, Any]]
    content: Mapped[str]
    prev: Mapped[str]
    hash: Mapped[str]


class TrailHead(Base):
    """The last line of the chain: the one row that every writer of the trail locks."""

    __tablename__ = "trail_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last_id: Mapped[int] = mapped_column(default=0)
    hash: Mapped[str]
