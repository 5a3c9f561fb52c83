"""Processes of the portal's programs, forked from one that has loaded their code already.

They run what the Procfile runs, in an environment of their own; only the seconds that each would
take to load the same modules anew are saved.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOADED = ["jobs.worker", "jobs.clock", "jobs.syncs", "weasyprint", "gunicorn.app.wsgiapp"]

_context = get_context("forkserver")
_context.set_forkserver_preload(LOADED)


class Fork:
    """A process that runs `program`, asked as subprocess.Popen is; `log` takes what it says."""

    def __init__(
        self, program: Callable[..., object], *given: object, environ: Mapping[str, str], log: Path
    ) -> None:
        self.program = program
        start = (program, given, dict(environ), str(log))
        self._process = _context.Process(target=_become, args=start, daemon=True)
        self._process.start()
        self.pid = self._process.pid or 0

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired(self.program.__name__, timeout or 0)
        return code

    def kill(self) -> None:
        self._process.kill()

    def terminate(self) -> None:
        self._process.terminate()


def worker(minutes: int = 0) -> None:
    """`worker` of the Procfile, whose clock is `minutes` ahead."""
    from jobs.worker import main  # noqa: PLC0415  # in the fork, as it was loaded there
    from portal import clock  # noqa: PLC0415

    clock.shift(timedelta(minutes=minutes))
    main()


def ticker() -> None:
    """`clock` of the Procfile."""
    from jobs.clock import main  # noqa: PLC0415

    main()


def web() -> None:
    """`web` of the Procfile."""
    from gunicorn.app.wsgiapp import run  # noqa: PLC0415

    sys.argv = ["gunicorn", "wsgi:app"]
    run(prog="gunicorn")


def syncing(name: str) -> None:
    """One job of jobs.syncs by itself; it says when it begins."""
    import jobs.syncs  # noqa: PLC0415
    from jobs.job import worker_app  # noqa: PLC0415

    worker_app()
    sys.stdout.write("begins\n")
    sys.stdout.flush()
    getattr(jobs.syncs, name)()


def _become(
    program: Callable[..., object], given: tuple[object, ...], environ: dict[str, str], log: str
) -> None:
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(ROOT)
    tempfile.tempdir = None  # it remembers what TMPDIR was
    out = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(out, 1)
    os.dup2(out, 2)
    program(*given)
