"""What every template knows: who is here, where they can go, and the small globals."""

import hashlib
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g, request, url_for
from flask_login import current_user
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from policies import permissions
from policies.permissions import Actor, Permission, can
from portal.queries.settings import setting
from portal.web.filtering import here, kept_parameters

STATIC = Path(__file__).parents[1] / "static"


@dataclass(frozen=True)
class Place:
    """One entry of the console's navigation."""

    label: str
    url: str
    icon: str
    current: bool


# Where a label stands twice, the first entry that may be entered is the one that is shown.
ENTRIES: tuple[tuple[str, str, str, Permission[Any]], ...] = (
    ("Home", "home.index", "home", permissions.ENTER_CONSOLE),
    ("Campaigns", "campaigns.index", "campaign", permissions.SEE_CAMPAIGNS),
    ("Applications", "applications.index", "application", permissions.SEE_APPLICATIONS),
    ("People", "people.index", "people", permissions.SEE_PEOPLE),
    ("Imports", "syncs.index", "upload", permissions.SEE_SOURCES),
    ("Letters", "letters.index", "letter", permissions.ADMINISTER),
    ("Trail", "trail.index", "trail", permissions.SEE_TRAIL),
    ("Settings", "settings.index", "settings", permissions.SEE_SETTINGS),
    ("Settings", "custom_fields.index", "settings", permissions.SEE_APPLICATIONS),
)
# Pages of one place that have a view, and so a blueprint, of their own.
WITHIN = {
    "schedules": "campaigns",
    "reminder_rules": "campaigns",
    "shares": "campaigns",
    "plans": "campaigns",
    "publishing": "campaigns",
    "templates": "campaigns",
    "reminders": "campaigns",
    "progress": "campaigns",
    "planted": "campaigns",
    "reviewers": "campaigns",
    "delegations": "campaigns",
    "accounts": "applications",
    "owners": "applications",
    "entitlements": "applications",
    "many_applications": "applications",
    "holders": "applications",
    "application_syncs": "applications",
    "application_reviews": "applications",
    "application_trail": "applications",
    "logos": "applications",
    "documents": "applications",
    "uploads": "applications",
    "person_access": "people",
    "person_duties": "people",
    "letter_texts": "settings",
    "owner_access": "settings",
    "api_tokens": "settings",
    "privileged": "settings",
    "providers": "settings",
    "oidc": "settings",
    "roles": "settings",
    "members": "settings",
    "invitations": "settings",
    "custom_fields": "settings",
    "hidden_applications": "settings",
    "background": "settings",
    **dict.fromkeys(("logos.edit_own", "logos.upload_own"), "settings"),  # the organisation's
}


def navigation(actor: Actor) -> list[Place]:
    """The places this actor may enter."""
    view, door = request.blueprint or "", request.endpoint or ""
    here = WITHIN.get(door) or WITHIN.get(view, view)
    places: dict[str, Place] = {}
    for label, endpoint, icon, permission in ENTRIES:
        if can(permission, actor, None) and endpoint in current_app.view_functions:
            names = {endpoint.partition(".")[0], label.lower()}
            places.setdefault(label, Place(label, url_for(endpoint), icon, here in names))
    return list(places.values())


def first_place(actor: Actor) -> str:
    """Where this actor lands: the first place of the console they may enter, or their tasks."""
    return next((place.url for place in navigation(actor)), url_for("tasks.index"))


@cache
def _version(path: str) -> str:
    return hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:12]


def static_url(path: str) -> str:
    """The address of a static file, with its content's hash so that it may be cached."""
    return _address(request.script_root, path)


@cache
def _address(root: str, path: str) -> str:
    """Made once, and not by url_for(): a page has more than a hundred icons."""
    return f"{root}{current_app.static_url_path}/{path}?v={_version(path)}"


def drawn(name: str, label: str | None = None, class_: str = "") -> Markup:
    """An icon of the sprite; decoration unless it has a `label`."""
    return _icon(request.script_root, name, label, class_)


@lru_cache(maxsize=500)
def _icon(root: str, name: str, label: str | None, class_: str) -> Markup:
    said = Markup('role="img" aria-label="{}"').format(label) if label else 'aria-hidden="true"'
    shape = '<svg class="{}" {} focusable="false"><use href="{}#{}"></use></svg>'
    names = f"icon {class_}".strip()
    return Markup(shape).format(names, Markup(said), _address(root, "icons.svg"), name)  # noqa: S704  said is ours


def csrf_field() -> Markup:
    """The hidden field that every form carries; a page of a review has fifty."""
    if "csrf_field" not in g:
        field = Markup('<input type="hidden" name="csrf_token" value="{}">')
        g.csrf_field = field.format(generate_csrf())
    return g.csrf_field  # type: ignore[no-any-return]  # g holds anything


_ANY = 9_876_543_210  # stands for the number of a row


def row_url(endpoint: str, key: str, number: int, **same: Any) -> str:
    """As url_for(), where `key` is what differs from row to row: a page has hundreds."""
    known = g.setdefault("row_urls", {})
    asked = (endpoint, *sorted(same.items()))
    if asked not in known:
        values: dict[str, Any] = {key: _ANY, **same}
        known[asked] = url_for(endpoint, **values).partition(str(_ANY))
    before, _, after = known[asked]
    return f"{before}{number}{after}"


def shell() -> str:
    """Which layout a shared page wears: the console for members, else the portal."""
    member = current_user.is_authenticated and any(current_user.actor.scopes.values())
    return "console.html" if member else "portal.html"


def _organisation() -> dict[str, str]:
    """Its name, and the address of its logo where it has one."""
    logo = setting("organisation_logo")
    url = url_for("logos.of_organisation", digest=logo) if logo else ""
    return {"organisation": setting("organisation"), "organisation_logo_url": url}


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(
        static_url=static_url,
        drawn=drawn,
        csrf_field=csrf_field,
        row_url=row_url,
        csrf_token=generate_csrf,
        shell=shell,
        here=here,
        kept_parameters=kept_parameters,
    )
    app.jinja_env.tests["endpoint"] = lambda name: name in app.view_functions
    app.jinja_env.tests["moment"] = lambda value: isinstance(value, date)

    @app.context_processor
    def surroundings() -> dict[str, Any]:
        if not current_user.is_authenticated:
            return {"me": None, "navigation": [], **_organisation()}
        actor = current_user.actor
        return {
            "me": actor,
            "navigation": navigation(actor),
            **_organisation(),
            "sign_out_url": url_for("session.sign_out"),
        }
