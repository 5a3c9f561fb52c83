"""While an Admin sees the portal as a role, every door is for looking through only."""

from flask import Flask, request
from flask_login import current_user

from policies.errors import Denied
from policies.preview import SAFE_METHODS, refusal_while_looking

STILL_OPEN = {"roles.stop", "session.sign_out"}


def _only_look() -> None:
    if request.method in SAFE_METHODS or request.endpoint in STILL_OPEN:
        return
    if current_user.is_authenticated and current_user.actor.preview:
        raise Denied(refusal_while_looking(current_user.actor.preview))


def init_app(app: Flask) -> None:
    app.before_request(_only_look)
