"""The lists: people, accounts, and the fresh lists that prove removals, as CSV files."""

import csv
import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

SEED = 20261122
TODAY = date(2026, 11, 22)
OWNER = "olive.owens@example.com"
DEPARTMENTS = (
    *("Sales", "Engineering", "Support", "Finance", "Marketing", "Legal", "People", "Operations"),
)
FIRST = ("Ana", "Ben", "Chloé", "Dario", "Elif", "Farah", "Goran", "Hana", "Igor", "Jun", "Kofi")
LAST = ("Abel", "Björk", "Costa", "Dahl", "Eriksen", "Fischer", "García", "Hughes", "Ito", "Jansen")
ROLES = tuple(f"{'Admin' if n % 10 == 0 else 'Role'} {n}" for n in range(1, 61))
PEOPLE = ("Email", "Name", "Employee number", "Department", "Title", "Manager", "Status", "Site")
ACCOUNTS = (
    *("Login", "Email", "Name", "Status", "Roles", "Last used", "Created", "Type"),
    *("Region", "Cost centre"),
)
STILL_ACTIVE = 100  # one account in so many is forgotten when access is removed

Row = Sequence[str]


def write_lists(folder: Path, size: int) -> None:
    """Write people.csv, accounts.csv, removed.csv and rest.csv into `folder`."""
    draw = random.Random(SEED)
    people = list(_people(draw, size))
    accounts = list(_accounts(draw, people))
    _write(folder / "people.csv", PEOPLE, [*people, _owner()])
    _write(folder / "accounts.csv", ACCOUNTS, accounts)
    left = [row for nth, row in enumerate(accounts) if nth % 2 == 0]
    _write(folder / "removed.csv", ACCOUNTS, map(_removed, range(len(left)), left))
    _write(folder / "rest.csv", ACCOUNTS, map(_suspended, left[::STILL_ACTIVE]))


def _people(draw: random.Random, size: int) -> Iterator[Row]:
    for n in range(size):
        name = f"{draw.choice(FIRST)} {draw.choice(LAST)} {draw.randrange(1000):03}"
        email = f"person{n}@example.com"
        manager = f"person{n // 8}@example.com" if n else OWNER
        status = draw.choices(("active", "terminated", "contractor"), (94, 3, 3))[0]
        site = draw.choice(("Berlin", "Lyon", "Oslo", "Porto"))
        department = draw.choice(DEPARTMENTS)
        yield email, name, f"E{n:06}", department, f"{department} specialist", manager, status, site


def _accounts(draw: random.Random, people: Sequence[Row]) -> Iterator[Row]:
    for n, (email, name, *_) in enumerate(people):
        kind = "service" if n % 50 == 0 else "human"
        known = n % 40 != 7  # the others are orphans
        roles = draw.sample(ROLES, draw.choice((1, 2, 2, 3, 4)))
        used = TODAY - timedelta(days=draw.randrange(400))
        created = used - timedelta(days=draw.randrange(1500))
        yield (
            f"user{n}@example.org",
            email if known and kind == "human" else "",
            name if known else f"Unknown {n}",
            *("active", "; ".join(roles), f"{used} 09:30", str(created), kind),
            *(draw.choice(("EMEA", "AMER", "APAC")), f"CC-{draw.randrange(300):03}"),
        )


def _owner() -> Row:
    return OWNER, "Olive Owens", "E999999", "Sales", "Head of Sales", "", "active", "Oslo"


def _removed(nth: int, row: Row) -> Row:
    return row if nth % STILL_ACTIVE == 0 else _suspended(row)


def _suspended(row: Row) -> Row:
    return *row[:3], "suspended", *row[4:]


def _write(path: Path, header: Row, rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
