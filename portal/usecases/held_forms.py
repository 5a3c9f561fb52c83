"""Forms kept for whoever was asked who they are before their form was taken."""

import json
from collections.abc import Sequence

from portal import clock
from portal.db import db
from portal.models import HeldForm
from portal.tokens import seal
from portal.usecases.unit import bookkeeping


@bookkeeping
def hold_form(person_id: int, path: str, fields: Sequence[tuple[str, str]]) -> None:
    """Keep what was sent to `path`, sealed, in place of what was kept before."""
    held = db.session.get(HeldForm, person_id) or HeldForm(person_id=person_id)
    held.path, held.fields = path, seal(json.dumps(fields))
    held.created_at = clock.now()
    db.session.add(held)


@bookkeeping
def release_form(person_id: int) -> None:
    """Forget what was kept."""
    if held := db.session.get(HeldForm, person_id):
        db.session.delete(held)
