"""The guard at every door: load the thing, check the permission, hand it over."""

from collections.abc import Callable
from contextlib import nullcontext
from functools import wraps
from typing import Any, cast

from flask import Flask, abort, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from policies import permissions
from policies.permissions import Actor, Permission, can, require
from portal.db import Base, db
from portal.memo import one_look
from portal.models import (
    Application,
    Campaign,
    CustomField,
    Document,
    DutyConflict,
    Item,
    Letter,
    Link,
    Member,
    Person,
    Report,
    Review,
    Role,
    Share,
    Sync,
    Template,
    Token,
    Trouble,
)
from portal.web.fresh import forget_held, stale_answer

LOOKS = {"GET", "HEAD"}  # they change nothing
View = Callable[..., ResponseReturnValue]

SEEING: dict[type[Base], Permission[Any]] = {
    Application: permissions.SEE_APPLICATION,
    Campaign: permissions.SEE_CAMPAIGNS,
    CustomField: permissions.SEE_APPLICATIONS,
    DutyConflict: permissions.SEE_SETTINGS,
    Document: permissions.SEE_DOCUMENT,
    Item: permissions.SEE_ITEM,
    Letter: permissions.ADMINISTER,
    Link: permissions.ADMINISTER,
    Member: permissions.SEE_SETTINGS,
    Person: permissions.SEE_PEOPLE,
    Report: permissions.SEE_EVIDENCE,
    Review: permissions.SEE_REVIEW,
    Role: permissions.SEE_SETTINGS,
    Share: permissions.SEE_EVIDENCE,
    Sync: permissions.SEE_SYNC,
    Template: permissions.RUN_CAMPAIGNS,
    Token: permissions.ADMINISTER,
    Trouble: permissions.SEE_SETTINGS,
}


def current_actor() -> Actor:
    """Whoever is signed in; 401 where nobody is."""
    if not current_user.is_authenticated:
        abort(401)
    return cast(Actor, current_user.actor)


def public(view: View) -> View:
    """Mark a view as open to anyone, signed in or not."""
    view.__access__ = "public"  # type: ignore[attr-defined]  # read by the house's tests
    return view


def requires(
    permission: Permission[Any], kind: type[Base] | None = None, *, fresh: bool = False
) -> Callable[[View], View]:
    """Admit an actor who holds `permission` on the `kind` named in the URL.

    `/items/<int:item_id>` reaches the view as `item`. What the actor may not even see is
    reported as missing (404), so that ids cannot be probed; what they see but may not do
    is refused with the sentence of the rule (403). `fresh`: whoever did not prove in the
    last ten minutes who they are does so first, and comes back (portal.web.fresh).
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(**url: Any) -> ResponseReturnValue:
            with one_look() if request.method in LOOKS else nullcontext():
                return admitted(**url)

        def admitted(**url: Any) -> ResponseReturnValue:
            actor = current_actor()
            things = _admitted(permission, kind, actor, url)
            if fresh and (answer := stale_answer(actor)):
                return answer
            if fresh:
                forget_held(actor)
            return view(**things, **url)

        guarded.__fresh__ = fresh  # type: ignore[attr-defined]  # as below
        guarded.__access__ = permission  # type: ignore[attr-defined]  # read by the house's tests
        return guarded

    return decorate


def _admitted(
    permission: Permission[Any], kind: type[Base] | None, actor: Actor, url: dict[str, Any]
) -> dict[str, Base]:
    """The thing the address names, by its name, once the actor may; it is taken out of `url`."""
    if kind is None:
        _admit(permission, actor, None)
        return {}
    name = kind.__name__.lower()
    thing = _load(kind, actor, url.pop(f"{name}_id"))
    _admit(permission, actor, thing)
    return {name: thing}


def _admit(permission: Permission[Any], actor: Actor, thing: Base | None) -> None:
    if can(permission, actor, thing):
        return
    unseen = thing is None and permission.scope is None
    if unseen or permission.hides_from(actor):
        abort(404)
    require(permission, actor, thing)


def _load(kind: type[Base], actor: Actor, key: int) -> Base:
    thing = db.session.get(kind, key) if key < 1 << 31 else None
    if thing is None or not can(SEEING[kind], actor, thing):
        abort(404)
    return thing


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(can=can, policy=permissions, actor=current_actor)
