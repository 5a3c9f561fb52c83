"""A fork of this process that runs a function, looked after like a program of its own.

What is imported before the fork need not be loaded again, which takes a start from ten seconds
to four, and is held in memory once.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO, NoReturn

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
FIRST_FREE = 3  # after standard input, output and error


class Fork:
    """As much of `subprocess.Popen` as a `Child` needs, of a function instead of a program."""

    def __init__(
        self, main: Callable[[], object], environ: Mapping[str, str], output: BinaryIO, folder: Path
    ) -> None:
        self.returncode: int | None = None
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            _become(main, environ, output, folder)

    def poll(self) -> int | None:
        """The exit status, or None while it runs."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def terminate(self) -> None:
        """Ask it to end."""
        os.kill(self.pid, signal.SIGTERM)

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status, once it has ended. Raises `subprocess.TimeoutExpired`."""
        until = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if until is not None and timeout is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            time.sleep(0.02)
        return code


def end_with_parent() -> None:
    """In a child: if the supervisor is killed, have the kernel tell this one to stop (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _become(
    main: Callable[[], object], environ: Mapping[str, str], output: BinaryIO, folder: Path
) -> NoReturn:
    """In the fork: be a process of its own, run `main`, and end as a program would."""
    code = 1
    try:
        _stand_alone(environ, output, folder)
        main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _stand_alone(environ: Mapping[str, str], output: BinaryIO, folder: Path) -> None:
    end_with_parent()
    os.setsid()  # Ctrl-C reaches only the supervisor
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), sys.stdin.fileno())
    for stream in (sys.stdout, sys.stderr):
        os.dup2(output.fileno(), stream.fileno())
    os.closerange(FIRST_FREE, os.sysconf("SC_OPEN_MAX"))
    os.chdir(folder)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # it is a text file
    os.environ.clear()
    os.environ.update(environ)
