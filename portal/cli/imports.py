"""`import`: people and accounts from a file, by the same use-cases as the console."""

import csv
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import click
from flask.cli import AppGroup

from policies.errors import Invalid, Refusal
from policies.lifecycle import SyncState
from policies.permissions import OPERATOR
from portal.db import db
from portal.models import Source, Sync
from portal.queries.syncs import PROBLEM_ORDER, loses_much, problems_of
from portal.usecases.sources import accounts_source, people_source, place_for_list
from portal.usecases.syncs import (
    apply_sync,
    confirm_sync,
    discard_sync,
    stage_sync,
    tidy_staged,
    upload_list,
)

F = TypeVar("F", bound=Callable[..., object])
SHOWN = 20  # problems printed; all of them go to --problems
REFUSED = 1

imports = AppGroup("import", help="Import people or accounts from a CSV or XLSX file.")


def _shared(command: F) -> F:
    """The argument and options that both commands take."""
    for option in (
        click.argument("file", type=click.File("rb")),
        click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing."),
        click.option(
            "--partial", is_flag=True, help="The list is not complete: absence means nothing."
        ),
        click.option(
            "--accept-gone", is_flag=True, help="Apply even if more than 30 % would be gone."
        ),
        click.option(
            "--map",
            "pairs",
            multiple=True,
            metavar="COLUMN=FIELD",
            help="What a column means; can be repeated.",
        ),
        click.option(
            "--encoding", default="", help="The encoding, where it is not found out right."
        ),
        click.option(
            "--problems",
            type=click.Path(dir_okay=False, path_type=Path),
            help="Write all problems to this CSV file.",
        ),
    ):
        command = option(command)
    return command


@imports.command("people")
@_shared
def people(**said: Any) -> None:
    """Import the people in FILE. Exit status 0: applied; 1: refused, nothing changed; 2: usage."""
    _run(lambda: people_source(by=OPERATOR), **said)


@imports.command("accounts")
@_shared
@click.option("--application", required=True, help="The application's name.")
@click.option("--instance", default="", help="Its instance, where it has several.")
@click.option("--create", is_flag=True, help="Add the application or instance if it is missing.")
def accounts(application: str, instance: str, create: bool, **said: Any) -> None:
    """Import the accounts in FILE. Exit status as for people."""

    def source() -> Source:
        place = place_for_list(application, instance, create=create, by=OPERATOR)
        return accounts_source(place, by=OPERATOR)

    create = create and not said["dry_run"]
    _run(source, **said)


def _run(  # noqa: PLR0913  the options of the command line, by name
    source: Callable[[], Source],
    *,
    file: BinaryIO,
    pairs: tuple[str, ...],
    encoding: str,
    partial: bool,
    dry_run: bool,
    accept_gone: bool,
    problems: Path | None,
) -> None:
    mapping = dict(map(_pair, pairs))
    try:
        sync = _read(source(), file, mapping, encoding, is_complete=not partial)
        if sync.state is not SyncState.PREVIEW:
            _say_refused(sync, problems)
            sys.exit(REFUSED)
        _say_counts(sync, "would be")
        if dry_run:
            discard_sync(sync, by=OPERATOR)
            click.echo("Dry run: nothing was changed.")
            return
        _apply(sync, accept_gone=accept_gone)
    except Refusal as refusal:
        click.echo(str(refusal), err=True)
        sys.exit(REFUSED)
    click.echo(f"Applied. Import {sync.id}, SHA-256 {sync.sha256}.")


def _pair(text: str) -> tuple[str, str]:
    column, sign, field = text.rpartition("=")
    if not sign or not column:
        raise click.BadParameter(f"“{text}” is not COLUMN=FIELD.", param_hint="--map")
    return column, field


def _read(
    source: Source, file: BinaryIO, mapping: dict[str, str], encoding: str, *, is_complete: bool
) -> Sync:
    """Upload and read the list here, or follow a worker that was faster."""
    sync = upload_list(
        source,
        getattr(file, "name", "list"),
        file,
        is_complete=is_complete,
        mapping=mapping,
        options={"trusting": True} | ({"encoding": encoding} if encoding else {}),
        by=OPERATOR,
    )
    with click.progressbar(length=1, label="Reading", file=sys.stderr) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos)

        stage_sync(sync, by=OPERATOR, progress=progress)
    _await(sync, SyncState.QUEUED, SyncState.READING)
    return sync


def _apply(sync: Sync, *, accept_gone: bool) -> None:
    if loses_much(sync) and not accept_gone:
        discard_sync(sync, by=OPERATOR)
        raise Invalid(
            f"{sync.gone:,} would be gone, more than 30 % of what is there. Nothing was changed. "
            "If the list is complete, say so with --accept-gone; else use --partial."
        )
    confirm_sync(sync, by=OPERATOR, accept_gone=accept_gone)
    apply_sync(sync, by=OPERATOR)
    _await(sync, SyncState.APPLYING)
    if sync.state is not SyncState.APPLIED:
        raise Invalid(sync.error or "The list was refused while it was applied.")
    tidy_staged(sync)


def _await(sync: Sync, *states: SyncState) -> None:
    """Wait until the sync has left these states (a worker may be at it)."""
    while True:
        db.session.rollback()
        db.session.refresh(sync)
        if sync.state not in states:
            return
        time.sleep(0.2)


def _say_counts(sync: Sync, verb: str) -> None:
    skipped = f" ({sync.rows_skipped:,} left out)" if sync.rows_skipped else ""
    click.echo(f"{sync.rows_read:,} rows read{skipped}.")
    for name in ("new", "changed", "gone"):
        click.echo(f"{getattr(sync, name):>10,} {verb} {name}")
    click.echo(f"{sync.unchanged:>10,} unchanged")
    if sync.source.instance_id:
        click.echo(f"{sync.unmatched:>10,} match no person")


def _say_refused(sync: Sync, path: Path | None) -> None:
    click.echo(sync.error or f"{sync.problems:,} problems. Nothing was changed.", err=True)
    if sync.error:
        return
    for row, column, value, expected in _problems(sync, SHOWN):
        click.echo(f"row {row}, {column or 'row'}: “{value}”; expected {expected}", err=True)
    if sync.problems > SHOWN:
        click.echo("... --problems FILE writes all of them.", err=True)
    if path:
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("Row", "Column", "Value", "Expected"), *_problems(sync)])


def _problems(sync: Sync, most: int | None = None) -> Iterator[tuple[int, str, str, str]]:
    query = problems_of(sync, fatal=True).order_by(*PROBLEM_ORDER.terms).limit(most)
    for problem in db.session.scalars(query.execution_options(yield_per=1000)):
        yield problem.row, problem.column, problem.value, problem.expected
