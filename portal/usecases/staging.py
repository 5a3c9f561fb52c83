"""Reading an upload: open it, recognise its columns, and stage its rows, batch by batch.

A batch is a small transaction, so that its progress is seen and nobody waits for the whole.
Each one proves that this reader still holds the sync: whoever was presumed dead and took up
again finds the sync in other hands, and stops. Nothing staged has any effect until it is applied.
"""

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, BinaryIO

from sqlalchemy import delete, exists, or_, select, update

from policies.account_rows import AccountReader, AccountRow
from policies.columns import ACCOUNTS, check_mapping, fits, overruled, propose, recognised
from policies.errors import IllegalMove, Stale
from policies.lifecycle import SYNC, SyncState
from policies.lists import FirstWalk, Plan, Problem
from policies.people_rows import PeopleReader, PersonRow
from policies.values import status_reader
from portal import clock
from portal.config import current_config
from portal.connectors.tables import Format, Limits, Table, open_table
from portal.connectors.unreadable import Unreadable
from portal.db import db
from portal.models import StagedAccount, StagedGrant, StagedPerson, Sync, SyncProblem
from portal.queries.settings import setting
from portal.usecases.bulk import store_rows
from portal.usecases.unit import bookkeeping, in_bulk

BATCH = 5_000
MOST_PROBLEMS = 100_000  # kept one by one; the rest are counted
_LEASE = timedelta(seconds=15)
_BEAT = 5.0  # seconds between two signs of life while nothing is stored yet
_PER_MB = timedelta(seconds=1)

Progress = Callable[[int, int], object]  # rows read so far, rows in all


@dataclass(frozen=True)
class Claim:
    """A sync in the hands of this reader. `since` tells it from an earlier reader."""

    sync_id: int
    since: datetime
    noun: str


@dataclass
class Found:
    """What reading came to: columns to be confirmed, or rows staged, or problems."""

    needs_mapping: bool = False
    rows: int = 0
    problems: int = 0


@bookkeeping
def claim_sync(sync: Sync) -> Claim | None:
    """Take the sync to read it, and clear what an earlier reader left; None if it is taken."""
    try:
        state = SYNC.after(sync.state, "read")
    except IllegalMove:
        return None
    now = clock.now()
    if sync.state is SyncState.READING and sync.leased_until and sync.leased_until > now:
        return None
    taken = db.session.execute(
        update(Sync)
        .where(Sync.id == sync.id, Sync.state == sync.state, Sync.attempts == sync.attempts)
        .values(
            state=state,
            attempts=Sync.attempts + 1,
            started_at=now,
            leased_until=now + _LEASE + _PER_MB * (sync.size // 1_000_000),
            rows_read=0,
            problems=0,
            error="",
        )
        .execution_options(synchronize_session=False)
    )
    if not taken.rowcount:  # type: ignore[attr-defined]  # an UPDATE has one
        return None
    db.session.refresh(sync)
    clear_staged(sync.id)
    db.session.execute(delete(SyncProblem).where(SyncProblem.sync_id == sync.id))
    return Claim(sync.id, now, sync.noun)


def clear_staged(sync_id: int) -> None:
    """Delete what is staged for a sync, inside the running use-case."""
    for model in (StagedAccount, StagedGrant, StagedPerson):
        clearing = delete(model).execution_options(synchronize_session=False)
        others = exists().where(or_(model.sync_id < sync_id, model.sync_id > sync_id))
        if db.session.scalar(select(others)):  # else the table is emptied at one stroke
            clearing = clearing.where(model.sync_id == sync_id)
        db.session.execute(clearing)


@bookkeeping
def note_attempt(sync: Sync, error: str) -> None:
    """Remember what went wrong while applying; the start of it was counted already."""
    sync.error = error


@bookkeeping
def hold_claim(claim: Claim, **values: Any) -> None:
    """Give a sign of life and note progress. Raises Stale where the sync is in other hands."""
    values.setdefault("leased_until", clock.now() + _LEASE)
    held = db.session.execute(
        update(Sync)
        .where(
            Sync.id == claim.sync_id,
            Sync.started_at == claim.since,
            Sync.state == SyncState.READING,
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if not held.rowcount:  # type: ignore[attr-defined]  # an UPDATE has one
        raise Stale("Another reader has taken this import over.")


def read_list(claim: Claim, file: BinaryIO, progress: Progress | None = None) -> Found:
    """Read the file of a claimed sync and stage its rows.

    Raises Unreadable or Invalid, with a sentence, where the file as a whole cannot be taken.
    """
    sync = db.session.get_one(Sync, claim.sync_id)
    options, given, remembered = dict(sync.options), dict(sync.mapping), dict(sync.source.mapping)
    trusting = sync.apply_when_read or options.get("trusting")
    table = open_table(file, _wanted(options), _limits(), lambda c: recognised(c, claim.noun))
    proposal = {**propose(table.header, claim.noun), **_known(remembered, table.header)}
    mapping = overruled(proposal, given, claim.noun)
    plan = _plan(table, mapping, options)
    with _without_collector():
        rows = _look(claim, table, plan)
    found = {**asdict(table.format), "rows": rows, "separators": plan.separators}
    hold_claim(
        claim, columns=_columns(table, proposal), mapping=given, options={**options, "found": found}
    )
    if not given and not trusting and not fits(remembered, table.header):
        return Found(needs_mapping=True)
    check_mapping(mapping, table.header, claim.noun)
    hold_claim(claim, mapping=mapping)
    with _without_collector():
        return _stage(claim, table, plan, rows, progress)


def _wanted(options: dict[str, Any]) -> Format:
    keys = ("encoding", "delimiter", "sheet", "header_row")
    return Format(**{key: options[key] for key in keys if options.get(key) not in (None, "")})


def _limits() -> Limits:
    config = current_config()
    return Limits(config.max_upload_rows, config.max_inflated_mb * 1_000_000)


def _known(remembered: dict[str, str], header: Sequence[str]) -> dict[str, str]:
    return {name: field for name, field in remembered.items() if name in header}


def _plan(table: Table, mapping: dict[str, str], options: dict[str, Any]) -> Plan:
    return Plan(
        table.header,
        mapping,
        serials=table.format.kind == "xlsx",
        order=options.get("dates", ""),
        separator=options.get("separator", ""),
    )


def _look(claim: Claim, table: Table, plan: Plan) -> int:
    """Walk the whole list once. Returns how many rows it has."""
    walk, heard = FirstWalk(plan), time.monotonic()
    for batch in _batches(table):
        walk.look([cells for _, cells in batch])
        if time.monotonic() - heard > _BEAT:
            hold_claim(claim)
            heard = time.monotonic()
    walk.settle()
    if not walk.rows and not table.broken:
        raise Unreadable("The list has a header but no rows. An empty list cannot be imported.")
    return walk.rows


def _batches(table: Table) -> Iterator[list[tuple[int, list[str]]]]:
    rows = table.rows()
    while batch := list(islice(rows, BATCH)):
        yield batch


def _columns(table: Table, proposal: dict[str, str]) -> list[dict[str, Any]]:
    """Every column with up to three different values from its first rows."""
    top = [cells for _, cells in islice(table.rows(), 200)]
    columns = []
    for index, name in enumerate(table.header):
        cells = (cells[index].strip()[:80] for cells in top if len(cells) > index)
        samples = list(dict.fromkeys(filter(None, cells)))[:3]
        columns.append({"name": name, "samples": samples, "field": proposal[name]})
    return columns


@contextmanager
def _without_collector() -> Iterator[None]:
    """Rows come and go by the million and hold no cycles: looking for these costs a third."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _stage(claim: Claim, table: Table, plan: Plan, rows: int, progress: Progress | None) -> Found:
    reader = _reader(claim.noun, plan)
    found = Found()
    for batch in _batches(table):
        numbers, cells = zip(*batch, strict=True)
        made = reader.read(numbers, cells)
        found.rows += len(batch)
        found.problems += len(reader.problems)
        _keep(claim, reader, made if not found.problems else [], found)
        if progress:
            progress(found.rows, rows)
    broken = [Problem(number, "", "", said) for number, said in table.broken]
    found.problems += len(broken)
    _keep_problems(claim, broken, found.problems)
    return found


def _reader(noun: str, plan: Plan) -> AccountReader | PeopleReader:
    if noun != ACCOUNTS:
        return PeopleReader(plan, clock.today())
    words = status_reader(setting("access_words"), setting("no_access_words"))
    return AccountReader(plan, words)


@bookkeeping
@in_bulk
def _keep(
    claim: Claim,
    reader: AccountReader | PeopleReader,
    rows: Sequence[AccountRow] | Sequence[PersonRow],
    found: Found,
) -> None:
    """Store one batch and its progress; rows only as long as the list has no problem."""
    hold_claim(claim, rows_read=found.rows, problems=found.problems)
    if isinstance(reader, AccountReader):
        columns = ("sync_id", *AccountRow._fields, "matched_by")
        store_rows(StagedAccount, columns, [(claim.sync_id, *row, "") for row in rows])
        store_grants(claim.sync_id, reader.new_sets)
    else:
        store_rows(
            StagedPerson, ("sync_id", *PersonRow._fields), [(claim.sync_id, *row) for row in rows]
        )
    add_problems(claim.sync_id, reader.problems, found.problems)
    reader.problems.clear()


def store_grants(sync_id: int, sets: dict[str, tuple[tuple[str, str], ...]]) -> None:
    """Add sets of grants by their key, inside the running use-case."""
    rows = [(sync_id, key, *grant) for key, grants in sets.items() for grant in grants]
    store_rows(StagedGrant, ("sync_id", "grants_key", "kind", "name"), rows)


@bookkeeping
def _keep_problems(claim: Claim, problems: Sequence[Problem], total: int) -> None:
    hold_claim(claim, problems=total)
    add_problems(claim.sync_id, problems, total)


def add_problems(sync_id: int, problems: Sequence[Problem], total: int) -> None:
    """Store problems, inside the running use-case. Beyond MOST_PROBLEMS they are only counted."""
    room = max(0, MOST_PROBLEMS - (total - len(problems)))
    columns = ("sync_id", *Problem._fields)
    rows = [(sync_id, *problem._replace(is_fatal=bool(problem.is_fatal))) for problem in problems]
    store_rows(SyncProblem, columns, rows[:room])
