"""Walking every door as everybody, changing nothing: what becomes of each request."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from typing import Any

from flask import Flask, before_render_template
from flask.testing import FlaskClient
from sqlalchemy import event

from portal import clock
from portal.db import db
from tests.security.world import ANOTHERS, FILES, FORMS, HAVE_OWNERS, NOBODYS, OWN, WALKERS, World

YES, REFUSED, HIDDEN, SIGN_IN, HAS_NONE = "yes", "refused", "-", "sign in", ""
COLUMNS = (*WALKERS, "token", "nobody")
SAFE = {"HEAD", "OPTIONS"}
# A request by itself (X-Live) is not noted as a sign of life, which would store something.
HEADERS = {"HX-Request": "true", "X-Live": "1"}

Row = tuple[str, ...]  # method, address, whose, then what becomes of each of COLUMNS


class Admitted(Exception):
    """The guard let somebody through: the page would be drawn, or the change would be stored."""


@contextmanager
def nothing_changes(app: Flask) -> Iterator[None]:
    """Stop every request where it would draw its page or store its change. Who somebody is is
    then the same at every door, and looked up at the first."""

    def stop_drawing(_: Flask, template: Any, **__: Any) -> None:
        if template.name != "error.html":
            raise Admitted

    def stop_storing(_: Any) -> None:
        raise Admitted

    doorman = app.login_manager  # type: ignore[attr-defined]  # Flask-Login puts it there
    looked_up = doorman._user_callback
    doorman.user_loader(cache(looked_up))
    before_render_template.connect(stop_drawing)
    event.listen(db.session, "before_commit", stop_storing)
    try:
        yield
    finally:
        event.remove(db.session, "before_commit", stop_storing)
        before_render_template.disconnect(stop_drawing)
        doorman.user_loader(looked_up)


def walk(app: Flask, world: World, clients: dict[str, FlaskClient]) -> Iterator[Row]:
    """One row for each door, method and relation, in the order of the addresses.

    The clock stands still: a minute later a session would be noted as seen at the next request,
    before its guard is asked, and that is a change.
    """
    moment = clock.now()
    for rule in sorted(
        app.url_map.iter_rules(), key=lambda each: (each.rule, sorted(each.methods))
    ):
        if rule.endpoint == "static":
            continue
        owned = rule.arguments & HAVE_OWNERS
        for method in sorted(rule.methods - SAFE):
            for whose in (OWN, ANOTHERS, NOBODYS) if owned else ("",):
                if whose == NOBODYS and not owned <= world.nobodys.keys():
                    continue
                clock.shift(moment - datetime.now(UTC))
                yield _row(app, world, clients, (rule, method, whose))


def _row(app: Flask, world: World, clients: dict[str, FlaskClient], door: Any) -> Row:
    rule, method, whose = door
    if getattr(app.view_functions[rule.endpoint], "__access__", None) == "public":
        return (method, rule.rule, whose, *["public"] * len(COLUMNS))
    found = []
    for walker in COLUMNS:
        values = world.values(rule, walker, whose)
        if values is None:
            found.append(HAS_NONE)
            continue
        address = app.url_map.bind("portal.test").build(rule.endpoint, values, method=method)
        found.append(_knock(clients[walker], method, address, _sent(rule.endpoint)))
    return (method, rule.rule, whose, *found)


def _sent(endpoint: str) -> dict[str, Any]:
    """The form that goes with a request, empty for most."""
    files = {"list": (BytesIO(b"Login\nx\n"), "x.csv")} if endpoint in FILES else {}
    return FORMS.get(endpoint, {}) | files


def _knock(client: FlaskClient, method: str, address: str, sent: dict[str, Any]) -> str:
    form = {"data": sent} if sent and method != "GET" else {}
    try:
        answer = client.open(address, method=method, headers=HEADERS, **form)
    except Admitted:
        return YES
    finally:
        db.session.rollback()
    assert answer.status_code != 500, (method, address)
    if answer.status_code == 401:
        return YES if "again" in answer.headers.get("HX-Redirect", "") else SIGN_IN
    if answer.status_code == 404 and address.startswith("/scim/"):
        return YES  # its guard says 401 or 403; a 404 behind it is about a resource
    return {403: REFUSED, 404: HIDDEN}.get(answer.status_code, YES)
