"""Names of people who do not exist, as many as a company of this size needs."""

from collections.abc import Iterator
from pathlib import Path
from unicodedata import normalize

from portal.demo.chance import chance

FOLDER = Path(__file__).parent


def names() -> Iterator[tuple[str, str]]:
    """First and last names, no two people with the same address."""
    dice, seen = chance("names"), set[str]()
    firsts, lasts = (_words(f"{kind}_names.txt") for kind in ("first", "last"))
    while True:
        first, last = dice.choice(firsts), dice.choice(lasts)
        if local_part(first, last) not in seen:
            seen.add(local_part(first, last))
            yield first, last


def local_part(first: str, last: str) -> str:
    """What stands before the @: lower case, without accents."""
    plain = normalize("NFKD", f"{first}.{last}".lower())
    return plain.encode("ascii", "ignore").decode()


def _words(name: str) -> list[str]:
    return (FOLDER / name).read_text(encoding="utf-8").split()
