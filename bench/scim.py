"""How quick provisioning is: `python -m bench.scim`, the portal as it is served, and its clients.

With so many people there (100,000, unless told otherwise): a page of 100 without filter, at the
top and deep, one by userName, one by externalId; and how many users are made a second: over one
connection, over as many as providers keep open, and by requests that hold many.
"""

import argparse
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import insert

from bench.clock import Samples, best
from bench.stage import PROJECT, Place, a_place, the_portal
from policies.permissions import SYSTEM
from policies.provisioning import ENTERPRISE, USER
from portal import clock
from portal.db import db
from portal.models import Person, Provisioned, ProvisionedEmail
from portal.usecases.api_tokens import make_token

MADE = 2_000
RUNS = 5
BULK_REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
CONNECTIONS = 4
ALONE, TOGETHER = "created over one connection", f"created over {CONNECTIONS} connections"
BULK, BULK_SIZE = "created by requests of 200 each", 200
PAGE, CREATES = 0.1, 200.0  # seconds at most; users a second at least, over all connections


def main() -> None:
    """Measure, and print what came out beside its limit."""
    asked = argparse.ArgumentParser(prog="python -m bench.scim", description=__doc__)
    asked.add_argument("size", nargs="?", type=int, default=100_000)
    size = asked.parse_args().size
    server = os.environ.get("DATABASE_URL", "")
    server = server if server.startswith("postgres") else ""
    with (
        tempfile.TemporaryDirectory(prefix="countersign-bench-") as name,
        a_place(Path(name), server) as place,
    ):
        found = provisioning(place, size)
    print(f"SCIM with {size:,} people")
    for key, value in found.items():
        if key.startswith("created"):
            within = "" if key == ALONE else "within" if value >= CREATES else "UNDER"
            text = f"{value:,.0f}/s"
        else:
            within, text = "within" if value <= PAGE else "OVER", f"{value * 1000:.1f} ms"
        print(f"  {key:<34}{text:>12}  {within}")


def provisioning(place: Place, size: int) -> Samples:
    """Seconds for each kind of page, and users made a second."""
    with the_portal(place):
        token = make_token("bench", by=SYSTEM)[1]
        _fill(size)
    with _a_server(place) as port:
        client = _Client(port, token)
        found = {name: _quickest(client, path) for name, path in _pages(size).items()}
        found[ALONE] = _creating(port, token, 1, "alone")
        found[TOGETHER] = _creating(port, token, CONNECTIONS, "new")
        found[BULK] = _creating_in_bulk(client)
        return found


def _creating(port: int, token: str, connections: int, name: str) -> float:
    """Users made a second over so many connections, each sending one after the other."""

    def send(which: int) -> None:
        client = _Client(port, token)
        for number in range(which, MADE, connections):
            client.send("POST", "/Users", _user(f"{name}{number}"))

    began = time.perf_counter()
    with ThreadPoolExecutor(connections) as clients:
        list(clients.map(send, range(connections)))
    return MADE / (time.perf_counter() - began)


def _creating_in_bulk(client: "_Client") -> float:
    """Users made a second by requests that hold many."""
    began = time.perf_counter()
    for start in range(0, MADE, BULK_SIZE):
        users = [_user(f"bulk{number}") for number in range(start, start + BULK_SIZE)]
        made = [
            {"method": "POST", "path": "/Users", "bulkId": user["externalId"], "data": user}
            for user in users
        ]
        client.send("POST", "/Bulk", {"schemas": [BULK_REQUEST], "Operations": made})
    return MADE / (time.perf_counter() - began)


def _pages(size: int) -> dict[str, str]:
    middle = size // 2
    named, known = f'userName eq "user{middle}@example.com"', f'externalId eq "x{middle}"'
    by_email = f'emails[type eq "work"].value eq "user{middle}@example.com"'
    return {
        "no filter, the first 100": "/Users?count=100",
        "no filter, 100 in the middle": f"/Users?count=100&startIndex={middle}",
        "userName eq": f"/Users?count=100&filter={quote(named)}",
        "externalId eq": f"/Users?count=100&filter={quote(known)}",
        "emails[type eq].value eq": f"/Users?count=100&filter={quote(by_email)}",
    }


class _Client:
    """One connection that is kept."""

    def __init__(self, port: int, token: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        self.connection.connect()
        self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/scim+json",
        }

    def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> None:
        content = json.dumps(body).encode() if body else None
        self.connection.request(method, f"/scim/v2{path}", content, self.headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{answer.status} {text.decode()}")


def _quickest(client: _Client, path: str) -> float:
    return best(lambda: client.send("GET", path), RUNS)


def _user(key: str) -> dict[str, Any]:
    return {
        "schemas": [USER, ENTERPRISE],
        "userName": f"{key}@example.com",
        "externalId": f"x{key}",
        "name": {"givenName": "Given", "familyName": key},
        "displayName": f"Given {key}",
        "title": "Engineer",
        "emails": [{"value": f"{key}@example.com", "type": "work", "primary": True}],
        "active": True,
        ENTERPRISE: {"employeeNumber": f"n{key}", "department": "Sales"},
    }


def _fill(size: int) -> None:
    now = clock.now()
    for start in range(0, size, 10_000):
        people, documents, emails = [], [], []
        for number in range(start, min(size, start + 10_000)):
            id_, said = number + 10, _user(f"user{number}")
            name = said["userName"]
            people.append(
                {
                    **{"id": id_, "email": name, "user_name": name, "name": said["displayName"]},
                    **{"external_id": f"x{number}", "employee_number": f"n{number}"},
                    **{"title": "Engineer", "department": "Sales", "created_at": now},
                    "provisioned": ",department,email,employee_number,name,standing,title,",
                }
            )
            kept = {key: value for key, value in said.items() if key != "schemas"}
            documents.append({"person_id": id_, "document": kept})
            emails.append({"person_id": id_, "key": name, "kind": "work", "is_primary": True})
        for model, rows in ((Person, people), (Provisioned, documents), (ProvisionedEmail, emails)):
            db.session.execute(insert(model), rows)
        db.session.commit()


@contextmanager
def _a_server(place: Place) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "--keep-alive", "60", "wsgi:app"]
    environ = {**os.environ, **place.environ, "SECRET_KEY": "bench" * 8}
    environ |= {"HOST": "127.0.0.1", "PORT": str(port)}
    with subprocess.Popen(command, cwd=PROJECT, env=environ, stderr=subprocess.DEVNULL) as server:  # noqa: S603  our own command
        try:
            _wait_for(port)
            yield port
        finally:
            server.terminate()


def _wait_for(port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("the server did not start")


if __name__ == "__main__":
    main()
