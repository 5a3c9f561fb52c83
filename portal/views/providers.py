"""Settings > Single sign-on: the identity providers, their rules, and what they would do."""

from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.errors import Invalid
from policies.permissions import ADMINISTER, SEE_SETTINGS
from policies.provider_fields import SECRETS, fields_of, key_of
from portal.config import current_config
from portal.db import db
from portal.forms.providers import draft_of, identity_from
from portal.models import IdentityProvider, Role
from portal.models.provider import ProviderKind
from portal.queries.arrivals import arrival_of
from portal.queries.members import roles
from portal.queries.providers import (
    all_providers,
    came_by,
    how_many_came_by,
    members_without_sso,
    proven_providers,
    provider_by_key,
)
from portal.queries.settings import setting
from portal.usecases.provider_checks import want_check
from portal.usecases.providers import (
    add_provider,
    change_provider,
    delete_provider,
    open_provider,
    require_single_sign_on,
)
from portal.usecases.role_rules import add_rule, move_rule, remove_rule
from portal.web.access import current_actor, requires
from portal.web.pages import page

bp = Blueprint("providers", __name__, url_prefix="/settings/sso")

SHOWN = 50  # people who came, on the page of a provider
NAMED = 5  # of them, before it is deleted


@bp.get("")
@requires(SEE_SETTINGS)
def index() -> Response:
    only = setting("sign_in_only_by_sso")
    return page("providers/index.html", providers=all_providers(), only=only)


@bp.get("/new")
@requires(ADMINISTER, fresh=True)
def new() -> Response:
    return _form(_kind(request.args.get("kind", "oidc")))


@bp.post("/new")
@requires(ADMINISTER, fresh=True)
def create() -> ResponseReturnValue:
    kind = _kind(request.form.get("kind", ""))
    try:
        draft = draft_of(kind.value, request.form)
        key = key_of(request.form.get("key", "") or draft.name)
        provider = add_provider(kind, key, draft, by=current_actor())
    except Invalid as invalid:
        return _form(kind, error=str(invalid))
    flash(f"{provider.name} was added. It is not offered at the front door yet.", "success")
    return redirect(url_for(".show", key=provider.key), 303)


@bp.get("/only")
@requires(ADMINISTER, fresh=True)
def only() -> Response:
    without = members_without_sso()
    proven, on = proven_providers(), setting("sign_in_only_by_sso")
    return page("providers/only.html", proven=proven, without=without, on=on)


@bp.post("/only")
@requires(ADMINISTER, fresh=True)
def switch_only() -> ResponseReturnValue:
    on = request.form.get("on") == "1"
    require_single_sign_on(on, by=current_actor())
    said = "Single sign-on is now the only way" if on else "Other ways are taken again"
    flash(f"{said} to sign in.", "success")
    return redirect(url_for(".index"), 303)


@bp.get("/<key>")
@requires(SEE_SETTINGS)
def show(key: str) -> Response:
    return _show(_provider(key))


@bp.get("/<key>/edit")
@requires(ADMINISTER, fresh=True)
def edit(key: str) -> Response:
    provider = _provider(key)
    return _form(provider.kind, provider)


@bp.post("/<key>/edit")
@requires(ADMINISTER, fresh=True)
def change(key: str) -> ResponseReturnValue:
    provider = _provider(key)
    try:
        draft = draft_of(provider.kind.value, request.form)
    except Invalid as invalid:
        return _form(provider.kind, provider, error=str(invalid))
    change_provider(provider, draft, by=current_actor())
    flash(f"{provider.name}: saved.", "success")
    return redirect(url_for(".show", key=key), 303)


@bp.post("/<key>/open")
@requires(ADMINISTER, fresh=True)
def switch(key: str) -> ResponseReturnValue:
    provider, on = _provider(key), request.form.get("on") == "1"
    open_provider(provider, on, by=current_actor())
    said = "is offered at the front door now" if on else "is no longer offered at the front door"
    flash(f"{provider.name} {said}.", "success")
    return redirect(url_for(".show", key=key), 303)


@bp.post("/<key>/check")
@requires(ADMINISTER)
def check(key: str) -> ResponseReturnValue:
    want_check(_provider(key), by=current_actor())
    return redirect(url_for(".show", key=key, _anchor="check"), 303)


@bp.get("/<key>/delete")
@requires(ADMINISTER, fresh=True)
def confirm(key: str) -> Response:
    provider = _provider(key)
    people, sessions = how_many_came_by(provider)
    told: dict[str, Any] = {"people": people, "sessions": sessions}
    return page("providers/delete.html", provider=provider, came=came_by(provider, NAMED), **told)


@bp.post("/<key>/delete")
@requires(ADMINISTER, fresh=True)
def remove(key: str) -> ResponseReturnValue:
    provider = _provider(key)
    name = provider.name
    delete_provider(provider, by=current_actor())
    flash(f"{name} was deleted.", "success")
    return redirect(url_for(".index"), 303)


@bp.post("/<key>/rules")
@requires(ADMINISTER, fresh=True)
def add_one(key: str) -> ResponseReturnValue:
    provider, typed = _provider(key), request.form
    try:
        role = _role(typed.get("role", ""))
        add_rule(provider, typed.get("claim", ""), typed.get("value", ""), role, by=current_actor())
    except Invalid as invalid:
        return _unprocessable(_show(provider, error=str(invalid), typed=typed))
    return redirect(url_for(".show", key=key, _anchor="rules"), 303)


@bp.post("/<key>/rules/<int:rule_id>/move")
@requires(ADMINISTER, fresh=True)
def move(key: str, rule_id: int) -> ResponseReturnValue:
    step = -1 if request.form.get("to") == "up" else 1
    move_rule(_provider(key), rule_id, step, by=current_actor())
    return redirect(url_for(".show", key=key, _anchor="rules"), 303)


@bp.post("/<key>/rules/<int:rule_id>/remove")
@requires(ADMINISTER, fresh=True)
def take_away(key: str, rule_id: int) -> ResponseReturnValue:
    remove_rule(_provider(key), rule_id, by=current_actor())
    return redirect(url_for(".show", key=key, _anchor="rules"), 303)


@bp.get("/<key>/who")
@requires(SEE_SETTINGS)
def ask(key: str) -> Response:
    return _who(_provider(key), typed={})


@bp.post("/<key>/who")
@requires(SEE_SETTINGS)
def answer(key: str) -> Response:
    """Nothing is changed by asking; it is a POST because claims do not belong in an address."""
    provider, typed = _provider(key), request.form
    try:
        arrival = arrival_of(provider, identity_from(provider, typed))
    except Invalid as invalid:
        return _unprocessable(_who(provider, typed=typed, error=str(invalid)))
    return _who(provider, typed=typed, arrival=arrival)


def _who(provider: IdentityProvider, **context: Any) -> Response:
    return page("providers/who.html", provider=provider, **context)


def _provider(key: str) -> IdentityProvider:
    return provider_by_key(key) or abort(404)


def _kind(text: str) -> ProviderKind:
    return ProviderKind(text) if text in list(ProviderKind) else abort(404)


def _role(text: str) -> Role | None:
    if not text:
        return None
    role = db.session.get(Role, int(text)) if text.isdecimal() and len(text) < 10 else None
    if role is None:
        raise Invalid("Role: somebody deleted it meanwhile. Choose another one.")
    return role


def _show(provider: IdentityProvider, **context: Any) -> Response:
    came, (came_count, _) = came_by(provider, SHOWN), how_many_came_by(provider)
    choices = [("", "Plain employee, no role"), *((role.id, role.name) for role in roles())]
    context |= {"came": came, "came_count": came_count, "role_choices": choices}
    fields = fields_of(provider.kind.value)
    base = current_config().base_url
    return page("providers/show.html", provider=provider, fields=fields, base=base, **context)


def _form(
    kind: ProviderKind, provider: IdentityProvider | None = None, error: str = ""
) -> Response:
    told: dict[str, Any] = {"kind": kind, "fields": fields_of(kind.value)}
    told["secret"] = SECRETS.get(kind.value)
    typed = request.form if error else _values(provider)
    base = current_config().base_url
    shown = page(
        "providers/edit.html", provider=provider, typed=typed, error=error, base=base, **told
    )
    return _unprocessable(shown) if error else shown


def _values(provider: IdentityProvider | None) -> dict[str, Any]:
    if provider is None:
        return {}
    return {
        **provider.config,
        "name": provider.name,
        "domains": "\n".join(provider.domains),
        "creates_members": "1" if provider.creates_members else "",
        "unmatched": provider.unmatched.value,
    }


def _unprocessable(response: Response) -> Response:
    response.status_code = 422
    return response
