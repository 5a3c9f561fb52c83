"""Folders to work in: private, gone afterwards, and gone as well once their worker was killed."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from jobs.folders import PREFIX, own_folder

PROGRAM = """
import signal
from jobs.folders import own_folder
with own_folder() as folder:
    (folder / "accounts.csv").write_text("ann")
    print(folder, flush=True)
    signal.pause()
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


@pytest.fixture
def another():
    """Another process at work in a folder of its own."""
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=root, stdout=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.communicate()


def made_by(process) -> Path:
    """Its folder, as if made an hour ago."""
    folder = Path(process.stdout.readline().strip())
    os.utime(folder, (0, 0))
    return folder


def test_a_folder_is_private_and_gone_afterwards():
    with own_folder() as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
    assert not folder.exists()


def test_the_folder_of_a_living_worker_is_left_alone(another):
    folder = made_by(another)
    with own_folder():
        assert (folder / "accounts.csv").exists()


def test_the_folder_of_a_killed_worker_is_removed_by_the_next(another):
    folder = made_by(another)
    another.send_signal(signal.SIGKILL)
    another.wait()
    with own_folder():
        assert not folder.exists()


def test_nothing_but_such_folders_is_touched(temporary):
    (temporary / "elsewhere").mkdir()
    link = temporary / f"{PREFIX}link"
    link.symlink_to(temporary / "elsewhere")
    os.utime(link, (0, 0), follow_symlinks=False)
    with own_folder():
        assert link.is_symlink()
    assert (temporary / "elsewhere").is_dir()
