"""Roles: what each may do, making and changing one's own, and looking through one."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.errors import Invalid
from policies.permissions import (
    ADMINISTER,
    CHANGE_ROLE,
    ENTER_PORTAL,
    PREVIEW_ROLE,
    SEE_SETTINGS,
)
from policies.rights import OTHERS
from policies.scopes import MEANINGS, Scope
from portal.db import db
from portal.forms.roles import RoleForm, role_form
from portal.models import Role
from portal.queries.members import presences
from portal.queries.paging import key_in, page_of
from portal.queries.roles import (
    HOLDERS_BY_NAME,
    holders_of,
    overview_of,
    providers_giving,
    rights,
    role_overviews,
)
from portal.usecases.roles import create_role, delete_role, edit_role, preview_role, stop_preview
from portal.web.access import current_actor, requires
from portal.web.pages import page

bp = Blueprint("roles", __name__, url_prefix="/settings/roles")


@bp.get("")
@requires(SEE_SETTINGS)
def index() -> Response:
    return page("roles/index.html", roles=role_overviews())


@bp.get("/matrix")
@requires(SEE_SETTINGS)
def matrix() -> Response:
    roles = role_overviews()
    columns = [*(each.role.name for each in roles), *(other.name for other in OTHERS)]
    lines = rights([each.role for each in roles])
    return page("roles/matrix.html", roles=roles, columns=columns, rights=lines, scopes=list(Scope))


@bp.get("/compare")
@requires(SEE_SETTINGS)
def compare() -> Response:
    roles = role_overviews()
    left, right = (_asked(roles, side) for side in ("left", "right"))
    both = [left.role, right.role] if left and right else []
    return page(
        "roles/compare.html",
        named=[(each.role.id, each.role.name) for each in roles],
        left=left,
        right=right,
        scopes=list(Scope),
        rights=rights(both) if both else [],
    )


@bp.get("/<int:role_id>")
@requires(SEE_SETTINGS, Role)
def show(role: Role) -> Response:
    members = page_of(holders_of(role), HOLDERS_BY_NAME, request.args.get("at", ""))
    return page(
        "roles/show.html",
        overview=overview_of(role),
        meanings=MEANINGS,
        members=members,
        presences=presences(members.rows),
        providers=providers_giving(role),
    )


@bp.get("/new")
@requires(ADMINISTER, fresh=True)
def new() -> Response:
    like = _role(request.args.get("like", ""))
    return _editor(role_form(like, is_copy=True), None, like)


@bp.post("")
@requires(ADMINISTER, fresh=True)
def create() -> ResponseReturnValue:
    form, like = role_form(), _role(request.form.get("like", ""))
    if form.validate():
        try:
            role = create_role(form.said(), like=like, by=current_actor())
        except Invalid as invalid:
            form.form_errors.append(str(invalid))
        else:
            flash(f"The role {role.name} is there. Nobody holds it yet.", "success")
            return redirect(url_for(".show", role_id=role.id), 303)
    return _editor(form, None, like, status=422)


@bp.get("/<int:role_id>/edit")
@requires(CHANGE_ROLE, Role, fresh=True)
def edit(role: Role) -> Response:
    return _editor(role_form(role), role)


@bp.post("/<int:role_id>/edit")
@requires(CHANGE_ROLE, Role, fresh=True)
def change(role: Role) -> ResponseReturnValue:
    form = role_form()
    if form.validate():
        try:
            edit_role(role, form.said(), by=current_actor())
        except Invalid as invalid:
            form.form_errors.append(str(invalid))
        else:
            flash("Saved. Whoever holds this role has these rights from now on.", "success")
            return redirect(url_for(".show", role_id=role.id), 303)
    return _editor(form, role, status=422)


@bp.post("/<int:role_id>/delete")
@requires(CHANGE_ROLE, Role, fresh=True)
def delete(role: Role) -> ResponseReturnValue:
    name = role.name
    delete_role(role, by=current_actor())
    flash(f"The role {name} was deleted.", "success")
    return redirect(url_for(".index"), 303)


@bp.post("/<int:role_id>/preview")
@requires(PREVIEW_ROLE, Role)
def preview(role: Role) -> ResponseReturnValue:
    preview_role(role, by=current_actor())
    return redirect(url_for("session.home"), 303)


@bp.post("/stop-preview")
@requires(ENTER_PORTAL)
def stop() -> ResponseReturnValue:
    role = stop_preview(by=current_actor())
    back = url_for(".show", role_id=role.id) if role else url_for("session.home")
    return redirect(back, 303)


def _role(text: str) -> Role | None:
    key = key_in(text)
    return db.session.get(Role, key) if key is not None else None


def _asked(roles: list[Any], side: str) -> Any:
    """The role named in the address on this side; None where it names none."""
    key = key_in(request.args.get(side, ""))
    return next((each for each in roles if each.role.id == key), None)


def _editor(
    form: RoleForm, role: Role | None, like: Role | None = None, *, status: int = 200
) -> Response:
    holders = overview_of(role).holders if role else 0
    answer = page("roles/edit.html", form=form, role=role, like=like, holders=holders)
    answer.status_code = status
    return answer
