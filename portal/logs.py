"""What the portal writes down about itself: one JSON line per event, without personal data.

A request leaves one line: its id, method, route *pattern*, status and duration. Never the query,
the path as typed or the body: personal links and addresses live there. Lines of libraries pass
through the same processors. The trail, not the log, says who changed what.
"""

import logging
import re
import sys
import time
import uuid
from collections.abc import Mapping
from types import TracebackType
from typing import Any, TextIO, cast

import structlog
from flask import Flask, Response, g, request
from structlog.typing import EventDict, Processor

from portal.config import Config

PRIVATE_KEYS = re.compile(
    r"e?mail|name|login|person|people|subject|recipient|address|phone"
    r"|token|password|secret|cookie|authorization|key|query|body|form|args",
    re.IGNORECASE,
)
# Ours, and made by us: neither dropped nor blotted.
PLAIN_KEYS = frozenset({"event_id", "job", "level", "logger", "request_id", "route", "timestamp"})
_WORD = r"[^\s<>\"'=,;:()]"
BLOTS = (
    # Begun only where a word begins: else a long line without @ is searched from every letter.
    (re.compile(rf"(?<!{_WORD}){_WORD}+@{_WORD}+"), "[email]"),
    # What could open a door: a run of URL-safe characters too long or too mixed to be a word.
    (re.compile(r"(?<![\w.-])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{20,}(?![\w.-])"), "[token]"),
    (re.compile(r"(?<![\w.-])(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{32,}(?![\w.-])"), "[token]"),
    # PostgreSQL quotes the offending row after this word.
    (re.compile(r"(DETAIL|CONTEXT):.*"), r"\1: [withheld]"),
)
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
QUIET_ROUTES = frozenset({"/healthz", "/readyz"})

log = structlog.stdlib.get_logger("countersign")


class _Lines(logging.StreamHandler[TextIO]):
    """Writes to whatever stderr is at the time of the line."""

    def emit(self, record: logging.LogRecord) -> None:
        self.setStream(sys.stderr)
        super().emit(record)


def configure(level: str = "INFO") -> None:
    """Send every line of this process, ours and the libraries', to stderr as JSON."""
    root = logging.getLogger()
    for earlier in [handler for handler in root.handlers if isinstance(handler, _Lines)]:
        root.removeHandler(earlier)
    handler = _Lines()
    handler.setFormatter(_formatter())
    root.addHandler(handler)
    root.setLevel(level)
    structlog.configure(
        processors=[*_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    for noisy in ("rq", "alembic", "fontTools", "weasyprint"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))


def init_app(app: Flask) -> None:
    """Give every request an id, and one line when it is answered."""
    configure(cast(Config, app.extensions["config"]).log_level)
    app.before_request(_begin)
    app.after_request(_end)
    app.log_exception = _log_exception  # type: ignore[method-assign]  # Flask's names the path


def without_personal_data(_: Any, __: str, event: EventDict) -> EventDict:
    """Drop what names or could open, by key; blot it out of what remains, by shape."""
    return {
        key: value if key in PLAIN_KEYS else _blotted(value)
        for key, value in event.items()
        if _may_appear(key)
    }


def _formatter() -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared(),
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            without_personal_data,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _may_appear(key: str) -> bool:
    return key in PLAIN_KEYS or not PRIVATE_KEYS.search(key)


def _blotted(value: object) -> object:
    if isinstance(value, str):
        for shape, blot in BLOTS:
            value = shape.sub(blot, value)
        return value
    if isinstance(value, Mapping):
        return {key: _blotted(held) for key, held in value.items() if _may_appear(str(key))}
    if isinstance(value, list | tuple | set | frozenset):
        return [_blotted(held) for held in value]
    return value if isinstance(value, int | float | None) else _blotted(str(value))


def _begin() -> None:
    offered = request.headers.get("X-Request-ID", "")
    g.request_id = offered if REQUEST_ID.fullmatch(offered) else str(uuid.uuid4())
    g.request_began = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _end(response: Response) -> Response:
    if "request_id" not in g:  # an earlier before_request refused the request
        _begin()
    response.headers["X-Request-ID"] = g.request_id
    quiet = _route() in QUIET_ROUTES and response.status_code == 200
    write = log.debug if quiet else log.info
    write(
        "request",
        method=request.method,
        route=_route(),
        status=response.status_code,
        ms=round((time.perf_counter() - g.request_began) * 1000, 1),
    )
    return response


def _route() -> str:
    return request.url_rule.rule if request.url_rule else "(no such page)"


def _log_exception(
    exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None],
) -> None:
    log.error("request failed", method=request.method, route=_route(), exc_info=exc_info)
