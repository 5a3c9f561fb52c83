"""What is privileged: by the words of an application where it has its own, else by everybody's."""

from typing import Any

from sqlalchemy import ColumnElement, String, case, cast, select

from portal.db import db
from portal.models import Application
from portal.queries.filters import contains_any
from portal.queries.settings import setting


def is_privileged(text: Any, application_id: Any) -> ColumnElement[bool]:
    """Whether `text`, the name of an entitlement or a line of them, means privileged access in
    the application of that id (a column)."""
    general = contains_any(text, setting("privileged_words"))
    has_own = cast(Application.privileged_words, String) != "[]"
    rows = db.session.execute(select(Application.id, Application.privileged_words).where(has_own))
    own: dict[tuple[str, ...], list[int]] = {}
    for key, words in rows:
        own.setdefault(tuple(words), []).append(key)
    if not own:
        return general
    cases = ((application_id.in_(ids), contains_any(text, words)) for words, ids in own.items())
    return case(*cases, else_=general)
