"""What a setting is, and how the text of an environment variable is read.

The settings themselves are in portal/config.py.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

DRIVERS = {
    "sqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}


class ConfigError(RuntimeError):
    """A setting is missing or cannot be understood. The message names the variable."""


def text(value: str) -> str:
    """Anything at all."""
    return value


def whole(value: str) -> int:
    """A count: digits only, so never negative."""
    if not value.isascii() or not value.isdigit():
        raise ValueError("a whole number, 0 or more")
    return int(value)


def yes_no(value: str) -> bool:
    """A word that plainly says yes or no; any other word is refused."""
    words = {"true": True, "yes": True, "1": True, "on": True}
    words |= {"false": False, "no": False, "0": False, "off": False}
    if value.lower() not in words:
        raise ValueError("true or false")
    return words[value.lower()]


def folder(value: str) -> Path:
    """A folder, made absolute, so that a later change of directory does not move it."""
    return Path(value).expanduser().resolve()


def http_address(value: str) -> str:
    """An address of the web, without a slash at its end."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("an address such as https://reviews.example.org")
    return value.rstrip("/")


def database(value: str) -> str:
    """A database address as SQLAlchemy wants it, whatever its hosting calls the driver."""
    scheme, separator, rest = value.partition("://")
    if not separator or scheme not in DRIVERS:
        raise ValueError("sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME")
    return f"{DRIVERS[scheme]}://{rest}"


def redis(value: str) -> str:
    """A Redis address as redis-py wants it."""
    if not value.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("redis://, rediss:// or unix:// and the rest of the address")
    return value


def _one_of(*words: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in words:
            raise ValueError("one of " + ", ".join(words))
        return value

    return read


KINDS: dict[Callable[[str], object], str] = {
    text: "text",
    whole: "whole number",
    yes_no: "true or false",
    folder: "folder",
    http_address: "address",
    database: "database address",
    redis: "Redis address",
}


@dataclass(frozen=True)
class Setting:
    """One setting as the documentation shows it. A secret is also read from NAME_FILE."""

    name: str
    kind: str
    default: str
    meaning: str
    secret: bool
    read: Callable[[str], object]


def setting(
    read: Callable[[str], object],
    default: str,
    meaning: str,
    *,
    secret: bool = False,
    kind: str = "",
) -> Any:
    """Declare a setting. `default` may quote settings declared above it: `{data_dir}`."""
    kind = kind or KINDS[read]
    return field(metadata={"setting": Setting("", kind, default, meaning, secret, read)})


def choice(default: str, meaning: str, *words: str) -> Any:
    """Declare a setting that has one of `words` as its value."""
    return setting(_one_of(*words), default, meaning, kind=" / ".join(words))
