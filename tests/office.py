"""A real mail server in a thread, that can be told what to answer."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from types import SimpleNamespace

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from flask import Flask

from portal.db import db
from portal.models import Setting


class Office:
    """What the mail server received, and what it is to answer next."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.letters: list = []
        self.answer_to_data = "250 OK"
        self.answer_to_recipient = "250 OK"
        self.on_data: Callable[[], object] = lambda: None

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802  aiosmtpd's name
        if self.answer_to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer_to_recipient

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  as above
        self.on_data()
        if self.answer_to_data.startswith("250"):
            letter = message_from_bytes(envelope.content, policy=default)
            self.letters.append(SimpleNamespace(mail=letter, to=envelope.rcpt_tos))
        return self.answer_to_data


def sign_in(server, session, envelope, mechanism, data) -> AuthResult:
    good = isinstance(data, LoginPassword) and data.password == b"right"
    return AuthResult(success=good, handled=False)


@contextmanager
def open_office(kind: type[Office] = Office) -> Iterator[Office]:
    """The office, open at 127.0.0.1 and `office.port`; a test needs `enable_socket` for it."""
    office = kind(free_port())
    controller = Controller(
        office,
        hostname="127.0.0.1",
        port=office.port,
        authenticator=sign_in,
        auth_require_tls=False,
    )
    controller.start()
    try:
        yield office
    finally:
        controller.stop()


@contextmanager
def office_of(app: Flask) -> Iterator[Office]:
    """The office, and the portal set up to send by it at any hour."""
    own = app.extensions["config"]
    with open_office() as office:
        app.extensions["config"] = replace(
            own, smtp_host="127.0.0.1", smtp_port=office.port, smtp_starttls=False
        )
        hours = {"letters_five_days": False, "letters_from_hour": 0, "letters_to_hour": 24}
        db.session.add_all(Setting(key=key, value=value) for key, value in hours.items())
        db.session.commit()
        yield office
    app.extensions["config"] = own


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
