"""How long something took, and how much memory this process ever had."""

import time
from collections.abc import Callable
from pathlib import Path

Samples = dict[str, float]  # seconds (or megabytes, see bench.measures) by measure


def took(work: Callable[[], object]) -> float:
    """Seconds that `work` took."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def best(work: Callable[[], object], times: int) -> float:
    """Seconds of the quickest of so many runs: what the machine's other work adds is left out."""
    return min(took(work) for _ in range(times))


def peak_memory() -> float:
    """The most memory this process ever had, in MB, pages of mapped files included.

    From /proc, because getrusage() also counts what the parent had before the exec.
    """
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError("/proc/self/status has no VmHWM")
