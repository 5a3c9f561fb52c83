"""`make run`: everything the portal needs, started together, watched, and stopped together.

Only the supervisor's beginning and end are here; the children are in scripts/supervisor.py.
"""

import fcntl
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from portal.config import ConfigError, read_config
from scripts.embedded import NoRedis
from scripts.supervisor import CannotStart, Supervisor

Handler = Callable[[int, FrameType | None], object] | signal.Handlers
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class _Stop(Exception):
    """Ctrl-C or SIGTERM."""


def main() -> int:
    """Run until told to stop. Returns the exit status."""
    gc.freeze()  # what is loaded stays, and is shared with every fork
    gc.enable()
    _on_signals(_raise_stop)
    try:
        config = read_config(os.environ)
        require_free_port(config.host, config.port)
        with alone_in(config.data_dir):
            _run(Supervisor(config, os.environ))
    except (ConfigError, CannotStart, NoRedis) as problem:
        print(problem, file=sys.stderr)
        return 1
    except _Stop:
        print("Stopped. Your data is kept.")
    return 0


def _run(supervisor: Supervisor) -> None:
    try:
        supervisor.start()
        supervisor.watch()
    finally:
        _on_signals(signal.SIG_IGN)  # a second Ctrl-C does not interrupt the stopping
        print("\nStopping ...", flush=True)
        supervisor.stop()


def _on_signals(handler: Handler) -> None:
    for number in SIGNALS:
        signal.signal(number, handler)


def _raise_stop(number: int, frame: FrameType | None) -> None:
    raise _Stop


def require_free_port(host: str, port: int) -> None:
    """Raise `CannotStart`, with the way out, where something listens on `port` already."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            raise CannotStart(
                f"Port {port} on {host} cannot be used ({problem.strerror}). "
                f"Choose another: make run PORT={port + 10}"
            ) from None


@contextmanager
def alone_in(data_dir: Path) -> Iterator[None]:
    """Hold `data_dir` for this process, or raise `CannotStart` where another one holds it."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (data_dir / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotStart(
                f"Countersign is running already with the data in {data_dir}. "
                "Stop it first, or choose another folder: make run DATA_DIR=..."
            ) from None
        yield
