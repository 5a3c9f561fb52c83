"""Child processes: started, watched, restarted when they die, stopped in time.

A child's output goes to its own file; what is worth reading (a warning or worse) is picked out
of it as one short line.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from scripts.forks import Fork, end_with_parent

LONGEST_PAUSE = 30.0  # seconds between two restarts
STEADY = 60.0  # seconds after which a child counts as healthy again
LARGEST_LOG = 10_000_000
LOUD = {"warning", "error", "critical"}


@dataclass
class Child:
    """One process that shall run until it is told to stop: a program, or a function in a fork."""

    name: str
    command: Sequence[str] | Callable[[], object]
    environ: Mapping[str, str]
    log: Path
    folder: Path
    process: "subprocess.Popen[bytes] | Fork | None" = None
    pause: float = 1.0
    started: float = 0.0
    due: float = field(default=0.0, repr=False)
    read: int = field(default=0, repr=False)

    def start(self) -> None:
        """Start it, in a session of its own: Ctrl-C reaches only the supervisor."""
        self._roll()
        with self.log.open("ab") as file:
            self.read = file.tell()
            self.process = self._process(file)
        self.started = time.monotonic()

    def _process(self, output: BinaryIO) -> "subprocess.Popen[bytes] | Fork":
        if callable(self.command):
            return Fork(self.command, self.environ, output, self.folder)
        return subprocess.Popen(
            self.command,
            env=dict(self.environ),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=end_with_parent,  # noqa: PLW1509  # the supervisor has no threads
        )

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def revive(self, now: float) -> str:
        """Start it again if it died and its pause is over. Returns what to tell, if anything."""
        if self.runs or self.process is None:
            return ""
        if not self.due:
            if now - self.started > STEADY:
                self.pause = 1.0
            self.due = now + self.pause
            return f"ended ({_ending(self.process.wait())}); starting again in {self.pause:g} s"
        if now >= self.due:
            self.due, self.pause = 0.0, min(self.pause * 2, LONGEST_PAUSE)
            self.start()
        return ""

    def ask_to_stop(self) -> None:
        if self.process is not None and self.runs:
            self.process.terminate()

    def wait_or_kill(self, until: float) -> None:
        """Wait for the end until the monotonic time `until`, then force it, forks included."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.05, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def news(self) -> Iterator[str]:
        """What it has written since last asked that someone should read."""
        with self.log.open("rb") as file:
            file.seek(self.read)
            written = file.read()
        whole, newline, _ = written.rpartition(b"\n")
        self.read += len(whole) + len(newline)
        for line in whole.decode("utf-8", "replace").splitlines():
            if told := worth_telling(line):
                yield told

    def _roll(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".log.1"))


def worth_telling(line: str) -> str:
    """A log line in short if it warns of something, otherwise nothing."""
    try:
        entry = json.loads(line)
        if entry["level"] not in LOUD:
            return ""
        detail = entry.get("exception", "").strip().splitlines()[-1:] or [entry.get("problem", "")]
        return f"{entry['level']}: {entry['event']} {detail[0]}".strip()
    except (ValueError, TypeError, KeyError, AttributeError):
        return ""


def stop_in_order(groups: Sequence[tuple[Sequence[Child], float]]) -> None:
    """Stop each group of children after the one before; each has that many seconds to end."""
    for children, grace in groups:
        for child in children:
            child.ask_to_stop()
        until = time.monotonic() + grace
        for child in children:
            child.wait_or_kill(until)


def _ending(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
