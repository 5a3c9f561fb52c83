"""What a freeze lays among the real lines of a review: invented accounts that look as real ones of
the application do, and that nobody real can be taken for."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, literal, or_, select, union_all

from policies.assignment import Reviewing
from policies.errors import Invalid
from policies.lifecycle import Verdict
from policies.planting import Planted, letters_of, login_like, typical
from portal.db import db, name_key
from portal.models import Account, Application, Item, Person, Review
from portal.models.account import AccountKind
from portal.queries.order import in_order

LOOKED_AT = 50  # accounts of an application, to see how it writes logins


@dataclass(frozen=True)
class Guise:
    """A planted account as it would stand in the list of one application."""

    planted: Planted
    login: str
    email: str
    account_name: str

    @property
    def label(self) -> str:
        """As portal.queries.scope has it of an account that belongs to nobody."""
        return self.account_name or self.login


def guises_in(review: Review) -> list[Guise]:
    """What its campaign plants, as it would look here; without what a real one is like by now."""
    accounts = review.care.planting.accounts
    if not accounts:
        return []
    here = Account.application_id == review.application_id
    query = select(Account.login, Account.email, Account.name).where(
        here, Account.gone_at.is_(None), Account.kind == AccountKind.HUMAN
    )
    rows = db.session.execute(query.limit(LOOKED_AT)).all()
    login, email = (
        typical(filter(None, column)) for column in ([r[0] for r in rows], [r[1] for r in rows])
    )
    named, taken = any(row[2] for row in rows), clashes(accounts, here)
    found = [
        Guise(
            each,
            login_like(each.name, login),
            login_like(each.name, email) if email else "",
            each.name if named else "",
        )
        for each in accounts
        if each not in taken
    ]
    keys = [guise.login.lower() for guise in found]
    real = set(
        db.session.scalars(select(Account.login_key).where(here, Account.login_key.in_(keys)))
    )
    return [guise for guise in found if guise.login.lower() not in real]


def clashes(accounts: Sequence[Planted], *where: Any) -> dict[Planted, str]:
    """Those that could be taken for somebody real, and for whom, in a sentence; `where` narrows the
    accounts that are looked at."""
    found = {}
    for each in accounts:
        real = _somebody_like(each.name) or _account_like(each.name, *where)
        if real:
            found[each] = f"“{each.name}” could be taken for {real}. Invent another name."
    return found


def nobody_real_in(said: Reviewing) -> Reviewing:
    """The same; Invalid, with the sentence, where what it plants could be taken for somebody."""
    for sentence in clashes(said.care.planting.accounts).values():
        raise Invalid(f"Planted accounts: {sentence}")
    return said


def laid_among(
    lines: Select[Any], guises: Iterable[Guise], keys: Sequence[str], review: Review
) -> Any:
    """The real lines with the planted, in the order in which items lie. Only how they are called is
    known yet; portal.usecases.planting says the rest."""
    rows = (_blank(guise, keys, review) for guise in guises)
    each = union_all(lines, *rows).subquery()
    order = (in_order(each.c.label), each.c.account_id, in_order(each.c.entitlement))
    return select(each).order_by(*order, each.c.entitlement_kind)


def _blank(guise: Guise, keys: Sequence[str], review: Review) -> Select[Any]:
    known = {
        "review_id": review.id,
        "label": guise.label,
        "login": guise.login,
        "email": guise.email,
        "account_name": guise.account_name,
        "kind": AccountKind.HUMAN,
        "level": 1,
        "verdict": Verdict.UNDECIDED,
    }
    columns = Item.__table__.c
    values = {key: known[key] if key in known else _nothing(columns[key]) for key in keys}
    return select(*(literal(values[key], columns[key].type).label(key) for key in keys))


def _nothing(column: Any) -> Any:
    if column.nullable:
        return None
    nothing: dict[type, Any] = {str: "", bool: False, int: 0}
    return nothing.get(column.type.python_type, {})  # what else there is, is JSON


def _somebody_like(name: str) -> str:
    local = func.lower(Person.email)
    query = select(Person.name, Person.email).where(
        or_(
            Person.name_key == name_key(name), *(local.like(each) for each in _patterns(name, "@%"))
        )
    )
    for called, email in db.session.execute(query.order_by(Person.id)):
        if letters_of(name) in (letters_of(called), letters_of(email or "")):
            return f"{called}, who is in your list of people"
    return ""


def _account_like(name: str, *where: Any) -> str:
    named = func.lower(Account.name) == name.lower()
    query = (
        select(Account.name, Account.login, Application.name)
        .join(Application, Application.id == Account.application_id)
        .where(or_(named, *(Account.login_key.like(each) for each in _patterns(name))), *where)
    )
    for called, login, application in db.session.execute(query.order_by(Account.id)):
        if letters_of(name) in (letters_of(called), letters_of(login)):
            return f"the account {login} in {application}"
    return ""


def _patterns(name: str, end: str = "%") -> Iterable[str]:
    """What the logins and addresses of somebody of this name may begin with."""
    first, *_, last = (re.sub(r"[\W_]+", "", part.lower()) for part in name.split())
    return (f"{first}%{last}{end}",)
