"""Reading the trail, and checking that its chain holds."""

import json
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, String, cast, select

from policies.chain import GENESIS, Break, first_break
from portal.db import db
from portal.models import TrailHead, TrailLine
from portal.queries.evidence_rows import stream
from portal.queries.evidence_text import utc_text, written


def trail_lines(
    *,
    campaign_id: int | None = None,
    verb: str = "",
    actor: str = "",
    thing: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> Select[TrailLine]:
    """Select lines, newest first, narrowed by what is given (`until` is not included)."""
    query = select(TrailLine).order_by(TrailLine.id.desc())
    for column, value in (
        (TrailLine.campaign_id, campaign_id),
        (TrailLine.verb, verb),
        (TrailLine.thing, thing),
    ):
        if value:
            query = query.where(column == value)
    if actor:
        query = query.where(TrailLine.actor_name.icontains(actor, autoescape=True))
    if since:
        query = query.where(TrailLine.at >= since)
    if until:
        query = query.where(TrailLine.at < until)
    return query


def verbs_of(campaign_id: int | None = None) -> Sequence[str]:
    """Every verb that occurs, in alphabetical order."""
    query = select(TrailLine.verb).distinct().order_by(TrailLine.verb)
    if campaign_id:
        query = query.where(TrailLine.campaign_id == campaign_id)
    return db.session.scalars(query).all()


def trail_rows(view: Connection, query: Select[TrailLine]) -> Iterator[tuple[str, ...]]:
    """The lines that `query` selects as a stream: the columns TRAIL of the evidence."""
    columns = (
        cast(TrailLine.id, String),
        utc_text(TrailLine.at),
        TrailLine.actor_name,
        TrailLine.verb,
        TrailLine.thing,
        TrailLine.name,
        written(TrailLine.details),
        written(TrailLine.campaign_id),
        written(TrailLine.review_id),
        TrailLine.prev,
        TrailLine.hash,
    )
    for row in stream(view, query.with_only_columns(*columns)):
        yield tuple(row)


def first_broken_line() -> Break | None:
    """Walk the whole trail; the first line that does not hold, or None."""
    with closing(_stored_lines()) as lines:
        found = first_break(lines)
    if found:
        return found
    head = db.session.scalar(select(TrailHead))
    last_id, last_hash = _end()
    if head is None:
        return Break(last_id + 1, "the head of the trail is missing") if last_id else None
    if (head.last_id, head.hash) != (last_id, last_hash):
        return Break(last_id + 1, f"the trail ends at {last_id}, its head says {head.last_id}")
    return None


def _end() -> tuple[int, str]:
    row = db.session.execute(
        select(TrailLine.id, TrailLine.hash).order_by(TrailLine.id.desc()).limit(1)
    ).first()
    return (row[0], row[1]) if row else (0, GENESIS)


def _stored_lines() -> Generator[dict[str, Any], None, None]:
    query = select(TrailLine).order_by(TrailLine.id).execution_options(yield_per=1000)
    with closing(db.session.execute(query)) as rows:
        for row in rows.scalars():
            line = {**json.loads(row.content), "hash": row.hash}
            yield line if _same(row, line) else {**line, "hash": "columns differ from the content"}


def _same(row: TrailLine, line: dict[str, Any]) -> bool:
    """The columns that pages show say the same as the text that was hashed."""
    shown = ("id", "verb", "thing", "name", "campaign_id", "review_id", "actor_id", "actor_name")
    return (
        all(getattr(row, key) == line[key] for key in (*shown, "details", "prev"))
        and row.at.isoformat(timespec="microseconds") == line["at"]
    )
