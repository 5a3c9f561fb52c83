"""Where a member is signed in, for an Admin: seen, ended; locks and lost apps taken away."""

from flask import Blueprint, Response, abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from policies.permissions import ADMINISTER
from portal.models import Person
from portal.queries.credentials import credentials_of
from portal.queries.sessions import running_sessions
from portal.usecases.attempts import unlock_account
from portal.usecases.second_factors import remove_second_factor
from portal.usecases.sessions import end_session, end_sessions_of
from portal.web.access import current_actor, requires
from portal.web.pages import page

bp = Blueprint("sessions", __name__, url_prefix="/people/<int:person_id>/sessions")


@bp.get("")
@requires(ADMINISTER, Person)
def index(person: Person) -> Response:
    sessions = running_sessions(person.id)
    known = credentials_of(person)
    return page("sessions/index.html", person=person, sessions=sessions, known=known)


@bp.post("/<int:session_id>/end")
@requires(ADMINISTER, Person)
def end(person: Person, session_id: int) -> ResponseReturnValue:
    found = next((each for each in running_sessions(person.id) if each.id == session_id), None)
    end_session(found or abort(404), "ended by an Admin", by=current_actor())
    return _done(person, "That session is ended.")


@bp.post("/end")
@requires(ADMINISTER, Person)
def end_all(person: Person) -> ResponseReturnValue:
    end_sessions_of(person, "ended by an Admin", by=current_actor())
    return _done(person, f"{person.name} is signed out everywhere.")


@bp.post("/unlock")
@requires(ADMINISTER, Person, fresh=True)
def unlock(person: Person) -> ResponseReturnValue:
    unlock_account(person, by=current_actor())
    return _done(person, f"{person.name} can try again at once.")


@bp.post("/remove-second-factor")
@requires(ADMINISTER, Person, fresh=True)
def remove_app(person: Person) -> ResponseReturnValue:
    remove_second_factor(person, by=current_actor())
    return _done(person, f"{person.name} is asked for no code any more.")


def _done(person: Person, sentence: str) -> ResponseReturnValue:
    flash(sentence, "success")
    return redirect(url_for(".index", person_id=person.id), 303)
