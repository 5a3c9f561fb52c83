"""Every setting of the portal: its name, type, default and meaning.

Read from the environment once, at start, loudly: a value that cannot be understood raises
`ConfigError` naming the variable. What an administrator changes while the portal runs (the
organisation's name, status words, freshness) is kept in the database, not here.
docs/operators/configuration.md is compared with this file by a test.
"""

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from flask import Flask, current_app
from werkzeug.middleware.proxy_fix import ProxyFix

from portal.setting import (
    ConfigError,
    Setting,
    choice,
    database,
    folder,
    http_address,
    redis,
    setting,
    text,
    whole,
    yes_no,
)

__all__ = ["Config", "ConfigError", "current_config", "init_app", "read_config", "settings"]


@dataclass(frozen=True)
class Config:
    """The settings, read and checked. The variable of a field is its name in capitals."""

    environment: str = choice(
        "development",
        "What this installation is for. Production refuses to start without SECRET_KEY.",
        *("development", "production", "test"),
    )
    data_dir: Path = setting(
        folder,
        "./instance",
        "Where uploads, reports and (embedded) the database and Redis are kept. Back it up.",
    )
    secret_key: str = setting(
        text,
        "",
        "Signs sessions and links; at least 32 characters in production. Elsewhere one is made "
        "and kept in DATA_DIR/secret_key.",
        secret=True,
    )
    host: str = setting(text, "127.0.0.1", "The network address the web process listens on.")
    port: int = setting(whole, "8000", "The port the web process listens on.")
    base_url: str = setting(
        http_address,
        "http://127.0.0.1:{port}",
        "The address people use. Links in letters begin with it.",
    )
    trusted_proxies: int = setting(
        whole, "0", "How many reverse proxies stand before the portal and set X-Forwarded-*."
    )
    database_url: str = setting(
        database,
        "sqlite:///{data_dir}/countersign.db",
        "SQLite or PostgreSQL. postgres:// and postgresql:// both use psycopg 3.",
        secret=True,
    )
    redis_url: str = setting(
        redis,
        "unix://{data_dir}/redis.sock",
        "The Redis that wakes the worker. By default the one that `make run` starts.",
        secret=True,
    )
    web_processes: int = setting(whole, "2", "Web processes.")
    web_threads: int = setting(whole, "4", "Threads in each web process.")
    log_level: str = choice(
        "INFO", "The least important lines that are logged.", "DEBUG", "INFO", "WARNING", "ERROR"
    )
    smtp_host: str = setting(
        text, "", "The mail server. Empty: letters are kept and can be read in the portal."
    )
    smtp_port: int = setting(whole, "587", "The mail server's port.")
    smtp_user: str = setting(text, "", "The user name at the mail server. Empty: no sign-in.")
    smtp_password: str = setting(text, "", "The password at the mail server.", secret=True)
    smtp_starttls: bool = setting(
        yes_no, "true", "Whether to encrypt mail by STARTTLS. Port 465 is always encrypted."
    )
    mail_from: str = setting(
        text, "countersign@localhost", "The sender of letters: an address, or Name <address>."
    )
    slack_bot_token: str = setting(
        text,
        "",
        "The token of a Slack app (xoxb-...) that writes to people directly. Empty: none.",
        secret=True,
    )
    slack_webhook: str = setting(
        text,
        "",
        "An incoming webhook of Slack, in place of a token: letters go to its channel.",
        secret=True,
    )
    slack_api: str = setting(
        http_address, "https://slack.com/api", "Where Slack is asked; GovSlack has an address."
    )
    teams_webhook: str = setting(
        text,
        "",
        "The address of a Microsoft Teams workflow that posts letters as cards. Empty: none.",
        secret=True,
    )
    max_upload_mb: int = setting(whole, "64", "The largest file that can be uploaded, in MB.")
    max_upload_rows: int = setting(whole, "1000000", "The most rows one uploaded list can have.")
    max_inflated_mb: int = setting(
        whole, "512", "The largest size of a spreadsheet once unpacked, in MB."
    )
    session_hours: int = setting(whole, "12", "How long a sign-in lasts, in hours.")
    session_idle_minutes: int = setting(
        whole, "120", "How long a sign-in lasts while nothing is done, in minutes."
    )
    allow_private_addresses: bool = setting(
        yes_no,
        "false",
        "Whether the portal may connect to identity providers, Slack or Teams at addresses inside "
        "(private, loopback), and there without https. For what you run yourself.",
    )
    ca_file: str = setting(
        text,
        "",
        "A file of certificate authorities (PEM) to trust for connections to identity providers, "
        "Slack and Teams, instead of the public ones.",
    )
    link_days: int = setting(whole, "30", "How long a personal link in a letter lasts, in days.")

    def flask_settings(self) -> dict[str, object]:
        """The same settings under the names that Flask and its extensions know."""
        return {
            "TESTING": self.environment == "test",
            "SECRET_KEY": self.secret_key,
            "SQLALCHEMY_DATABASE_URI": self.database_url,
            "MAX_CONTENT_LENGTH": self.max_upload_mb * 1_000_000 + 100_000,
            "PERMANENT_SESSION_LIFETIME": timedelta(hours=self.session_hours),
            "SESSION_COOKIE_NAME": "countersign",
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "SESSION_COOKIE_SECURE": self.base_url.startswith("https://"),
            "WTF_CSRF_TIME_LIMIT": None,
            "WTF_CSRF_SSL_STRICT": False,  # it asks for a referrer; see portal.web.incoming
        }


def settings() -> Iterator[Setting]:
    """Every setting, in the order of the documentation."""
    for each in fields(Config):
        plain: Setting = each.metadata["setting"]
        yield replace(plain, name=each.name.upper())


def read_config(environ: Mapping[str, str]) -> Config:
    """Read every setting from `environ`, or raise `ConfigError` naming the first bad one.

    Where no SECRET_KEY is given, one is made; outside tests it is kept in DATA_DIR.
    """
    values: dict[str, Any] = {}
    for each in settings():
        values[each.name.lower()] = _value(each, environ, values)
    values["secret_key"] = _checked_key(values)
    return Config(**values)


def init_app(app: Flask, config: Config) -> None:
    """Give `config` to the application, where `current_config()` finds it."""
    app.config.from_mapping(config.flask_settings())
    app.extensions["config"] = config
    if hops := config.trusted_proxies:
        proxied = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)
        app.wsgi_app = proxied  # type: ignore[method-assign]  # how Flask documents middleware


def current_config() -> Config:
    """The settings of the running application."""
    return cast(Config, current_app.extensions["config"])


def _value(wanted: Setting, environ: Mapping[str, str], above: Mapping[str, object]) -> object:
    given = environ.get(wanted.name, "").strip()
    if wanted.secret and not given:
        given = _from_file(wanted.name + "_FILE", environ)
    try:
        return wanted.read(given) if given else _default(wanted, above)
    except ValueError as expected:
        shown = "its value" if wanted.secret else repr(given)
        raise ConfigError(f"{wanted.name}: expected {expected}, found {shown}.") from None


def _default(wanted: Setting, above: Mapping[str, object]) -> object:
    return wanted.read(wanted.default.format_map(above))


def _from_file(name: str, environ: Mapping[str, str]) -> str:
    if not (path := environ.get(name, "").strip()):
        return ""
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as problem:
        raise ConfigError(f"{name}: cannot read {path} ({problem.strerror}).") from None


def _checked_key(values: Mapping[str, Any]) -> str:
    key: str = values["secret_key"]
    if values["environment"] == "production" and len(key) < 32:
        raise ConfigError(
            "SECRET_KEY: needed in production, at least 32 characters. "
            "Make one with: python3 -c 'import secrets; print(secrets.token_hex(32))'"
        )
    if key or values["environment"] == "test":
        return key or secrets.token_hex(32)
    return _kept_key(values["data_dir"] / "secret_key")


def _kept_key(path: Path) -> str:
    """Read the key kept at `path`; make it first where there is none."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_new(path, secrets.token_hex(32))
        key = path.read_text(encoding="ascii").strip()
    except OSError as problem:
        raise ConfigError(
            f"DATA_DIR: cannot keep a secret key in {path.parent} ({problem.strerror})."
        ) from None
    if len(key) < 32:
        raise ConfigError(f"SECRET_KEY: the key kept in {path} is damaged. Delete the file.")
    return key


def _write_new(path: Path, key: str) -> None:
    """Write `path` whole and readable by its owner alone, unless another process was first."""
    if path.exists():
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key)
    with suppress(FileExistsError):
        path.hardlink_to(draft)
    draft.unlink()
