"""The mark on a data folder that it holds the demo, and whether it holds all of it."""

from pathlib import Path

CUT_SHORT = (
    "The demo in {0} was cut short while it was loading, so only a part of it is there. "
    "Load it afresh with: make demo-reset DATA_DIR={0}"
)

_LOADING = "loading\n"


def _file(data_dir: Path) -> Path:
    return data_dir / "demo"


def begin_mark(data_dir: Path) -> None:
    """From now on there is half a demo."""
    data_dir.mkdir(parents=True, exist_ok=True)
    _file(data_dir).write_text(_LOADING, encoding="utf-8")


def finish_mark(data_dir: Path) -> None:
    """The demo is whole."""
    _file(data_dir).write_text("loaded\n", encoding="utf-8")


def is_cut_short(data_dir: Path) -> bool:
    """Whether loading was begun and never ended: it was killed."""
    file = _file(data_dir)
    return file.exists() and file.read_text(encoding="utf-8") == _LOADING
