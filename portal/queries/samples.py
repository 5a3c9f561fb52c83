"""What a preview shows of a staged list: a few rows of everything that applying would do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select

from policies.columns import PEOPLE
from portal.db import db
from portal.models import Account, Person, StagedAccount, StagedPerson, Sync
from portal.queries.staged_accounts import gone_accounts, is_changed, same_login, staged_in
from portal.queries.staged_people import gone_people, is_other, people_in

SAMPLES = 5


@dataclass(frozen=True)
class Sample:
    """A few rows of one kind of change, as cells under `header`."""

    name: str
    count: int
    header: Sequence[str]
    rows: Sequence[Sequence[Any]]


def samples_of(sync: Sync) -> list[Sample]:
    """A few rows of everything that applying would do. For a sync in preview."""
    made = _people_samples(sync) if sync.noun == PEOPLE else _account_samples(sync)
    return [
        Sample(name, getattr(sync, name), header, [tuple(row) for row in rows])
        for name, header, rows in made
        if getattr(sync, name)
    ]


def _account_samples(sync: Sync) -> list[tuple[str, Sequence[str], Sequence[Any]]]:
    staged, account, person = StagedAccount, Account, Person
    said = (staged.login, staged.name, staged.status, staged.roles, person.name)
    rows = (
        select(*said)
        .outerjoin(account, same_login(sync))
        .outerjoin(person, person.id == staged.person_id)
        .where(staged_in(sync))
        .order_by(staged.row)
        .limit(SAMPLES)
    )
    changed = (
        select(account.login, account.status, staged.status, account.roles, staged.roles)
        .join(account, same_login(sync))
        .where(staged_in(sync), is_changed())
        .order_by(staged.row)
        .limit(SAMPLES)
    )
    gone = (
        select(account.login, account.name, account.status, account.roles)
        .where(gone_accounts(sync))
        .order_by(account.login_key)
        .limit(SAMPLES)
    )
    header = ("Login", "Name", "Status", "Roles", "Person")
    return [
        ("new", header, _all(rows.where(account.id.is_(None)))),
        ("changed", ("Login", "Status was", "Status", "Roles were", "Roles"), _all(changed)),
        ("gone", ("Login", "Name", "Status", "Roles"), _all(gone)),
        ("unmatched", header[:-1], [row[:4] for row in _all(rows.where(person.id.is_(None)))]),
    ]


def _people_samples(sync: Sync) -> list[tuple[str, Sequence[str], Sequence[Any]]]:
    staged, person = StagedPerson, Person
    new = (
        select(staged.name, staged.email, staged.department, staged.title, staged.standing)
        .where(people_in(sync), staged.person_id.is_(None))
        .order_by(staged.row)
        .limit(SAMPLES)
    )
    changed = (
        select(
            person.name,
            staged.name,
            person.standing,
            staged.standing,
            person.department,
            staged.department,
        )
        .join(person, person.id == staged.person_id)
        .where(people_in(sync), is_other(sync))
        .order_by(staged.row)
        .limit(SAMPLES)
    )
    gone = (
        select(person.name, person.email, person.department, person.title)
        .where(gone_people(sync))
        .order_by(func.lower(person.name), person.id)
        .limit(SAMPLES)
    )
    was = ("Name was", "Name", "Standing was", "Standing", "Department was", "Department")
    return [
        ("new", ("Name", "Email", "Department", "Title", "Standing"), _all(new)),
        ("changed", was, _all(changed)),
        ("gone", ("Name", "Email", "Department", "Title"), _all(gone)),
    ]


def _all(query: Select[*tuple[Any, ...]]) -> Sequence[Any]:
    return db.session.execute(query).all()
