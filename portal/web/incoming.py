"""What holds for every request before any view sees it: its size, its sender, its characters."""

from collections.abc import Iterator

from flask import Flask, abort, request
from flask_login import current_user

UPLOADS = frozenset({"syncs.create", "remediation.upload", "uploads.bring", "documents.keep"})
FROM_PROVIDERS = frozenset({"saml.acs", "saml.sls_form"})  # signed forms of identity providers
MOST_BYTES = 1_000_000  # of a form; only whoever is signed in may send a list
NOT_OURS = {"cross-site", "same-site"}

FOREIGN = (
    "This form was sent from another site. Nothing was changed. Open the portal and try again."
)
NOT_TEXT = "What was sent holds a character that is no text (NUL). Nothing was changed."


def init_app(app: Flask) -> None:
    app.before_request(limit_body)
    app.before_request(refuse_foreign_forms)
    app.before_request(refuse_nul)
    app.teardown_request(lambda _: request.close())  # temporary files of uploads go at once


def limit_body() -> None:
    """Take large bodies only at the doors for lists, and there only from people we know."""
    if request.endpoint not in UPLOADS or not current_user.is_authenticated:
        request.max_content_length = MOST_BYTES


def refuse_foreign_forms() -> None:
    """403 for a form on another site, beside the form's token: browsers say where it was.

    Our pages send no referrer, so that links stay private; Sec-Fetch-Site says enough.
    """
    is_change = request.method not in {"GET", "HEAD", "OPTIONS"}
    elsewhere = request.headers.get("Sec-Fetch-Site") in NOT_OURS
    if is_change and elsewhere and request.endpoint not in FROM_PROVIDERS:
        abort(403, FOREIGN)


def refuse_nul() -> None:
    """400 for U+0000 in anything typed: no list of ours needs it, and PostgreSQL refuses it."""
    if any("\0" in text for text in _typed()):
        abort(400, NOT_TEXT)


def _typed() -> Iterator[str]:
    yield request.path
    for pairs in (request.args, request.form):
        for key, values in pairs.lists():
            yield key
            yield from values
    for file in request.files.values():
        yield file.filename or ""
