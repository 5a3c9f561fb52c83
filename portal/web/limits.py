"""How often one address may knock at the front door."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from portal.config import current_config

# Without Redis each process counts for itself. `in_memory_fallback` would limit every page then.
limiter = Limiter(get_remote_address, in_memory_fallback_enabled=True)

limited: Callable[..., Any] = limiter.limit("20/minute;200/hour")


def init_app(app: Flask) -> None:
    with app.app_context():
        url = current_config().redis_url
    app.config["RATELIMIT_STORAGE_URI"] = _storage(url) if not app.testing else "memory://"
    app.config["RATELIMIT_STRATEGY"] = "fixed-window"
    limiter.init_app(app)


def _storage(url: str) -> str:
    return url.replace("unix://", "redis+unix://", 1)
