"""Two doors for machines: is the process alive, and can the portal do its work."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from portal.queries.health import readiness
from portal.web.access import public

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@public
def healthz() -> ResponseReturnValue:
    """This process answers. It asks nothing else, so that a lost database restarts nothing."""
    return jsonify(status="ok")


@bp.get("/readyz")
@public
def readyz() -> ResponseReturnValue:
    """Everything the portal depends on answers, or 503 and what does not."""
    found = readiness()
    return jsonify(
        status="ready" if found.is_ready else "not ready",
        checks={name: problem or "ok" for name, problem in found.problems.items()},
        waiting_wake_ups=found.queue.waiting,
        workers=found.queue.workers,
        clock_lag_seconds=found.queue.clock_lag and round(found.queue.clock_lag, 1),
    ), (200 if found.is_ready else 503)
