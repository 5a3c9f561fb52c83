"""The floor: a bare script, only `csv` and `sqlite3`, that does the same work on the same rows.

It checks nothing, knows nobody, and records one line where the portal records a chain. What
the portal takes on top of this is the price of everything else it does.
"""

import csv
import sqlite3
from pathlib import Path
from statistics import median

from bench.clock import Samples, best, took

TABLES = """
CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT UNIQUE, name TEXT, number TEXT UNIQUE,
  department TEXT, title TEXT, manager TEXT, status TEXT, site TEXT, manager_id INTEGER);
CREATE INDEX people_manager ON people (manager_id);
CREATE TABLE accounts (id INTEGER PRIMARY KEY, login TEXT UNIQUE, email TEXT, name TEXT,
  status TEXT, roles TEXT, last_used TEXT, created TEXT, kind TEXT, region TEXT, centre TEXT,
  person_id INTEGER);
CREATE TABLE roles (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
CREATE TABLE grants (account_id INTEGER, role_id INTEGER, PRIMARY KEY (account_id, role_id))
  WITHOUT ROWID;
CREATE TABLE items (id INTEGER PRIMARY KEY, account_id INTEGER, person_id INTEGER, label TEXT,
  login TEXT, account_name TEXT, email TEXT, status TEXT, kind TEXT, roles TEXT, number TEXT,
  department TEXT, title TEXT, manager TEXT, person_status TEXT, last_used TEXT, created TEXT,
  region TEXT, centre TEXT, site TEXT, has_access INTEGER, is_privileged INTEGER, is_past INTEGER,
  is_external INTEGER, is_orphan INTEGER, is_inactive INTEGER, verdict TEXT, comment TEXT,
  decided_by TEXT, decided_at TEXT, decision_id INTEGER);
CREATE INDEX items_label ON items (label, id);
CREATE TABLE item_grants (item_id INTEGER, name TEXT, PRIMARY KEY (item_id, name)) WITHOUT ROWID;
CREATE TABLE assignments (item_id INTEGER PRIMARY KEY, person_id INTEGER) WITHOUT ROWID;
CREATE TABLE decisions (id INTEGER PRIMARY KEY, item_id INTEGER, verdict TEXT, was TEXT,
  comment TEXT, decided_by TEXT, decided_at TEXT);
CREATE TABLE removals (item_id INTEGER PRIMARY KEY, state TEXT, found TEXT) WITHOUT ROWID;
CREATE TABLE fresh (login TEXT PRIMARY KEY, status TEXT) WITHOUT ROWID;
CREATE TABLE trail (id INTEGER PRIMARY KEY, at TEXT, line TEXT);
"""
NOW = "2026-11-22 10:00:00"
MANAGERS = """
UPDATE people SET manager_id = m.id FROM people m WHERE m.email = people.manager"""
FREEZE = """
INSERT INTO items SELECT NULL, a.id, a.person_id, coalesce(p.name, a.name, a.login), a.login,
  a.name, coalesce(p.email, a.email), a.status, a.kind, a.roles, p.number, p.department, p.title,
  m.name, p.status, a.last_used, a.created, a.region, a.centre, p.site, a.status = 'active',
  lower(a.roles) LIKE '%admin%', p.status = 'terminated', p.status = 'contractor',
  a.person_id IS NULL, a.last_used < '2026-08-24', 'undecided', '', '', '', NULL
FROM accounts a LEFT JOIN people p ON p.id = a.person_id
  LEFT JOIN people m ON m.email = p.manager ORDER BY 4, 2"""
GRANTS = """
INSERT INTO item_grants SELECT i.id, r.name FROM items i
  JOIN grants g ON g.account_id = i.account_id JOIN roles r ON r.id = g.role_id"""
DECIDE = """
INSERT INTO decisions SELECT NULL, id, ?, verdict, '', 'Olive', ? FROM items
WHERE {} AND verdict <> ? ORDER BY id"""
PUT = """
UPDATE items SET verdict = d.verdict, decided_by = d.decided_by, decided_at = d.decided_at,
  decision_id = d.id FROM decisions d WHERE d.item_id = items.id AND d.id > ?"""
# Seconds of this script for 100,000 on the machine that the limits in seconds were set for.
REFERENCE = {
    "import people": 0.65,
    "import": 0.9,
    "start": 0.8,
    "page": 0.028,
    "bulk": 0.15,
    "csv": 1.2,
    "verify": 0.2,
}
FLAGS = ("has_access", "is_privileged", "is_past", "is_external", "is_orphan", "is_inactive")
EXPORT = f"""
SELECT i.id, 1, 'Q4 2026', 'Salesforce', 'Main', i.login, i.account_name, i.email, i.label,
  i.number, i.department, i.title, i.manager, i.person_status, '', '', i.status, i.kind, '',
  i.roles, {", ".join(f"CASE WHEN {flag} THEN 'yes' ELSE 'no' END" for flag in FLAGS)}, 'no',
  replace(i.last_used, ' ', 'T') || ':00Z', i.created,
  'Cost centre: ' || i.centre || '; Region: ' || i.region || '; Site: ' || coalesce(i.site, ''),
  n.name || ' (owner, level 1)', 1, i.verdict, i.comment, d.decided_by, d.decided_at, 'bulk',
  'a1', d.id, 'no', '', r.state, '', '', '', '', r.found, ''
FROM items i LEFT JOIN decisions d ON d.id = i.decision_id
  LEFT JOIN removals r ON r.item_id = i.id
  JOIN assignments s ON s.item_id = i.id JOIN people n ON n.id = s.person_id ORDER BY i.id"""
VERIFY = """
UPDATE removals SET found = f.status,
  state = CASE WHEN f.login IS NULL THEN 'gone' WHEN f.status = 'active' THEN 'active'
    ELSE 'inactive' END
FROM items i LEFT JOIN fresh f ON f.login = i.login WHERE i.id = removals.item_id"""


def slowness(bare: Samples) -> float:
    """How many times as long this machine took, in the median; 1 where it is the faster one."""
    return max(1.0, median(bare[key] / usual for key, usual in REFERENCE.items()))


def beside(before: Samples, after: Samples, here: Samples) -> Samples:
    """The floor of what was measured between two runs of it, the mean; and for every measure the
    pace of the machine meanwhile ("pace page"): it changes by the minute where others use it."""
    mean = {key: (before[key] + after[key]) / 2 for key in before}
    pace = slowness(mean)
    return {key: mean[key] for key in mean.keys() & here.keys()} | {f"pace {k}": pace for k in here}


def floor(folder: Path) -> Samples:
    """Seconds by measure, for the lists in `folder`."""
    (folder / "floor.db").unlink(missing_ok=True)
    connection = sqlite3.connect(folder / "floor.db")
    connection.executescript(TABLES)
    found = {
        "import people": took(lambda: _import_people(connection, folder / "people.csv")),
        "import": took(lambda: _import_accounts(connection, folder / "accounts.csv")),
        "start": took(lambda: _freeze(connection)),
        "page": best(lambda: _page(connection), 5),
        "bulk": took(lambda: _decide(connection, "department = 'Sales'", "approved")),
        "csv": best(lambda: _export(connection, folder / "floor.csv"), 2),
    }
    _decide(connection, "1", "rejected")
    connection.execute("INSERT INTO removals SELECT id, 'action required', '' FROM items")
    found["fresh list"] = took(lambda: _read_fresh(connection, folder / "removed.csv"))
    found["verify"] = took(lambda: _verify(connection))
    connection.close()
    return found


def _import_people(connection: sqlite3.Connection, path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as file, connection:
        reader = csv.reader(file)
        next(reader)
        marks = ", ".join("?" * 8)
        connection.executemany(f"INSERT INTO people VALUES (NULL, {marks}, NULL)", reader)
        connection.execute(MANAGERS)
        _note(connection, "list applied")


def _import_accounts(connection: sqlite3.Connection, path: Path) -> None:
    people = dict(connection.execute("SELECT email, id FROM people"))
    roles: dict[str, int] = {}
    rows, grants = [], []
    with path.open(encoding="utf-8", newline="") as file, connection:
        reader = csv.reader(file)
        next(reader)
        for n, row in enumerate(reader, 1):
            rows.append((n, *row, people.get(row[1])))
            names = row[4].split("; ")
            grants += [(n, roles.setdefault(name, len(roles) + 1)) for name in names]
        marks = ", ".join("?" * 12)
        connection.executemany(f"INSERT INTO accounts VALUES ({marks})", rows)
        connection.executemany("INSERT INTO roles (name, id) VALUES (?, ?)", roles.items())
        connection.executemany("INSERT INTO grants VALUES (?, ?)", grants)
        _note(connection, "list applied")


def _freeze(connection: sqlite3.Connection) -> None:
    with connection:
        connection.execute(FREEZE)
        connection.execute(GRANTS)
        connection.execute("INSERT INTO assignments SELECT id, 1 FROM items")
        _note(connection, "review started")


def _page(connection: sqlite3.Connection) -> None:
    where = "FROM items WHERE department = 'Sales'"
    connection.execute(f"SELECT count(*), sum(is_privileged) {where}").fetchone()
    connection.execute(f"SELECT * {where} ORDER BY last_used DESC, id LIMIT 51").fetchall()


def _decide(connection: sqlite3.Connection, where: str, verdict: str) -> None:
    with connection:
        last = connection.execute("SELECT coalesce(max(id), 0) FROM decisions").fetchone()[0]
        connection.execute(DECIDE.format(where), (verdict, NOW, verdict))
        connection.execute(PUT, (last,))
        _note(connection, f"view {verdict}")


def _export(connection: sqlite3.Connection, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(connection.execute(EXPORT))


def _read_fresh(connection: sqlite3.Connection, path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as file, connection:
        reader = csv.reader(file)
        next(reader)
        rows = ((row[0], row[3]) for row in reader)
        connection.executemany("INSERT INTO fresh VALUES (?, ?)", rows)


def _verify(connection: sqlite3.Connection) -> None:
    with connection:
        connection.execute(VERIFY)
        _note(connection, "removals verified")


def _note(connection: sqlite3.Connection, line: str) -> None:
    connection.execute("INSERT INTO trail (at, line) VALUES (?, ?)", (NOW, line))
