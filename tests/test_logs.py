"""Log lines say what happened, and never who it happened to."""

import json
import logging

import pytest
import structlog
from flask import Flask, abort

from portal import config, logs

TOKEN = "q7Zr0m3nXk2VwL9s-TtYbA5eHj8uPdGc"  # as long as a personal link's
EMAIL = "olive.owner@example.org"


@pytest.fixture
def site(tmp_path):
    """A small site whose doors misbehave as doors do."""
    app = Flask("site")
    config.init_app(app, config.read_config({"DATA_DIR": str(tmp_path), "ENVIRONMENT": "test"}))
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.testing = False
    logs.init_app(app)

    @app.get("/link/<token>")
    def link(token):
        return "welcome"

    @app.get("/fails/<token>")
    def fails(token):
        raise ValueError(f"no person has {EMAIL}, token {token}")

    @app.get("/healthz")
    def healthz():
        return "fine"

    @app.get("/missing")
    def missing():
        abort(404)

    yield app.test_client()
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root = logging.getLogger()
    for ours in [each for each in root.handlers if isinstance(each, logs._Lines)]:
        root.removeHandler(ours)


@pytest.fixture
def lines(site, capsys):
    """Read the lines written since last asked."""
    return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_request_leaves_one_line_with_its_pattern_status_and_duration(site, lines):
    answer = site.get(f"/link/{TOKEN}?from={EMAIL}")
    (line,) = lines()
    assert line["event"] == "request"
    assert (line["method"], line["route"], line["status"]) == ("GET", "/link/<token>", 200)
    assert line["ms"] >= 0
    assert line["request_id"] == answer.headers["X-Request-ID"]


def test_neither_a_personal_link_nor_an_address_reaches_the_log(site, capsys):
    site.get(f"/link/{TOKEN}?email={EMAIL}", headers={"Referer": f"http://here/link/{TOKEN}"})
    site.get(f"/nowhere/{TOKEN}")
    assert site.get(f"/fails/{TOKEN}").status_code == 500
    logging.getLogger("library").warning("letter to %s, see /link/%s", EMAIL, TOKEN)
    structlog.get_logger("portal").info("sent", email=EMAIL, to=[EMAIL], link={"token": TOKEN})
    written = capsys.readouterr().err
    assert written.count("\n") == 6
    assert TOKEN not in written
    assert EMAIL not in written


@pytest.mark.parametrize("key", ["email", "full_name", "token", "password", "secret_key", "login"])
def test_what_names_or_opens_is_dropped_by_its_key(key):
    event = {"event": "x", key: "anything", "request_id": "r", "level": "info"}
    kept = logs.without_personal_data(None, "info", event)
    assert set(kept) == {"event", "request_id", "level"}


def test_the_line_of_a_failure_keeps_its_traceback(site, lines):
    site.get(f"/fails/{TOKEN}")
    failure, request = lines()
    assert failure["event"] == "request failed"
    assert failure["route"] == "/fails/<token>"
    assert "ValueError: no person has [email], token [token]" in failure["exception"]
    assert request["status"] == 500


def test_a_request_id_of_the_proxy_is_kept(site):
    answer = site.get("/link/x", headers={"X-Request-ID": "edge-0123456789"})
    assert answer.headers["X-Request-ID"] == "edge-0123456789"


@pytest.mark.parametrize("offered", ["short", "with space 123", "x" * 65, 'quote"0123456', ""])
def test_a_malformed_request_id_is_replaced(site, offered):
    answer = site.get("/link/x", headers={"X-Request-ID": offered})
    assert answer.headers["X-Request-ID"] != offered
    assert logs.REQUEST_ID.fullmatch(answer.headers["X-Request-ID"])


def test_a_healthy_probe_leaves_no_line(site, lines):
    site.get("/healthz")
    assert lines() == []


def test_an_unknown_page_is_logged_without_its_path(site, lines):
    site.get(f"/nowhere/{TOKEN}")
    (line,) = lines()
    assert (line["route"], line["status"]) == ("(no such page)", 404)


def test_ordinary_words_survive(site, lines):
    said = "ConnectionRefusedError while jobs.letters.deliver_letters ran"
    logging.getLogger("library").warning(said)
    (line,) = lines()
    assert line["event"] == said
