"""Settings are read once, loudly, and are documented as they are."""

from pathlib import Path

import pytest

from portal.config import ConfigError, read_config, settings

PAGE = Path(__file__).parents[1] / "docs" / "operators" / "configuration.md"
LONG = "k" * 32


@pytest.fixture
def here(tmp_path):
    return {"DATA_DIR": str(tmp_path), "ENVIRONMENT": "test"}


def test_nothing_set_gives_an_embedded_development_portal(tmp_path):
    config = read_config({"DATA_DIR": str(tmp_path)})
    assert config.environment == "development"
    assert config.database_url == f"sqlite:///{tmp_path}/countersign.db"
    assert config.redis_url == f"unix://{tmp_path}/redis.sock"
    assert config.base_url == "http://127.0.0.1:8000"
    assert config.smtp_host == ""
    assert (config.max_upload_mb, config.max_upload_rows, config.link_days) == (64, 1_000_000, 30)


def test_the_address_follows_the_port(here):
    assert read_config({**here, "PORT": "9001"}).base_url == "http://127.0.0.1:9001"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_name_of_postgresql_means_psycopg_3(here, scheme):
    config = read_config({**here, "DATABASE_URL": f"{scheme}://u:p@db/countersign"})
    assert config.database_url == "postgresql+psycopg://u:p@db/countersign"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_STARTTLS", "maybe"),
        ("PORT", "eight"),
        ("LINK_DAYS", "-1"),
        ("ENVIRONMENT", "staging"),
        ("LOG_LEVEL", "LOUD"),
        ("BASE_URL", "reviews.example.org"),
        ("DATABASE_URL", "mysql://db/x"),
        ("REDIS_URL", "localhost:6379"),
    ],
)
def test_a_value_that_cannot_be_understood_names_its_variable(here, name, value):
    with pytest.raises(ConfigError, match=f"^{name}: expected "):
        read_config({**here, name: value})


def test_the_message_never_shows_a_secret(here):
    with pytest.raises(ConfigError) as refusal:
        read_config({**here, "DATABASE_URL": "mysql://root:hunter2@db/x"})
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize("key", ["", "short"])
def test_production_refuses_to_start_without_a_long_secret_key(tmp_path, key):
    environ = {"DATA_DIR": str(tmp_path), "ENVIRONMENT": "production", "SECRET_KEY": key}
    with pytest.raises(ConfigError, match=r"^SECRET_KEY"):
        read_config(environ)
    assert list(tmp_path.iterdir()) == []


def test_a_secret_is_read_from_a_file(here, tmp_path):
    secret = tmp_path / "key"
    secret.write_text(LONG + "\n")
    assert read_config({**here, "SECRET_KEY_FILE": str(secret)}).secret_key == LONG


def test_a_secret_file_that_is_missing_is_named(here):
    with pytest.raises(ConfigError, match=r"^SMTP_PASSWORD_FILE: cannot read /nowhere"):
        read_config({**here, "SMTP_PASSWORD_FILE": "/nowhere"})


def test_development_keeps_one_secret_key_for_itself(tmp_path):
    folder = tmp_path / "new" / "instance"
    first = read_config({"DATA_DIR": str(folder)})
    again = read_config({"DATA_DIR": str(folder)})
    assert first.secret_key == again.secret_key
    assert len(first.secret_key) == 64
    kept = folder / "secret_key"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in folder.iterdir()] == ["secret_key"]


def test_a_damaged_key_file_is_not_used(tmp_path):
    (tmp_path / "secret_key").write_text("")
    with pytest.raises(ConfigError, match="damaged"):
        read_config({"DATA_DIR": str(tmp_path)})


def test_an_https_address_makes_cookies_secure(here):
    plain = read_config(here).flask_settings()
    secure = read_config({**here, "BASE_URL": "https://reviews.example.org/"}).flask_settings()
    assert (plain["SESSION_COOKIE_SECURE"], secure["SESSION_COOKIE_SECURE"]) == (False, True)


def test_the_documentation_says_what_the_code_does():
    rows = [
        [cell.strip() for cell in line.strip("|\n").split("|")]
        for line in PAGE.read_text().splitlines()
        if line.startswith("| `")
    ]
    assert rows == [
        [
            f"`{each.name}`",
            each.kind,
            f"`{each.default}`" if each.default else "",
            each.meaning + (f" Or `{each.name}_FILE`." if each.secret else ""),
        ]
        for each in settings()
    ]
