"""How often one address may knock at the front door."""

from collections.abc import Callable
from datetime import timedelta
from math import ceil
from typing import Any

from flask import Flask, Response
from flask_limiter import Limiter, RateLimitExceeded
from flask_limiter.util import get_remote_address

from portal import clock
from portal.config import current_config
from portal.web.errors import answer
from portal.web.formats import clock_time

# Without Redis each process counts for itself. `in_memory_fallback` would limit every page then.
limiter = Limiter(get_remote_address, in_memory_fallback_enabled=True)

# A whole office comes from one address, so what goes well hardly counts; what is refused does.
# Guesses at one account are counted in the database besides (portal.usecases.attempts).
OFTEN = "600/minute"
REFUSED = "20/minute;200/hour"
LETTERS = "60/minute;600/hour"


def limited(view: Callable[..., Any]) -> Callable[..., Any]:
    """A door at which one can guess: few refusals a minute, many people."""
    counted: Callable[..., Any] = limiter.limit(REFUSED, deduct_when=_is_refused)(view)
    guarded: Callable[..., Any] = often(counted)
    return guarded


often: Callable[..., Any] = limiter.limit(OFTEN)
# A door that answers everybody alike and writes letters, of which each person gets a few only.
writing: Callable[..., Any] = limiter.limit(LETTERS)


def _is_refused(response: Response) -> bool:
    return response.status_code >= 400


def _too_often(refused: RateLimitExceeded) -> Response:
    """What happened, and from when on it is fine again."""
    now = clock.now()
    reset = limiter.current_limit.reset_at if limiter.current_limit else now.timestamp() + 60
    seconds = max(1, ceil(reset - now.timestamp()))
    moment = clock_time(now + timedelta(seconds=seconds))
    response = answer(
        429,
        "There were too many attempts from your network address; everybody behind it is counted "
        f"together. Nothing is lost: try again at {moment}.",
    )
    response.headers["Retry-After"] = str(seconds)
    return response


def init_app(app: Flask) -> None:
    with app.app_context():
        url = current_config().redis_url
    app.config["RATELIMIT_STORAGE_URI"] = _storage(url) if not app.testing else "memory://"
    app.config["RATELIMIT_STRATEGY"] = "fixed-window"
    limiter.init_app(app)
    app.register_error_handler(RateLimitExceeded, _too_often)


def _storage(url: str) -> str:
    return url.replace("unix://", "redis+unix://", 1)
