"""Every door, every kind of person, their own things and those of others: as reviewed.

The reviewed answers are in matrix.csv: yes, refused (403, with the sentence), "-" (it does not
exist for them), "sign in", or nothing where they have no such thing. `tests.security.matrix`
writes the file anew.
"""

import csv
import os
from pathlib import Path

import pytest

from policies.permissions import SYSTEM
from portal.queries.links import url_of
from portal.usecases.links import write_link
from tests.security.matrix import WRITE
from tests.security.walk import COLUMNS, HAS_NONE, YES, nothing_changes, walk
from tests.security.world import WALKERS, build_world, note_sessions

REVIEWED = Path(__file__).with_name("matrix.csv")
HEAD = ("method", "address", "whose", *COLUMNS)

# Doors that open for nobody in this world, and why.
SHUT = {
    "GET /again/held": "nobody was asked anew who they are while they sent something",
}


KEPT = []  # the rows of the one walk that all tests of this file ask about


@pytest.fixture
def walked(request):
    """What becomes of everybody at every door."""
    if not KEPT:
        names = ("app", "cast", "acting", "sign_in")
        KEPT.extend(walk_once(*map(request.getfixturevalue, names)))
    return KEPT


def walk_once(app, cast, acting, sign_in):
    """Build the world, let everybody in, knock at every door."""
    world = build_world(cast, acting)
    clients = {walker: sign_in(first) for walker, first in WALKERS.items()}
    clients["owner"] = invited(app, cast.olive)
    sign_in("otto")
    clients |= {"nobody": app.test_client(), "token": app.test_client()}
    clients["token"].environ_base["HTTP_AUTHORIZATION"] = f"Bearer {world.bearer}"
    note_sessions(world, cast)
    with nothing_changes(app):
        return list(walk(app, world, clients))


def test_everybody_gets_exactly_as_far_as_was_reviewed(walked):
    if WRITE in os.environ:
        write(walked)
    found, wanted = keyed(walked), keyed(reviewed())
    lines = [f"no row for {' '.join(key)}" for key in found.keys() - wanted.keys()]
    lines += [f"no door for {' '.join(key)}" for key in wanted.keys() - found.keys()]
    lines += [
        f"{' '.join(key)}: {who} was {was!r}, is {now!r}"
        for key in found.keys() & wanted.keys()
        for who, was, now in zip(COLUMNS, wanted[key], found[key], strict=True)
        if was != now
    ]
    told = "\n".join([*sorted(lines), "run: python -m tests.security.matrix --write"])
    assert not lines, told


def test_every_door_opens_for_somebody(walked):
    """A door that is shut for everybody was not reached by this walk, and shows nothing."""
    opened = {row[:2] for row in walked if {YES, "public"} & set(row)}
    assert {" ".join(row[:2]) for row in walked} - {" ".join(row) for row in opened} == set(SHUT)


def test_nobody_without_a_session_gets_anywhere(walked):
    answers = {row[3 + COLUMNS.index("nobody")] for row in walked}
    assert answers <= {"sign in", "public", HAS_NONE}


def invited(app, owner):
    """A client of an owner who followed the invitation to their applications."""
    client = app.test_client()
    path = url_of(write_link(owner, "owner", by=SYSTEM)).removeprefix("http://portal.test")
    assert client.post(path).status_code == 303
    return client


def keyed(rows):
    return {tuple(row[:3]): tuple(row[3:]) for row in rows}


def reviewed():
    with REVIEWED.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


def write(rows):
    with REVIEWED.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEAD)
        writer.writerows(rows)
