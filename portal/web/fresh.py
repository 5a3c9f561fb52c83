"""Asking again who somebody is, before they change who may do what.

`@requires(PERMISSION, fresh=True)` leads here when the last proof is more than ten minutes old.
A form that was being sent meanwhile is kept, sealed, until they are back.
"""

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.permissions import Actor
from policies.preview import SAFE_METHODS
from policies.signing_in import is_fresh
from portal import clock
from portal.usecases.held_forms import hold_form, release_form
from portal.web.returning import signed_target, where_asked

NOT_KEPT = {"csrf_token"}


def stale_answer(actor: Actor) -> ResponseReturnValue | None:
    """The way to prove who one is, where that is due; None where it was done just now."""
    person_id = actor.person_id
    if person_id is None or is_fresh(actor.proved_at, clock.now()):
        return None
    target = where_asked()
    if request.method not in SAFE_METHODS:
        fields = [(k, v) for k, v in request.form.items(multi=True) if k not in NOT_KEPT]
        hold_form(person_id, request.full_path.rstrip("?"), fields)
        target = url_for("again.held")
    door = url_for("again.ask", next=signed_target(target))
    if "HX-Request" in request.headers:
        return Response(status=401, headers={"HX-Redirect": door})
    return redirect(door, 303)


def forget_held(actor: Actor) -> None:
    """What was kept is being sent now, and is kept no longer."""
    if request.method not in SAFE_METHODS and actor.person_id is not None:
        release_form(actor.person_id)
