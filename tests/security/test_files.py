"""What the portal leaves in the file system, and who can read it."""

import os
import stat

from portal import create_app
from portal.config import read_config
from portal.db import db


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_the_key_and_the_database_are_for_their_owner_alone(tmp_path):
    folder, before = tmp_path / "data", os.umask(0o022)
    folder.mkdir(mode=0o755)  # made by the operator, before the first start
    try:
        app = create_app(read_config({"ENVIRONMENT": "development", "DATA_DIR": str(folder)}))
        with app.app_context():
            with db.engine.begin() as connection:
                connection.exec_driver_sql("CREATE TABLE kept (id INTEGER)")
            db.engine.dispose()
    finally:
        os.umask(before)
    assert {path.name: mode(path) for path in folder.iterdir() if path.is_file()} == {
        "secret_key": 0o600,
        "countersign.db": 0o600,
    }
