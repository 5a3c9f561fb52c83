"""Loading the demo: the whole company, day by day."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from portal import clock
from portal.db import CHECKPOINT, db
from portal.demo.accounts import World
from portal.demo.campaigns import run_campaigns
from portal.demo.company import BEFORE, BEGAN, FRESH, RECENT, STALE, keep_listing, settle_in
from portal.demo.days import Diary
from portal.demo.doors import open_doors
from portal.demo.everyday import FOUND, INTERNAL, OTHERS
from portal.demo.grants import explain_grants
from portal.demo.loose_ends import leave_loose_ends
from portal.demo.office import Office
from portal.demo.staff import staff

DAYS = BEGAN + 2  # its first one falls on a working day


def load_company() -> Iterator[int]:
    """Live through the company's last fourteen months, giving the days gone by so far.

    The database must hold no people yet.
    """
    today, diary = clock.today(), Diary()
    office = Office(World(staff(today), today), diary)
    settle_in(office, today)
    open_doors(office, today)
    explain_grants(office, today)
    run_campaigns(office, today)
    keep_listing(office, today, BEFORE, {*(each.name for each in INTERNAL), "Expensify"})
    keep_listing(office, today, RECENT, {each.name for each in (*OTHERS, *FOUND)})
    keep_listing(office, today, STALE, {"Altium 365"})
    keep_listing(office, today, FRESH, {"Arena", "Datadog"})
    leave_loose_ends(office, today)
    with _collecting_seldom(), _writing_lightly():
        for moment in diary.live():
            office.post()
            yield DAYS - (today - moment.date()).days


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Thousands of short transactions leave few cycles: looking for them costs a sixth."""
    usual = gc.get_threshold()
    gc.set_threshold(100_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


@contextmanager
def _writing_lightly() -> Iterator[None]:
    """SQLite need not tidy its log after every few steps; once, at the end, is enough."""
    _tell_sqlite("wal_autocheckpoint=0")
    try:
        yield
    finally:
        db.session.remove()
        _tell_sqlite("wal_checkpoint(TRUNCATE)", f"wal_autocheckpoint={CHECKPOINT}")


def _tell_sqlite(*pragmas: str) -> None:
    """To the one connection that this process uses over and over."""
    if db.engine.dialect.name != "sqlite":
        return
    connection = db.engine.raw_connection()
    try:
        for pragma in pragmas:
            connection.cursor().execute(f"PRAGMA {pragma}")
    finally:
        connection.close()
