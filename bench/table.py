"""The table: what was measured, beside the floor and the limit."""

import os
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from bench.clock import Samples

Runs = Mapping[int, tuple[Samples, Samples]]  # the portal's and the floor's, by size
JUDGED = 100_000  # the limits are for this size


class Measure(NamedTuple):
    """A line of the table. Limits: seconds (or MB), and how many times the floor."""

    key: str
    name: str
    most: float | None = None
    ratio: float | None = None

    @property
    def is_memory(self) -> bool:
        return self.key.startswith("memory")


MEASURES = (
    Measure("import people", "Import the people", None, 6),
    Measure("import", "Import the accounts", 5.5, 6),
    Measure("launch", "Launch the campaign"),
    Measure("start", "Check and freeze the list"),
    Measure("launch + start", "Launch and freeze", 3),
    Measure("first", "Page, filter never used before", 0.06),
    Measure("page", "Page, any filter, order, depth", 0.06),
    Measure("part", "The same, table alone (htmx)", 0.06),
    Measure("confirm", "Confirm all in view"),
    Measure("bulk", "Decide all in view (12 %)", 0.8),
    Measure("one", "Decide one"),
    Measure("undo", "Undo all in view (12 %)", 0.8),
    Measure("bulk all", "Decide all (100 %)"),
    Measure("csv first byte", "CSV, first byte", 0.3),
    Measure("csv", "CSV, whole", None, 2.5),
    Measure("sign off", "Sign off"),
    Measure("fresh list", "Upload and apply a fresh list"),
    Measure("verify", "Verify every account on it", 3),
    Measure("report", "2 PDFs and the ZIP"),
    Measure("memory web", "Memory, web", 250),
    Measure("memory web, four at once", "Memory, web, four at once", 250),
    Measure("memory import", "Memory, worker, import", 250),
    Measure("memory launch", "Memory, worker, launch", 250),
    Measure("memory verify", "Memory, worker, verify", 250),
    Measure("memory report", "Memory, worker, reports", 250),
)


def table(runs: Runs, database: str) -> str:
    """Every measure on a line, and whether it is within its limit."""
    sizes = sorted(runs)
    head = ["", *(f"{size:,}" for size in sizes), "floor", "ratio", "pace", "limit", ""]
    rows = [_row(measure, runs, sizes) for measure in MEASURES]
    load = "load {:.1f} {:.1f} {:.1f}".format(*os.getloadavg())
    title = f"{database}, {os.cpu_count()} processors, {load}"
    return "\n".join(["", title, "", *_aligned([head, *rows]), "", *_legend(sizes)])


def details(runs: Runs) -> str:
    """Everything that was measured, one a line."""
    rows = [
        [
            key,
            *(_written(runs[size][0].get(key), is_memory="memory" in key) for size in sorted(runs)),
        ]
        for key in runs[max(runs)][0]
    ]
    return "\n".join(["", *_aligned(rows)])


def _row(measure: Measure, runs: Runs, sizes: list[int]) -> list[str]:
    found, bare = runs[sizes[-1]]
    value, bottom = _value(measure.key, found), bare.get(measure.key)
    ratio = value / bottom if value and bottom else None
    pace = bare[f"pace {measure.key.partition(' + ')[2] or measure.key}"]
    return [
        measure.name,
        *(_written(_value(measure.key, runs[size][0]), measure.is_memory) for size in sizes),
        _written(bottom) if bottom else "",
        f"{ratio:.1f} x" if ratio else "",
        f"{pace:.1f} x" if measure.most and not measure.is_memory else "",
        _limit(measure),
        _verdict(measure, value, ratio, pace) if sizes[-1] == JUDGED else "",
    ]


def _value(key: str, found: Samples) -> float:
    return sum(found[part] for part in key.split(" + "))


def _limit(measure: Measure) -> str:
    most = _written(measure.most, measure.is_memory) if measure.most else ""
    ratio = f"{measure.ratio:g} x" if measure.ratio else ""
    return ", ".join(filter(None, (ratio, most)))


def _verdict(measure: Measure, value: float, ratio: float | None, times: float) -> str:
    if not measure.most and not measure.ratio:
        return ""
    allowed = 1.0 if measure.is_memory else times
    within = measure.most is None or value <= measure.most * allowed
    beside = measure.ratio is None or ratio is None or ratio <= measure.ratio
    return "within" if within and beside else "OVER"


def _written(value: float | None, is_memory: bool = False) -> str:
    if value is None:
        return ""
    if is_memory:
        return f"{value:.0f} MB"
    return f"{value:.2f} s" if value >= 0.3 else f"{value * 1000:.0f} ms"


def _aligned(rows: list[list[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *rest in rows:
        cells = [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
        yield "  ".join([first.ljust(widths[0]), *cells]).rstrip()


def _legend(sizes: list[int]) -> list[str]:
    return [
        f"The floor is a bare csv + sqlite3 script at {sizes[-1]:,}, run between the phases.",
        "Limits in seconds are for a machine on which it is as fast as when they were set. The",
        "pace says how many times as long it took meanwhile: so much longer may the portal take.",
        "Pages: the slowest of 14 looks, the best of five each, at the top and 90 % deep.",
        "Memory: the peak of a process.",
    ]
