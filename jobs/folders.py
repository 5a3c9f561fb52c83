"""Folders to work in, which a killed worker does not leave behind for ever."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "countersign-work-"
NEW = 10.0  # seconds in which a folder may not be locked yet


@contextmanager
def own_folder() -> Iterator[Path]:
    """A private folder that goes away afterwards; those of killed workers go away first."""
    _remove_abandoned(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=PREFIX) as name, _locked(Path(name)):
        yield Path(name)


def _remove_abandoned(parent: Path) -> None:
    for folder in parent.glob(f"{PREFIX}*"):
        with suppress(OSError):  # in use, or somebody else's
            facts = folder.lstat()
            if facts.st_uid == os.getuid() and time.time() - facts.st_mtime > NEW:
                with _locked(folder):
                    shutil.rmtree(folder)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold `folder`; BlockingIOError where a living process does. A lock dies with its process."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)
