"""The clock process: `python -m jobs.clock`. It wakes what is due and says that it lives.

It keeps nothing: what was last woken is forgotten on restart and simply woken again. Two clocks
do no harm, since one waiting wake-up per job is enough.
"""

import os
import signal
import threading
import time
from collections.abc import Sequence
from types import FrameType

import redis
import rq
import structlog

from jobs.schedule import HEARTBEAT, SCHEDULE, Periodic
from portal import logs
from portal.config import read_config
from portal.queue import beat, connect, make_queue, wake

log = structlog.stdlib.get_logger("countersign.clock")


class Clock:
    """Wakes each entry of `schedule` when its time has come; time is given in seconds."""

    def __init__(self, queue: rq.Queue, schedule: Sequence[Periodic] = SCHEDULE) -> None:
        self.queue = queue
        self.due = dict.fromkeys(schedule, 0.0)
        self.heard = True

    def tick(self, now: float) -> bool:
        """Do what is due at `now`. Returns whether Redis heard it; what it did not is still due."""
        try:
            if not beat(self.queue.connection):  # an empty Redis: what waited there is lost
                self.due = dict.fromkeys(self.due, 0.0)
            for entry in [entry for entry, due in self.due.items() if due <= now]:
                wake(self.queue, entry.job)
                self.due[entry] = now + entry.seconds
        except redis.RedisError as problem:
            return self._lost(problem)
        if not self.heard:
            log.info("redis is back")
        self.heard = True
        return True

    def _lost(self, problem: redis.RedisError) -> bool:
        if self.heard:
            log.warning("redis does not answer, trying again", problem=type(problem).__name__)
        self.heard = False
        return False


def main() -> None:
    """Tick until told to stop."""
    config = read_config(os.environ)
    logs.configure(config.log_level)
    clock = Clock(make_queue(connect(config.redis_url)))
    stopping = threading.Event()

    def stop(_: int, __: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    log.info("clock started", entries=len(SCHEDULE))
    while not stopping.is_set():
        heard = clock.tick(time.monotonic())
        stopping.wait(HEARTBEAT if heard else 1)


if __name__ == "__main__":
    main()
