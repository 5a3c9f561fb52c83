"""What leaves the portal as a file is written down: who took which list, and when."""

from policies.permissions import ENTER_PORTAL, Actor, require
from portal.db import Base, db
from portal.models import Person
from portal.usecases.trail import record
from portal.usecases.unit import usecase


@usecase
def note_list_taken(file_name: str, *, about: Base | None = None, by: Actor) -> None:
    """Somebody downloads a list as `file_name`. `about` is the review or campaign it is of."""
    require(ENTER_PORTAL, by, None)
    thing = about or db.session.get_one(Person, by.person_id)
    record("list downloaded", thing, by=by, file=file_name)
