"""When a page was opened, as its forms carry it: how long a decision took is told by it."""

from datetime import UTC, datetime

from flask import request

from portal import clock


def opened_now() -> int:
    """This moment, for a page that is being opened: whole seconds since 1970."""
    return int(clock.now().timestamp())


def read_opened() -> datetime | None:
    """When the page was opened whose form was sent; None where it does not say."""
    said = request.values.get("opened", type=int)
    if said is None or not 0 < said < 1 << 33:
        return None
    return datetime.fromtimestamp(said, UTC)
