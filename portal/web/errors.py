"""Refusals and mishaps, as pages that say what happened and what to do next."""

from datetime import datetime
from math import ceil

import structlog
from flask import Flask, Response, current_app, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from policies.errors import Denied, IllegalMove, Invalid, Refusal, Stale, TooSoon
from portal import clock
from portal.db import is_clash

TITLES = {
    400: "That request could not be understood",
    403: "You may not do this",
    404: "There is nothing here",
    405: "That is not possible here",
    409: "This has changed meanwhile",
    413: "The file is too large",
    422: "Please check what you entered",
    429: "Too many attempts",
    500: "Something went wrong",
}
NEXT = {
    404: "It may have been removed, or you may not be allowed to see it.",
    413: "Nothing was changed. Split the list, or ask an Admin to raise MAX_UPLOAD_MB.",
    429: "Wait a minute, then try again.",
    500: "Nothing was changed. Try again; if it happens again, tell an Admin the number below.",
}
CLASH = (
    "Somebody else changed the same thing at the same moment. Of what you sent nothing was "
    "stored: go back, reload the page, and do again what is still missing."
)
CODES: dict[type[Refusal], int] = {
    Denied: 403,
    IllegalMove: 409,
    Stale: 409,
    Invalid: 422,
    TooSoon: 429,
}

log = structlog.stdlib.get_logger("countersign.web")


def answer(code: int, sentence: str) -> Response:
    """A whole page for a browser; for htmx a sentence to show, and nothing is swapped."""
    if "HX-Request" in request.headers:
        response = make_response(sentence, code)
        response.headers["HX-Reswap"] = "none"
        response.headers["X-Notice"] = "1"
        response.mimetype = "text/plain"  # it may quote what was typed
        return response
    title = TITLES.get(code, TITLES[500])
    return make_response(render_template("error.html", code=code, title=title, text=sentence), code)


def _seconds_until(moment: datetime) -> str:
    return str(max(1, ceil((moment - clock.now()).total_seconds())))


def _clashed(error: DBAPIError) -> ResponseReturnValue:
    if not is_clash(error):
        return _broken(error)
    log.warning("clash", route=request.endpoint, exc_info=error)
    return answer(409, CLASH)


def _broken(error: Exception) -> ResponseReturnValue:
    if current_app.config["PROPAGATE_EXCEPTIONS"] or current_app.testing:
        raise error
    log.error("unhandled", kind=type(error).__name__, exc_info=error)
    return answer(500, NEXT[500])


def init_app(app: Flask) -> None:
    app.register_error_handler(DBAPIError, _clashed)
    app.register_error_handler(Exception, _broken)

    @app.errorhandler(Refusal)
    def refused(refusal: Refusal) -> ResponseReturnValue:
        code = next((c for kind, c in CODES.items() if isinstance(refusal, kind)), 409)
        response = answer(code, str(refusal))
        if isinstance(refusal, TooSoon):
            response.headers["Retry-After"] = _seconds_until(refusal.again_at)
        return response

    @app.errorhandler(CSRFError)
    def forged(_: CSRFError) -> ResponseReturnValue:
        return answer(400, "This page was open for too long. Go back, reload it, and try again.")

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> ResponseReturnValue:
        code = error.code or 500
        if code < 400:
            return error.get_response()
        return answer(code, NEXT.get(code, error.description or ""))
