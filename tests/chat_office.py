"""Slack and Teams on loopback: they check what they are sent against what is published.

Slack: https://docs.slack.dev/reference/block-kit/blocks (limits of each block and element).
Teams: http://adaptivecards.io/schemas/adaptive-card.json, version 1.4, and the message that a
workflow's trigger "When a Teams webhook request is received" takes.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs

TOKEN = "xoxb-made-up"
PEOPLE = {"olive@example.com": "U0LIVE", "otto@example.com": "U0TTO"}

_BASE = {"type", "id", "fallback", "height", "separator", "spacing", "isVisible", "requires"}
_PROPERTIES = {
    "AdaptiveCard": {"type", "version", "body", "actions", "fallbackText", "$schema", "lang"},
    "RichTextBlock": _BASE | {"inlines", "horizontalAlignment"},
    "TextRun": {"type", "text", "color", "fontType", "highlight", "isSubtle", "italic"}
    | {"selectAction", "size", "strikethrough", "underline", "weight"},
    "Action.OpenUrl": {"type", "title", "url", "iconUrl", "id", "style", "fallback", "requires"},
}
_REQUIRED = {
    "AdaptiveCard": {"type", "version"},
    "RichTextBlock": {"type", "inlines"},
    "TextRun": {"type", "text"},
    "Action.OpenUrl": {"type", "url"},
}
_VALUES = {
    "size": {"Default", "Small", "Medium", "Large", "ExtraLarge"},
    "weight": {"Default", "Lighter", "Bolder"},
    "isSubtle": {True, False},
}


class ChatOffice:
    """What came in, and how it is answered: `answers` are (status, headers, body), first first."""

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self.messages: list = []
        self.cards: list = []
        self.posts: list = []
        self.looked_up = 0
        self.answers: list = []

    def slack(self, method: str, headers, body: bytes):
        if headers["Authorization"] != f"Bearer {TOKEN}":
            return {"ok": False, "error": "invalid_auth"}
        if method == "users.lookupByEmail":
            self.looked_up += 1
            found = PEOPLE.get(parse_qs(body.decode())["email"][0])
            answer = {"ok": True, "user": {"id": found}}
            return answer if found else {"ok": False, "error": "users_not_found"}
        message = json.loads(body)
        check_message(message)
        self.messages.append(message)
        return {"ok": True, "ts": "1.1"}

    def answer(self, path: str, headers, body: bytes):
        if path.startswith("/api/"):
            return self.slack(path.removeprefix("/api/"), headers, body)
        if path == "/slack-hook":
            check_blocks(json.loads(body)["blocks"])
            self.posts.append(json.loads(body))
            return "ok"
        check_card_message(json.loads(body), len(body))
        self.cards.append(json.loads(body))
        return ""


@contextmanager
def open_chats() -> Iterator[ChatOffice]:
    class Desk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, extra, said = 200, {}, None
            if office.answers:
                status, extra, said = office.answers.pop(0)
            try:
                said = office.answer(self.path, self.headers, body) if said is None else said
            except AssertionError as wrong:
                status, said = 400, f"not as published: {wrong}"
            raw = (said if isinstance(said, str) else json.dumps(said)).encode()
            self.send_response(status)
            for name, value in {**extra, "Content-Length": str(len(raw))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    server.daemon_threads = True
    office = ChatOffice(server.server_port)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield office
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def check_message(message) -> None:
    assert message["channel"]
    assert 0 < len(message["text"]) <= 40_000
    check_blocks(message["blocks"])


def check_blocks(blocks) -> None:
    assert 0 < len(blocks) <= 50
    for block in blocks:
        kind = block["type"]
        assert kind in {"header", "section", "actions", "context"}, kind
        if kind == "header":
            check_text(block["text"], 150)
        elif kind == "section":
            check_text(block["text"], 3000)
        elif kind == "actions":
            assert 0 < len(block["elements"]) <= 25
            for button in block["elements"]:
                assert set(button) <= {"type", "text", "url", "action_id", "value", "style"}
                assert button["type"] == "button"
                check_text(button["text"], 75)
                assert len(button["url"]) <= 3000
                assert len(button["action_id"]) <= 255
        else:
            assert 0 < len(block["elements"]) <= 10
            for element in block["elements"]:
                check_text(element, 3000)


def check_text(text, most: int) -> None:
    assert set(text) <= {"type", "text", "emoji"}, text
    assert text["type"] == "plain_text"
    assert 1 <= len(text["text"]) <= most, len(text["text"])


def check_card_message(message, size: int) -> None:
    assert size <= 28_000, size
    assert message["type"] == "message"
    (attached,) = message["attachments"]
    assert set(attached) == {"contentType", "contentUrl", "content"}
    assert attached["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attached["content"]
    assert card["version"] == "1.4"
    check_element(card)
    for element in [*card["body"], *card.get("actions", ())]:
        check_element(element)
        for run in element.get("inlines", ()):
            check_element(run)


def check_element(element) -> None:
    kind = element["type"]
    assert _REQUIRED[kind] <= set(element) <= _PROPERTIES[kind], (kind, set(element))
    for name, allowed in _VALUES.items():
        assert name not in element or element[name] in allowed, (name, element[name])
