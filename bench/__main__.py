"""`make bench`: the table of docs/operators/speed.md, for 10,000 and 100,000 accounts.

Each phase runs in a process of its own, so that its peak of memory is its own. SQLite, or the
PostgreSQL that DATABASE_URL names, in a database made for this and dropped at the end.
"""

import argparse
import os
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from bench import visits, work
from bench.clock import Samples
from bench.floor import beside, floor
from bench.lists import write_lists
from bench.stage import a_place
from bench.table import details, table

PHASES = (
    *(work.import_people, work.import_accounts, work.launch),
    *(visits.review, work.verify, visits.submit, work.report),
)
A = TypeVar("A")


def main() -> None:
    """Measure, and print what came out."""
    asked = _asked()
    runs = {size: _best_of(size, asked.runs) for size in asked.sizes}
    print(table(runs, _database()))
    if asked.details:
        print(details(runs))


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=[10_000, 100_000])
    parser.add_argument("--runs", type=int, default=1, help="the best of so many runs")
    parser.add_argument("--details", action="store_true", help="every page on a line of its own")
    return parser.parse_args()


def _best_of(size: int, times: int) -> tuple[Samples, Samples]:
    """On a machine that others use as well, the best of several runs is nearest to the truth."""
    found, bare = zip(*(_measure(size) for _ in range(times)), strict=True)
    return _least(found), _least(bare)


def _least(runs: Sequence[Samples]) -> Samples:
    return {key: min(run[key] for run in runs) for key in runs[0]}


def _measure(size: int) -> tuple[Samples, Samples]:
    """What the portal took, and what the bare script did."""
    server = os.environ.get("DATABASE_URL", "")
    with tempfile.TemporaryDirectory(prefix="countersign-bench-") as name:
        folder = Path(name)
        _tell(f"{size:,} accounts: writing the lists")
        write_lists(folder, size)
        before = _alone(floor, folder)
        found, bare = Samples(), Samples()
        with a_place(folder, server if server.startswith("postgres") else "") as place:
            for phase in PHASES:
                _tell(f"{size:,} accounts: {phase.__name__.replace('_', ' ')}")
                here = _alone(phase, place)
                after = _alone(floor, folder)
                found |= here
                bare |= beside(before, after, here)
                before = after
    _tell("")
    return found, bare


def _alone(phase: Callable[[A], Samples], subject: A) -> Samples:
    """Run it in a fresh process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(phase, subject).result()


def _database() -> str:
    return "PostgreSQL" if os.environ.get("DATABASE_URL", "").startswith("postgres") else "SQLite"


def _tell(text: str) -> None:
    print(f"\r\x1b[K{text}", end="", flush=True)


if __name__ == "__main__":
    main()
