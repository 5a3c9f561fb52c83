"""Rows of an account list: from cells to what is staged, and rows of one login made one."""

from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from typing import NamedTuple

from policies.columns import GRANT_KINDS, normalised
from policies.lists import Columns, Plan, Problem
from policies.values import Bad, read_email, read_flag, read_kind, read_names

Grants = tuple[tuple[str, str], ...]  # (kind, name), sorted

FLAG_HEADERS = frozenset({"active", "is active", "enabled", "is enabled", "rolcanlogin"})


class AccountRow(NamedTuple):
    """One row as it is staged. Moments and dates as text; see policies.lists."""

    row: int
    login: str
    login_key: str
    email: str
    name: str
    employee_number: str
    status: str
    kind: str
    owner_email: str
    last_used_at: str | None
    created_on: str | None
    attributes: str
    roles: str
    grants_key: str
    content_hash: str


FACTS = (
    "email",
    "name",
    "employee_number",
    "status",
    "kind",
    "owner_email",
    "last_used_at",
    "created_on",
    "attributes",
)


class AccountReader:
    """Reads batches of cells. `new_sets` holds the sets of grants first met in the last batch."""

    def __init__(self, plan: Plan, read_status: Callable[[str], str | Bad]) -> None:
        self.columns = Columns(plan)
        self.new_sets: dict[str, Grants] = {}
        self._plan = plan
        self._status = read_flag if _answers_yes_or_no(plan) else read_status
        self._seen: set[str] = set()
        self._sets: dict[tuple[str, ...], tuple[str, str]] = {}
        self._login = "login" if plan.places("login") else "email"

    @property
    def problems(self) -> list[Problem]:
        return self.columns.problems

    def read(self, numbers: Sequence[int], rows: Sequence[Sequence[str]]) -> list[AccountRow]:
        """The valid rows of the next batch; what is wrong with the others is in `problems`."""
        columns = self.columns
        self.new_sets = {}
        columns.turn(numbers, rows)
        logins = columns.text(self._login)
        facts = zip(
            columns.each("email", read_email),
            columns.names(),
            columns.text("employee_number"),
            columns.repeated("status", self._status),
            columns.repeated("kind", read_kind),
            columns.text("owner"),
            columns.instants("last_used"),
            columns.dates("created"),
            columns.attributes(),
            strict=True,
        )
        if not all(logins):
            self._without_login(logins)
        made = list(map(_row, columns.numbers, logins, facts, self._grants()))
        if columns.has_bad:
            return [row for nth, row in enumerate(made) if not columns.is_bad(nth)]
        return made

    def _without_login(self, logins: Sequence[str]) -> None:
        places = self._plan.places(self._login)
        for nth, login in enumerate(logins):
            if not login:
                self.columns.missing(nth, places[0][1], "a login; this row has none")

    def _grants(self) -> list[tuple[str, str]]:
        """For every row: its roles in one line, and the key of its set of grants."""
        columns = self.columns.many(*GRANT_KINDS)
        if not columns:
            return [("", "")] * len(self.columns.numbers)
        kinds = [(kind, self._plan.separators.get(header, "")) for kind, header, _ in columns]
        return [
            self._sets.get(cells) or self._new_set(kinds, cells)
            for cells in zip(*(cells for _, _, cells in columns), strict=True)
        ]

    def _new_set(self, kinds: Sequence[tuple[str, str]], cells: tuple[str, ...]) -> tuple[str, str]:
        names = [
            (kind, name)
            for (kind, separator), cell in zip(kinds, cells, strict=True)
            for name in read_names(cell, separator)
        ]
        grants = tuple(sorted(set(names)))
        found = roles_text(grants), grants_key(grants)
        if found[1] and found[1] not in self._seen:
            self._seen.add(found[1])
            self.new_sets[found[1]] = grants
        if len(self._sets) > 50_000:
            self._sets.clear()
        self._sets[cells] = found
        return found


class Merged(NamedTuple):
    """Several rows of one login: the one that stays, and what is wrong or left out."""

    row: AccountRow
    grants: Grants
    problems: list[Problem]


def merge_rows(
    rows: Sequence[AccountRow], grants: Sequence[Grants], names: dict[str, str]
) -> Merged:
    """Make one of the rows of one login. They may differ in their grants, or leave facts empty.

    `names` gives the header of each fact. Contradictions are problems; a row that adds nothing
    is skipped, which is a problem that is not fatal.
    """
    first, problems = rows[0], []
    together = set(grants[0])
    seen = {(first[2:-1])}
    for row, held in zip(rows[1:], grants[1:], strict=True):
        if row[2:-1] in seen:
            problems.append(_repeats(row, first))
        seen.add(row[2:-1])
        for fact in FACTS:
            one, other = getattr(first, fact), getattr(row, fact)
            if one == other or (not other and fact not in {"status", "kind"}):
                continue
            if not one and fact not in {"status", "kind", "attributes"}:
                first = first._replace(**{fact: other})
                continue
            problems.append(_contradicts(row, first, names.get(fact, fact), one, other))
        together.update(held)
    united = tuple(sorted(together))
    merged = first._replace(roles=roles_text(united), grants_key=grants_key(united))
    return Merged(merged._replace(content_hash=content_hash(merged)), united, problems)


def roles_text(grants: Iterable[tuple[str, str]]) -> str:
    """The names of grants in one line."""
    return ", ".join(dict.fromkeys(name for _, name in grants))


def grants_key(grants: Grants) -> str:
    """A digest of the set; empty for the empty set."""
    if not grants:
        return ""
    text = "\x1e".join("\x1f".join(grant) for grant in grants)
    return blake2b(text.encode(), digest_size=16).hexdigest()


def content_hash(row: AccountRow) -> str:
    """A digest of everything a list says of one account but its place in the list."""
    facts = [row.login, *(getattr(row, fact) or "" for fact in FACTS), row.grants_key]
    return blake2b("\x1f".join(facts).encode(), digest_size=16).hexdigest()


def _row(
    number: int, login: str, facts: tuple[str | None, ...], grants: tuple[str, str]
) -> AccountRow:
    text = "\x1f".join([login, *[fact or "" for fact in facts], grants[1]])
    digest = blake2b(text.encode(), digest_size=16).hexdigest()
    return AccountRow._make((number, login, login.lower(), *facts, *grants, digest))


def _answers_yes_or_no(plan: Plan) -> bool:
    return any(normalised(header) in FLAG_HEADERS for _, header, _ in plan.places("status"))


def _repeats(row: AccountRow, first: AccountRow) -> Problem:
    said = f"nothing: it repeats row {first.row}, and was left out"
    return Problem(row.row, "", row.login, said, is_fatal=False)


def _contradicts(
    row: AccountRow, first: AccountRow, column: str, one: str | None, other: str | None
) -> Problem:
    said = f"“{one or 'nothing'}”, as row {first.row} says of the same login “{first.login}”"
    return Problem(row.row, column, other or "", said)
