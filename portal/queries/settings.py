"""Reading settings, with their defaults."""

from typing import Any

from sqlalchemy import select

from policies.settings import SETTINGS
from portal.db import db
from portal.memo import once
from portal.models import Setting


def setting(key: str) -> Any:
    """The value of one setting; KeyError for a name that is not in policies.settings."""
    kind = SETTINGS[key]
    row = once(("setting", key), lambda: db.session.get(Setting, key))
    return kind.default if row is None else row.value


def all_settings() -> dict[str, Any]:
    """Every setting by its key."""
    kept = {row.key: row.value for row in db.session.scalars(select(Setting))}
    return {key: kept.get(key, kind.default) for key, kind in SETTINGS.items()}
