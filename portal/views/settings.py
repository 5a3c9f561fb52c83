"""Settings: their values. Members, roles and the like have doors of their own."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.errors import Invalid
from policies.permissions import ADMINISTER, EDIT_SETTINGS, SEE_SETTINGS
from policies.settings import SETTINGS, SettingKind
from portal.queries.settings import all_settings, setting
from portal.usecases.settings import change_setting
from portal.web.access import current_actor, requires
from portal.web.pages import page

LISTED = {key: kind for key, kind in SETTINGS.items() if kind.listed}
DOORS = {key: kind for key, kind in LISTED.items() if kind.guards}
PLAIN = {key: kind for key, kind in LISTED.items() if not kind.guards}

bp = Blueprint("settings", __name__, url_prefix="/settings")


@bp.get("")
@requires(SEE_SETTINGS)
def index() -> Response:
    return page("settings/index.html", kinds=LISTED, values=all_settings())


@bp.get("/<key>/edit")
@requires(EDIT_SETTINGS)
def edit(key: str) -> Response:
    return _form(key, PLAIN)


@bp.post("/<key>/edit")
@requires(EDIT_SETTINGS)
def change(key: str) -> ResponseReturnValue:
    return _changed(key, PLAIN)


@bp.get("/doors/<key>/edit")
@requires(ADMINISTER, fresh=True)
def edit_door(key: str) -> Response:
    return _form(key, DOORS)


@bp.post("/doors/<key>/edit")
@requires(ADMINISTER, fresh=True)
def change_door(key: str) -> ResponseReturnValue:
    return _changed(key, DOORS)


def _form(key: str, kinds: Mapping[str, SettingKind]) -> Response:
    if key not in kinds:
        abort(404)
    return _edit(key, _typed(setting(key)))


def _changed(key: str, kinds: Mapping[str, SettingKind]) -> ResponseReturnValue:
    if key not in kinds:
        abort(404)
    text = request.form.get("value", "").replace("\0", "")
    try:
        change_setting(key, text, by=current_actor())
    except Invalid as invalid:
        answer = _edit(key, text, str(invalid))
        answer.status_code = 422
        return answer
    flash(f"{SETTINGS[key].label}: saved.", "success")
    return redirect(url_for(".index", _anchor=key), 303)


def _edit(key: str, text: str, error: str = "") -> Response:
    return page("settings/edit.html", key=key, kind=SETTINGS[key], text=text, error=error)


def _typed(value: Any) -> str:
    return "\n".join(value) if isinstance(value, list) else str(value)
