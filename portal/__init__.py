"""The web application. Read `create_app` to see how it is put together."""

import os
from importlib import import_module

from flask import Flask
from flask_wtf import CSRFProtect
from htmx_flask import Htmx

from portal import cli, config, db, logs, queue
from portal.web import (
    access,
    context,
    errors,
    formats,
    guide,
    headers,
    incoming,
    inline,
    limits,
    pages,
    preview,
    signin,
)

VIEWS = (
    *("health", "session", "codes", "passwords", "again", "you", "sessions"),
    *("oidc", "saml", "providers", "saml_settings"),
    *("applications", "accounts", "uploads", "documents", "owners", "people", "syncs", "letters"),
    "entitlements",
    *("letter_texts", "letter_wishes", "reminder_rules"),
    *("logos", "custom_fields", "hidden_applications", "many_applications"),
    *("holders", "application_syncs", "application_reviews", "application_trail"),
    *("person_access", "person_duties"),
    *("settings", "privileged", "roles", "members", "invitations", "owner_access", "styleguide"),
    *("api_tokens", "scim", "feeds", "background"),
    *("plans", "publishing", "templates"),
    *("reviewers", "reassigning", "delegations"),
    *(
        "home",
        "campaigns",
        "progress",
        "planted",
        "schedules",
        "endings",
        "reminders",
        "reviews",
        "items",
    ),
    *("changing", "item_groups", "follow_ups"),
    *("item_details", "recommendations", "duties", "gone_items"),
    "second_looks",
    *("remediation", "table_views", "tasks", "reports", "shares", "trail"),
)


def create_app(settings: config.Config | None = None, *, doors: bool = True) -> Flask:
    """Build the portal from `settings`, or from the environment where none are given.

    Without `doors` it answers no request: a worker needs none, nor the memory they take.
    """
    app = Flask(__name__)
    config.init_app(app, settings or config.read_config(os.environ))
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True, "extensions": [inline.Inline]}
    web = (
        formats,
        headers,
        errors,
        access,
        signin,
        incoming,
        preview,
        limits,
        context,
        guide,
        pages,
    )
    for part in (logs, db, queue, *web):
        part.init_app(app)
    Htmx(app)
    CSRFProtect(app)
    for name in VIEWS if doors else ():
        module = import_module(f"portal.views.{name}")
        app.register_blueprint(module.bp)
    if cli.is_asked():
        cli.init_app(app)
    return app
