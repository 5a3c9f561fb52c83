"""Passwords of members without single sign-on: set, changed, forgotten."""

from policies.errors import Denied, Invalid
from policies.passwords import refusal
from policies.permissions import Actor
from portal import clock
from portal.db import db
from portal.models import Link, Password, Person
from portal.passwords import kept_form
from portal.queries.actors import is_present, member_of
from portal.queries.credentials import password_of, second_factor_of
from portal.queries.links import active_member_by_email, lately_written
from portal.queries.settings import setting
from portal.usecases.attempts import forget_attempts
from portal.usecases.letters import write_letter
from portal.usecases.links import follow_link, replace_links, write_link
from portal.usecases.sessions import end_sessions_of
from portal.usecases.trail import record
from portal.usecases.unit import bookkeeping, usecase

MOST_LETTERS = 5  # unused ones in the last hour, of which the latest is good


@usecase
def set_password(person: Person, password: str, *, by: Actor) -> None:
    """Give a member a password, or another one. Every other session of theirs ends.

    Invalid, with the sentence, where the password is not taken (policies.passwords); Denied
    for anybody but the member, and where only single sign-on lets people in.
    """
    _require_own(person, by)
    if why := refusal(password, [person.name, person.email or ""]):
        raise Invalid(why)
    kept = password_of(person.id)
    verb = "password changed" if kept else "password set"
    kept = kept or Password(person_id=person.id)
    kept.hash, kept.changed_at = kept_form(password), clock.now()
    db.session.add(kept)
    record(verb, person, by=by)
    end_sessions_of(person, verb, except_id=by.session_id, by=by)
    tell_of_change(person, f"your {verb.replace('password', 'password was')}", by=by)


@usecase
def reset_password(link: Link, password: str, *, by: Actor) -> None:
    """Set the password of whoever holds this link, which is used up by it. Refusals as above.

    Failed attempts are forgotten, unless a second factor follows: guesses of its codes count on
    the same account, and whoever reads the mailbox must not begin them anew.
    """
    follow_link(link, by=by)
    replace_links(link.person_id, "password", by=by)
    set_password(link.person, password, by=by)
    if second_factor_of(link.person_id, confirmed=True) is None:
        forget_attempts(link.person.email or "")


@usecase
def send_password_link(email: str, *, by: Actor) -> None:
    """Write a letter with a link to choose a password; links of letters before it are closed.
    For an address that no active member has nothing happens, nor where so many unused ones
    were written lately."""
    member = active_member_by_email(email)
    if member is None or setting("sign_in_only_by_sso"):
        return
    if lately_written(member.person_id, "password") < MOST_LETTERS:
        replace_links(member.person_id, "password", by=by)
        link = write_link(member.person, "password", by=by)
        write_letter("password", member.person, key=f"password:{link.id}", link=link, by=by)


@bookkeeping
def renew_hash(person: Person, password: str) -> None:
    """Keep the same password by today's parameters."""
    if kept := password_of(person.id):
        kept.hash = kept_form(password)


@usecase
def tell_of_change(person: Person, what: str, *, by: Actor) -> None:
    """Write to somebody that what they sign in by was changed."""
    key = f"sign-in-changed:{person.id}:{clock.now().isoformat()}"
    write_letter("sign-in-changed", person, key=key, by=by, what=what)


def _require_own(person: Person, by: Actor) -> None:
    member = member_of(person.id)
    if by.person_id != person.id or member is None or not is_present(member):
        raise Denied("Only a member sets their own password.")
    if setting("sign_in_only_by_sso"):
        raise Denied("Passwords are switched off: everybody signs in with single sign-on.")
