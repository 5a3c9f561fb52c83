"""Account lists, staged: rows of one login made one, and people found.

Statements over the whole list; call them inside a use-case. Applying is in applying.py.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Select, delete, exists, func, select, update

from policies.account_rows import FACTS, AccountRow, Grants, merge_rows
from policies.lists import Problem, attributes_text, instant_text
from portal.db import db
from portal.models import StagedAccount, StagedGrant, Sync
from portal.queries.staged_accounts import staged_in
from portal.usecases.bulk import store_rows
from portal.usecases.matching import match_people
from portal.usecases.staging import store_grants

S, G = StagedAccount, StagedGrant
_QUICK: Any = {"synchronize_session": False}


def merge_accounts(sync: Sync) -> list[Problem]:
    """Make one row of the rows of each login. Returns contradictions, and rows left out."""
    if not db.session.scalar(select(exists(_logins_again(sync.id)))):
        return []
    problems: list[Problem] = []
    removed: list[int] = []
    merged_rows: list[AccountRow] = []
    new_sets: dict[str, Grants] = {}
    known = _staged_sets(sync.id)
    headers = _headers(sync)
    for _, group in groupby(_repeated_rows(sync.id), key=lambda row: row.login_key):
        rows = list(group)
        merged = merge_rows(rows, [known.get(row.grants_key, ()) for row in rows], headers)
        problems += merged.problems
        removed += [row.row for row in rows]
        merged_rows.append(merged.row)
        if merged.row.grants_key and merged.row.grants_key not in known:
            new_sets[merged.row.grants_key] = merged.grants
    _replace_rows(sync.id, removed, merged_rows, new_sets)
    return problems


def find_people(sync: Sync) -> None:
    """Match every staged row to a person; see portal.usecases.matching."""
    db.session.execute(
        update(S)
        .where(staged_in(sync), S.person_id.is_not(None))
        .values(person_id=None, matched_by="")
        .execution_options(**_QUICK)
    )
    match_people(S, staged_in(sync))


def _headers(sync: Sync) -> dict[str, str]:
    """What each fact is called in the file."""
    by_field = {field: header for header, field in sync.mapping.items()}
    facts = {"owner_email": "owner", "last_used_at": "last_used", "created_on": "created"}
    named = {fact: by_field.get(facts.get(fact, fact), fact) for fact in FACTS}
    return {**named, "attributes": "other columns"}


def _logins_again(sync_id: int) -> Select[Any]:
    return (
        select(S.login_key)
        .where(S.sync_id == sync_id)
        .group_by(S.login_key)
        .having(func.count() > 1)
    )


def _repeated_rows(sync_id: int) -> Iterator[AccountRow]:
    """The staged rows of logins that occur more than once, together and in order."""
    again = _logins_again(sync_id).subquery()
    rows = db.session.execute(
        select(*(getattr(S, name) for name in AccountRow._fields))
        .where(S.sync_id == sync_id, S.login_key == again.c.login_key)
        .order_by(S.login_key, S.row)
        .execution_options(yield_per=2_000)
    )
    for row in rows:
        texts = {
            "last_used_at": instant_text(row.last_used_at),
            "created_on": row.created_on and row.created_on.isoformat(),
            "attributes": attributes_text(row.attributes),
        }
        yield AccountRow(**{**row._mapping, **texts})


def _replace_rows(
    sync_id: int, removed: Sequence[int], rows: Sequence[AccountRow], sets: dict[str, Grants]
) -> None:
    """Put the merged rows in the place of those they were made of; drop sets nobody holds."""
    for start in range(0, len(removed), 500):
        some = removed[start : start + 500]
        db.session.execute(
            delete(S).where(S.sync_id == sync_id, S.row.in_(some)).execution_options(**_QUICK)
        )
    columns = ("sync_id", *AccountRow._fields, "matched_by")
    store_rows(S, columns, [(sync_id, *row, "") for row in rows])
    store_grants(sync_id, sets)
    held = select(S.grants_key).where(S.sync_id == sync_id)
    db.session.execute(
        delete(G).where(G.sync_id == sync_id, G.grants_key.not_in(held)).execution_options(**_QUICK)
    )


def _staged_sets(sync_id: int) -> dict[str, Grants]:
    rows = db.session.execute(
        select(G.grants_key, G.kind, G.name)
        .where(G.sync_id == sync_id)
        .order_by(G.grants_key, G.kind, G.name)
    )
    return {
        key: tuple((row.kind, row.name) for row in group)
        for key, group in groupby(rows, key=lambda row: row.grants_key)
    }
