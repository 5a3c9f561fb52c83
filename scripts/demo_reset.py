"""`make demo-reset`: throw the demo's data away and load it afresh. Touches nothing but a demo."""

import os
import shutil
import sys
from pathlib import Path

from sqlalchemy import make_url

from portal.config import Config, ConfigError, read_config
from scripts.prepare import prepare
from scripts.run import alone_in
from scripts.supervisor import CannotStart

KEPT = frozenset({"secret_key", "logs", "run.lock"})


def main() -> int:
    """Reset the demo in DATA_DIR. Returns the exit status."""
    try:
        config = read_config(os.environ)
        require_demo(config)
        with alone_in(config.data_dir):
            remove_all(config)
            prepare(os.environ)
    except (ConfigError, CannotStart) as problem:
        print(problem, file=sys.stderr)
        return 1
    print("The demo is as on its first day. Start it with: make run")
    return 0


def require_demo(config: Config) -> None:
    """Raise `CannotStart` unless all there is to lose is a demo in an SQLite file of its own."""
    if config.environment != "development" or not (config.data_dir / "demo").exists():
        raise CannotStart(
            f"{config.data_dir} does not hold the demo, so nothing was removed. "
            "The demo is loaded by the first `make run` in an empty folder."
        )
    if database_file(config) is None:
        raise CannotStart(
            "DATABASE_URL names a database outside DATA_DIR, so nothing was removed. "
            "Empty that database yourself, remove the file "
            f"{config.data_dir / 'demo'}, and start again."
        )


def remove_all(config: Config) -> None:
    """Remove what is in DATA_DIR, except the secret key and the logs."""
    for entry in config.data_dir.iterdir():
        if entry.name in KEPT:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def database_file(config: Config) -> Path | None:
    """The SQLite file inside DATA_DIR, or None where the database is elsewhere."""
    url = make_url(config.database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    file = Path(url.database)
    return file if file.resolve().parent == config.data_dir else None


if __name__ == "__main__":
    sys.exit(main())
