"""Who holds what few of their peers hold: the counting behind policies.peers.

Everybody's department and title is read once, and what they hold twice, as streams: in the first
it is counted by circle, in the second whoever holds something rare is found.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from policies.peers import Circle, few_in_words, is_rare
from portal.db import db
from portal.models import Account, Entitlement, Grant, Person
from portal.models.account import AccountKind
from portal.queries.rows import plain_rows
from portal.queries.settings import setting


def few_peers(application_id: int) -> list[tuple[int, str]]:
    """The accounts of an application that hold something rare, and that in words."""
    found: dict[int, list[tuple[str, int]]] = defaultdict(list)
    circles: dict[int, Circle] = {}
    for account, _, name, n, circle in _rare(application_id):
        found[account].append((name, n))
        circles[account] = circle
    return [(key, few_in_words(named, circles[key])) for key, named in found.items()]


def few_peers_by_grant(application_id: int) -> list[tuple[int, int, str]]:
    """The same grant by grant: account, entitlement, and how few hold it."""
    return [
        (account, held, few_in_words([(name, n)], circle))
        for account, held, name, n, circle in _rare(application_id)
    ]


def _rare(application_id: int) -> Iterator[tuple[int, int, str, int, Circle]]:
    """Account, entitlement, its name, how many of the circle hold it, and the circle."""
    percent = setting("few_peers_percent")
    if not percent:
        return
    circle_of, circles = _circles(application_id)
    circle = circle_of.get
    counts = Counter((circle(account), held) for account, held in _held(application_id))
    rare = {
        key: n
        for key, n in counts.items()
        if key[0] is not None and is_rare(n, circles[key[0]], percent)
    }
    if not rare:
        return
    names = _names({entitlement for _, entitlement in rare})
    for account, held in _held(application_id):
        if n := rare.get((circle(account), held)):
            yield account, held, names[held], n, circles[circle_of[account]]


def _circles(application_id: int) -> tuple[dict[int, int], list[Circle]]:
    """The number of each account's circle, and the circles by their numbers."""
    numbers: dict[tuple[int, str, str], int] = {}
    of: dict[int, int] = {}
    columns = (Account.id, Account.instance_id, Person.department, Person.title)
    query = select(*columns).join(Person, Person.id == Account.person_id)
    for account, *key in plain_rows(query.where(*_present(application_id))):
        of[account] = numbers.setdefault((*key,), len(numbers))
    sizes = Counter(of.values())
    return of, [Circle(d, t, sizes[n]) for (_, d, t), n in numbers.items()]


def _held(application_id: int) -> Iterator[tuple[int, ...]]:
    """Each account of somebody, with one thing it holds."""
    query = select(Grant.account_id, Grant.entitlement_id)
    query = query.join(Account, Account.id == Grant.account_id)
    return plain_rows(query.where(*_present(application_id)))


def _present(application_id: int) -> tuple[Any, ...]:
    return (
        Account.application_id == application_id,
        Account.gone_at.is_(None),
        Account.kind == AccountKind.HUMAN,
        Account.person_id.is_not(None),
    )


def _names(ids: set[int]) -> dict[int, str]:
    query = select(Entitlement.id, Entitlement.name).where(Entitlement.id.in_(ids))
    return dict(db.session.execute(query).all())
