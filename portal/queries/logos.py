"""Reading logos: those of applications, and the organisation's own."""

from portal.db import db
from portal.models import Application, Logo
from portal.queries.settings import setting


def logo_of(application: Application) -> bytes | None:
    """The application's logo as a PNG, or None: then a monogram stands in its place."""
    return logo_with(application.logo)


def organisation_logo() -> bytes | None:
    """The organisation's logo as a PNG, or None."""
    return logo_with(setting("organisation_logo"))


def logo_with(digest: str) -> bytes | None:
    """The logo whose SHA-256 this is, or None."""
    logo = db.session.get(Logo, digest) if digest else None
    return logo.content if logo else None
