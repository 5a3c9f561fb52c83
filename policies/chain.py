"""The hash chain of the trail: what a line is, and how to tell that none was touched.

A line is a flat JSON object. Its hash is SHA-256 over the canonical JSON of all its
fields except `hash`; the field `prev` holds the hash of the line before, so no line
can be changed, removed or put in between without breaking every later hash.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

GENESIS = "0" * 64


class Break(NamedTuple):
    """The first line at which a chain does not hold, and why."""

    id: int
    reason: str


def canonical(line: Mapping[str, Any]) -> bytes:
    """The bytes a hash is taken over: sorted keys, no spaces, UTF-8, without `hash`."""
    body = {key: value for key, value in line.items() if key != "hash"}
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(line: Mapping[str, Any]) -> str:
    """SHA-256 of the line's canonical form, in hex."""
    return digest_of(canonical(line))


def digest_of(content: bytes) -> str:
    """The digest of a line whose canonical form is `content`."""
    return hashlib.sha256(content).hexdigest()


def first_break(lines: Iterable[Mapping[str, Any]], start: str = GENESIS) -> Break | None:
    """Walk `lines` in order and return the first that breaks the chain, or None."""
    before = start
    for number, line in enumerate(lines, start=1):
        if line["id"] != number:
            return Break(number, f"line {number} is missing: the next one is {line['id']}")
        if line["prev"] != before:
            return Break(line["id"], "it does not follow the line before it")
        if digest(line) != line["hash"]:
            return Break(line["id"], "its content does not match its hash")
        before = line["hash"]
    return None
