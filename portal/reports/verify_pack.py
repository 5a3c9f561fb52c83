#!/usr/bin/env python3
"""Check a Countersign evidence pack. Needs Python 3.9 or later, and nothing else.

    python3 verify.py              in the unpacked folder
    python3 verify.py pack.zip     on the file as it was downloaded

It checks every file against the manifest, the hash chain of the trail, and derives from the
rows again what the manifest and the attestation say. Exit status 1 if anything differs.
"""

import csv
import hashlib
import io
import json
import sys
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

Row = dict[str, str]
Latest = dict[str, list[Row]]
Read = Callable[[str], BinaryIO]
AGAINST = (("reject", "approved"), ("approve", "rejected"))
GONE = ("inactive", "no longer in app")
UNDECIDED = ("withdrawn", "comment")  # what leaves an account undecided
SIGNED = ("review signed off", "review closed by rule")  # by nobody, where the rule did
KEPT = ("decision id", "review id", "level", "decision", "takes away")  # of a decision, in memory
BLOCK = 1 << 20
NOTE = "DOWNLOADED-BY.txt"  # added for some readers as they download; outside of the manifest


class Pack:
    """The files of a pack, in a folder or in a ZIP."""

    def __init__(self, place: Path) -> None:
        if place.is_dir():
            files = (path for path in place.rglob("*") if path.is_file())
            self.names = {path.relative_to(place).as_posix() for path in files}
            self.open: Read = lambda name: (place / name).open("rb")
        else:
            archive = zipfile.ZipFile(place)
            self.names = set(archive.namelist())
            self.open = lambda name: cast(BinaryIO, archive.open(name))

    def manifest(self) -> dict[str, Any]:
        with self.open("manifest.json") as file:
            found: dict[str, Any] = json.loads(file.read())
        return found

    def rows(self, name: str) -> Iterator[Row]:
        with self.open(name) as file, io.TextIOWrapper(file, "utf-8", newline="") as text:
            yield from csv.DictReader(text)

    def lines(self, name: str) -> Iterator[dict[str, Any]]:
        with self.open(name) as file:
            for line in file:
                yield json.loads(line)


class Findings:
    """What was checked, and what differs."""

    def __init__(self) -> None:
        self.wrong: list[str] = []
        self.said: list[str] = []

    def check(self, holds: bool, sentence: str) -> None:
        if not holds:
            self.wrong.append(sentence)

    def say(self, sentence: str, before: int) -> None:
        """Close a group of checks: `before` is how much was wrong when it began."""
        self.said.append(("ok    " if len(self.wrong) == before else "WRONG ") + sentence)


def verify(place: Path) -> Findings:
    """Run every check on the pack at `place`, a folder or a ZIP file."""
    found, pack = Findings(), Pack(place)
    if "manifest.json" not in pack.names:
        found.wrong.append("manifest.json is missing: this is no evidence pack, or not all of it.")
        return found
    manifest = pack.manifest()
    if not check_files(pack, manifest, found):
        found.said.append("      Files are missing or damaged, so their content was not read.")
        return found
    check_trail(pack, manifest, found)
    latest = check_decisions(pack, found)
    for review in manifest["reviews"]:
        check_review(pack, manifest, review, latest, found)
    check_sign_offs(pack, latest, found)
    check_looks(pack, found)
    return found


def check_files(pack: Pack, manifest: dict[str, Any], found: Findings) -> bool:
    """Every file is there, is what it was, and none was added. True if so."""
    before = len(found.wrong)
    listed = {entry["name"] for entry in manifest["files"]}
    if NOTE in pack.names - listed:
        found.said.append(f"      {NOTE} names who downloaded this. It is no part of the evidence.")
    for name in sorted(pack.names - listed - {"manifest.json", NOTE}):
        found.check(False, f"{name} is not in the manifest.")
    for entry in manifest["files"]:
        name = entry["name"]
        if name not in pack.names:
            found.check(False, f"{name} is missing.")
            continue
        size, digest = measured(pack, name)
        right = (size, digest) == (entry["size"], entry["sha256"])
        found.check(right, f"{name} is not what it was: {size} bytes, SHA-256 {digest}.")
    found.say(f"{len(listed)} files match the manifest", before)
    return len(found.wrong) == before


def measured(pack: Pack, name: str) -> tuple[int, str]:
    """Size and SHA-256 of a file."""
    sha, size = hashlib.sha256(), 0
    with pack.open(name) as file:
        while block := file.read(BLOCK):
            sha.update(block)
            size += len(block)
    return size, sha.hexdigest()


def check_trail(pack: Pack, manifest: dict[str, Any], found: Findings) -> None:
    """Each line holds its own hash; neighbours hold each other's; none lies beyond the head."""
    before, count, last_id, last_hash = len(found.wrong), 0, 0, ""
    head = manifest["trail"]
    for line in pack.lines("trail.jsonl"):
        count += 1
        said = line.pop("hash")
        body = json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        real = hashlib.sha256(body.encode()).hexdigest()
        found.check(real == said, f"trail line {line['id']}: its content does not match its hash.")
        found.check(line["id"] > last_id, f"trail line {line['id']} is out of order.")
        follows = line["prev"] == last_hash or line["id"] != last_id + 1 or not last_hash
        found.check(follows, f"trail line {line['id']} does not follow the one before it.")
        last_id, last_hash = line["id"], said
    found.check(count == head["lines"], f"{count} trail lines, the manifest says {head['lines']}.")
    found.check(last_id <= head["head_id"], "the trail goes beyond its head.")
    if last_id == head["head_id"]:
        found.check(last_hash == head["head_hash"], "the trail does not end in its head.")
    found.say(f"{count} trail lines hold, head is line {head['head_id']}", before)


def check_decisions(pack: Pack, found: Findings) -> dict[str, list[Row]]:
    """Decisions are in order, and each names what stood before. Returns them by item."""
    by_item: dict[str, list[Row]] = defaultdict(list)
    before, last, count = len(found.wrong), 0, 0
    for row in pack.rows("decisions.csv"):
        number, count = int(row["decision id"]), count + 1
        found.check(number > last, f"decision {number} is out of order.")
        last = number
        said = [d["decision"] for d in by_item[row["item id"]] if d["level"] == row["level"]]
        stood = "undecided" if not said or said[-1] in UNDECIDED else said[-1]
        found.check(row["before"] == stood, f"decision {number}: before it stood {stood}.")
        named = bool(row["takes away"]) == (row["decision"] == "changed")
        found.check(named, f"decision {number}: only a change takes something away.")
        by_item[row["item id"]].append({key: row[key] for key in KEPT})
    found.say(f"{count} decisions follow each other", before)
    return by_item


def check_review(pack: Pack, manifest: Any, review: Any, latest: Latest, found: Findings) -> None:
    """The rows add up to the figures, each stands as last decided, and removals are proven."""
    before = len(found.wrong)
    counts = dict.fromkeys(review["counts"], 0)
    kept = {entry["sha256"] for entry in manifest["files"]}
    for row in pack.rows(review["file"]):
        counts["items"] += 1
        counts[row["decision"]] += 1
        counts["privileged"] += row["privileged"] == "yes"
        counts["removed"] += row["removal state"] in (*GONE, "reduced")
        check_item(row, latest.get(row["item id"], []), found)
        check_takes(row, latest.get(row["item id"], []), review, found)
        check_removal(row, review, kept, found)
        against = (row["recommendation"], row["decision"]) in AGAINST
        said = (row["against recommendation"] == "yes") == against
        found.check(said, f"item {row['item id']} says wrongly whether its advice was followed.")
    for key, number in review["counts"].items():
        real = counts[key]
        found.check(real == number, f"{review['file']}: {real} {key}, the manifest says {number}.")
    found.say(f"{review['application']}: {counts['items']} accounts, figures derived", before)


def check_item(row: Row, decisions: list[Row], found: Findings) -> None:
    """An account stands where its last decision put it (or waits at a later level)."""
    item, stands = row["item id"], row["decision"]
    if not decisions:
        found.check(stands == "undecided", f"item {item} is {stands}, and nobody decided it.")
        return
    last = decisions[-1]
    said = "undecided" if last["decision"] in UNDECIDED else last["decision"]
    waits = stands == "undecided" and int(row["level"]) > int(last["level"])
    found.check(waits or said == stands, f"item {item} is {stands}; its last decision is {said}.")
    found.check(
        row["decision id"] == last["decision id"],
        f"item {item}: its last decision is {last['decision id']}, not {row['decision id']}.",
    )


def check_takes(row: Row, decisions: list[Row], review: dict[str, Any], found: Findings) -> None:
    """What an account is to lose is what its last decision at each level that counts named."""
    last = {int(each["level"]): each for each in decisions}
    counts = [n for n in sorted(last) if n == int(row["level"]) or n not in review["proposing"]]
    said = "; ".join(filter(None, (last[n]["takes away"] for n in counts)))
    right = row["takes away"] == said
    found.check(right, f"item {row['item id']} is to lose “{said}”, by its decisions.")


def check_removal(row: Row, review: dict[str, Any], kept: set[str], found: Findings) -> None:
    """In a completed review, a list in this pack proves that what was to go is gone."""
    loses = row["decision"] == "rejected" or row["takes away"]
    if not loses or review["state"] != "completed":
        return
    whole = row["decision"] == "rejected" and not row.get("entitlement")
    item, gone = row["item id"], GONE if whole else (*GONE, "reduced")
    found.check(row["removal state"] in gone, f"item {item} was rejected and is not verified.")
    proof = row["verified by sha256"]
    found.check(proof in kept, f"item {item}: the list that proves its removal is not here.")


def check_sign_offs(pack: Pack, latest: dict[str, list[Row]], found: Findings) -> None:
    """The digest of each sign-off is in the trail, and can be derived from the decisions."""
    before, count = len(found.wrong), 0
    trail = {
        line["details"]["digest"] for line in pack.lines("trail.jsonl") if line["verb"] in SIGNED
    }
    manifest = pack.manifest()
    assigned = {
        row["item id"]: {"reviewers": row["reviewers"], "email": row["email"]}
        for review in manifest["reviews"]
        for row in pack.rows(review["file"])
    }
    covered: set[tuple[str, str]] = set()
    for said in pack.rows("sign-offs.csv"):
        count += 1
        who = f"the sign-off of {said['reviewer']} in {said['application']}"
        found.check(said["digest"] in trail, f"{who} is not in the trail.")
        theirs = signed_items(said, latest, assigned, covered)
        of_nothing = said["digest"] == digest_of([], {})  # nothing real was left to the signer
        found.check(bool(theirs) or of_nothing, f"{who} does not match the decisions it covers.")
        covered |= {(item, said["level"]) for item in theirs}
    found.say(f"{count} sign-offs match the trail and their decisions", before)


def check_looks(pack: Pack, found: Findings) -> None:
    """What was drawn by lot for a second look is in the order of its lots."""
    before, lots = len(found.wrong), defaultdict(list)
    for row in pack.rows("second-looks.csv"):
        lot = hashlib.sha256(f"{row['seed']}:{row['item id']}".encode())
        lots[row["look id"]].append(lot.hexdigest())
    for look, each in lots.items():
        found.check(each == sorted(each), f"second look {look} is not in the order of its lots.")
    found.say(f"{sum(map(len, lots.values()))} approvals drawn by lot", before)


def signed_items(
    said: Row, latest: dict[str, list[Row]], items: dict[str, Row], covered: set[tuple[str, str]]
) -> list[str]:
    """The items a sign-off covers: those assigned to the signer, or all that were left."""
    level = said["level"]
    standing: dict[str, Row] = {}
    for item, decisions in latest.items():
        here = [d for d in decisions if d["level"] == level and d["review id"] == said["review id"]]
        if here and (item, level) not in covered:
            standing[item] = here[-1]
    left = sorted(standing, key=int)
    mark = f"{said['reviewer']} ("
    marks, end = {i: items[i]["reviewers"].split("; ") for i in left}, f"level {level})"
    theirs = [i for i in left if any(p.startswith(mark) and end in p for p in marks[i])]
    not_own = [i for i in left if items[i]["email"] != said["email"]]
    choices = (c for c in (theirs, not_own, left) if c and digest_of(c, standing) == said["digest"])
    return next(choices, [])


def digest_of(items: list[str], standing: dict[str, Row]) -> str:
    """What a sign-off holds of its items."""
    sha = hashlib.sha256()
    for item in items:
        decision = standing[item]
        sha.update(f"{item}\t{decision['decision']}\t{decision['decision id']}\n".encode())
    return sha.hexdigest()


def main() -> int:
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
    found = verify(place)
    more = [f"and {len(found.wrong) - 50} more."] if len(found.wrong) > 50 else []
    wrong = [f"      {each}" for each in found.wrong[:50] + more]
    sys.stdout.writelines(f"{sentence}\n" for sentence in found.said + wrong)
    verdict = "This pack is NOT as it was made." if found.wrong else "Everything holds."
    sys.stdout.write(verdict + "\n")
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
