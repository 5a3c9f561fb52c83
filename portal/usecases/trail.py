"""Writing the trail: lines gathered during a use-case, chained as it closes."""

import json
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

from sqlalchemy import insert, inspect, select, update

from policies.chain import GENESIS, canonical, digest_of
from policies.permissions import Actor
from portal import clock
from portal.db import Base, db
from portal.models import Campaign, Item, Review, TrailHead, TrailLine
from portal.usecases.unit import current_unit

_HEAD = select(TrailHead.last_id, TrailHead.hash).with_for_update()
_MOVE = update(TrailHead)
_FIRST = insert(TrailHead).values(id=1)
_LINES = insert(TrailLine)


def record(verb: str, thing: Base, *, by: Actor, why: str = "", **details: Any) -> None:
    """Add one line: who did what to which thing. `details` must say from what to what.

    The line is chained and stored when the use-case closes, in its transaction.
    """
    key = _key(thing)
    campaign_id, review_id = _place(thing)
    if why:
        details["why"] = why
    current_unit().lines.append(
        {
            "verb": verb,
            "thing": f"{type(thing).__name__.lower()}:{key}",
            "name": _name(thing),
            "campaign_id": campaign_id,
            "review_id": review_id,
            "actor_id": by.person_id,
            "actor_name": by.name,
            "method": by.method,
            "details": json.loads(json.dumps(details, default=_plain)),
        }
    )


def append_lines(lines: list[dict[str, Any]]) -> None:
    """Chain `lines` behind the last one. The head row is locked: writers take turns."""
    connection = db.session.connection()  # without objects of the session: this is in every write
    head = connection.execute(_HEAD).first()
    last_id, hash_ = head or (0, GENESIS)
    at, rows = clock.now(), []
    for line in lines:
        line |= {"id": last_id + 1, "at": _exact(at), "prev": hash_}
        content = canonical(line)
        last_id, hash_ = line["id"], digest_of(content)
        rows.append(_row(line, at, content, hash_))
    moved = {"last_id": last_id, "hash": hash_}
    connection.execute(_MOVE if head else _FIRST, moved)
    connection.execute(_LINES, rows)


def _row(line: dict[str, Any], at: datetime, content: bytes, hash_: str) -> dict[str, Any]:
    columns = {key: value for key, value in line.items() if key != "method"}
    return {**columns, "at": at, "content": content.decode(), "hash": hash_}


def _key(thing: Base) -> str:
    """Its primary key; a row that is new gets its own now."""
    if inspect(thing).identity is None:
        db.session.flush()
    return "-".join(map(str, inspect(thing).identity or ()))


def _place(thing: Base) -> tuple[int | None, int | None]:
    """The campaign and the review that a thing belongs to, for the filters of the trail."""
    if isinstance(thing, Campaign):
        return thing.id, None
    if isinstance(thing, Review):
        return thing.campaign_id, thing.id
    if isinstance(thing, Item):
        return thing.review.campaign_id, thing.review_id
    return getattr(thing, "campaign_id", None), getattr(thing, "review_id", None)


def _name(thing: Base) -> str:
    for attribute in ("name", "label", "file_name", "subject", "key", "kind"):
        if value := getattr(thing, attribute, None):
            return str(value)
    if isinstance(thing, Review):
        return thing.application.name
    return ""


def _exact(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return _exact(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} does not belong in the trail")
