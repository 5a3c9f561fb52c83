"""One's own account, as far as one's session reaches."""

from typing import Any

from flask import abort
from flask_login import current_user
from markupsafe import Markup

from policies.errors import IllegalMove
from portal.codes import address_for_app, picture_of
from portal.db import db
from portal.models import Person, Session
from portal.models.session import Reach
from portal.queries.actors import member_of
from portal.queries.credentials import second_factor_of
from portal.queries.settings import setting
from portal.tokens import unseal


def own_session() -> Session:
    """The session of this request."""
    return db.session.get_one(Session, current_user.session_id)


def own_account() -> Person:
    """The member who is signed in; 404 for whoever came by a link to tasks, or is no member.

    Whoever holds a link to somebody's tasks does not thereby set their password.
    """
    mine = own_session()
    if mine.reach is not Reach.FULL or member_of(mine.person_id) is None:
        abort(404)
    return mine.person


def app_to_scan(person: Person) -> dict[str, Any]:
    """The picture to scan with the app, and the same secret to type; IllegalMove where none
    was begun, or it is in use already and so shown no more."""
    factor = second_factor_of(person.id)
    if factor is None or factor.confirmed_at is not None:
        raise IllegalMove("There is no authenticator app to set up. Begin again.")
    secret = unseal(factor.secret)
    address = address_for_app(secret, person.email or person.name, setting("organisation"))
    typed = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    # segno draws it from the address alone; nothing that was typed gets into the markup.
    return {"picture": Markup(picture_of(address)), "secret": typed}  # noqa: S704  as above
