"""Between the first proof and the second: somebody at the door who still owes a code.

They have no session yet. What is known of them is in their signed cookie for ten minutes; it
opens nothing but the page that asks for the code.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from flask import redirect, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from policies.errors import Denied
from policies.permissions import Actor
from portal import clock
from portal.db import db
from portal.models import Link, Person
from portal.queries.credentials import needs_second_factor, password_of, second_factor_of
from portal.queries.links import BREAK_GLASS, METHODS
from portal.usecases.attempts import forget_attempts
from portal.usecases.second_factors import begin_second_factor
from portal.usecases.sessions import Proof
from portal.web.signin import leave, sign_in

PASSWORD = "password"  # noqa: S105  the word said in the evidence, no password
NOTHING_HERE = "There is nothing here for you just now. Ask an Admin."
_LASTS = timedelta(minutes=10)
_KEY = "halfway"
_BY_PASSWORD = {PASSWORD, METHODS["password"]}


@dataclass(frozen=True)
class Halfway:
    """Who gave the first proof, which one, and where they go once they gave the second."""

    person: Person
    proof: Proof
    target: str

    @property
    def actor(self) -> Actor:
        return Actor(self.person.id, self.person.name, method=self.proof.method)


def welcome(person: Person, proof: Proof, target: str = "") -> ResponseReturnValue:
    """Sign them in, or ask for their second factor first; or have them set one up, where their
    role needs one. Denied where there is nothing for them."""
    if not _owes_code(person, proof):
        return arrive(Halfway(person, proof, target))
    if current_user.is_authenticated:
        leave("signed in anew")
    if second_factor_of(person.id, confirmed=True) is None:
        begin_second_factor(person, by=Halfway(person, proof, target).actor)
    session.clear()
    session[_KEY] = _kept(person, proof, target)
    return redirect(url_for("codes.ask"), 303)


def halfway() -> Halfway | None:
    """Whoever is between the two proofs in this browser; None if nobody is, or for too long."""
    kept: dict[str, Any] = session.get(_KEY) or {}
    if not kept or clock.now() - datetime.fromisoformat(kept["at"]) > _LASTS:
        return None
    person = db.session.get(Person, kept["person"])
    if person is None or _mark(person) != kept["mark"]:
        return None
    link = db.session.get(Link, kept["link"]) if kept["link"] else None
    return Halfway(person, Proof(kept["method"], link=link), kept["target"])


def arrive(half: Halfway, also: str = "") -> ResponseReturnValue:
    """Begin the session, and go where they were going. `also`: the second proof, in words."""
    begin(half, also)
    return redirect(half.target or url_for("session.home"), 303)


def begin(half: Halfway, also: str = "") -> None:
    """Begin the session; Denied where there is nothing for them."""
    proof = half.proof
    if also:
        proof = replace(proof, method=f"{proof.method} and {also}")
    forget_attempts(half.person.email or "")
    if sign_in(half.person, proof) is None:
        raise Denied(NOTHING_HERE)


def _owes_code(person: Person, proof: Proof) -> bool:
    if proof.link is not None and proof.link.written_by == BREAK_GLASS:
        return False
    if second_factor_of(person.id, confirmed=True):
        return True
    return proof.method in _BY_PASSWORD and needs_second_factor(person.id)


def _kept(person: Person, proof: Proof, target: str) -> dict[str, Any]:
    return {
        "person": person.id,
        "method": proof.method,
        "link": proof.link.id if proof.link else None,
        "at": clock.now().isoformat(),
        "target": target,
        "mark": _mark(person),
    }


def _mark(person: Person) -> str:
    """Changes with the password, so that a first proof by an old one is worth nothing."""
    kept = password_of(person.id)
    return kept.changed_at.isoformat() if kept else ""
