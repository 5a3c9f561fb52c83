"""How gunicorn serves the portal; it reads this file by itself. The settings are the portal's."""

import gc
import os
from typing import Any

from portal.config import read_config

_config = read_config(os.environ)

bind = f"{_config.host}:{_config.port}"
worker_class = "gthread"
workers = max(1, _config.web_processes)
threads = max(1, _config.web_threads)
preload_app = True  # imported once, shared by the processes
timeout = 120  # a large export streams for a while
graceful_timeout = 4  # `make run` ends within ten seconds
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108, PTH112  # heartbeats need a fast disk
accesslog = None  # portal.logs writes the line of a request, without its address
loglevel = "warning"
control_socket_disable = True


def when_ready(server: Any) -> None:
    """Look at nothing that was imported when garbage is collected: it stays, and is shared."""
    _load_scim_where_used()
    gc.collect()
    gc.freeze()


def post_fork(server: Any, worker: Any) -> None:
    """Let no process share a database connection with another."""
    from portal.db import db  # noqa: PLC0415  # after the application exists
    from wsgi import app  # noqa: PLC0415

    with app.app_context():
        db.engine.dispose(close=False)


def _load_scim_where_used() -> None:
    """Once for all processes: to load it takes seconds, and providers wait for so long only."""
    from portal.queries.api_tokens import some_token_opens  # noqa: PLC0415  # as above
    from wsgi import app  # noqa: PLC0415

    with app.app_context():
        if some_token_opens():
            import portal.web.scim_server  # noqa: F401, PLC0415  # to have it
