"""Carrying one letter to the mail server: the only place that speaks SMTP.

What a letter says is data: control characters never reach a header, and the HTML part is
the text, escaped. A failure is told by its code alone; the server's own words are left
out, because some servers quote the letter, and with it the personal link.
"""

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from html import escape

from portal.config import Config

TIMEOUT = 20  # seconds for each answer of the mail server
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_LINK = re.compile(r"https?://[^\s<>\"]+")
_ENHANCED = re.compile(rb"[245]\.\d{1,3}\.\d{1,3}")


@dataclass(frozen=True)
class Envelope:
    """A letter as it goes out. `key` names it in its Message-ID: the same letter, the same name.

    `sender` is whose name it comes in, and `reply_to` their address; empty where nobody's.
    """

    key: str
    name: str
    address: str
    subject: str
    text: str
    at: datetime
    sender: str = ""
    reply_to: str = ""


class NotCarried(Exception):
    """The letter was not taken. The message may be shown; `for_good`: trying again is no use."""

    def __init__(self, reason: str, *, for_good: bool = False) -> None:
        super().__init__(reason)
        self.for_good = for_good


class Unreachable(Exception):
    """There is no talking to the mail server at all. The message may be shown."""


@contextmanager
def mail_server(config: Config) -> Iterator[smtplib.SMTP]:
    """A connection that is encrypted and signed in as the settings say. Raises Unreachable."""
    try:
        server = _connected(config)
    except smtplib.SMTPAuthenticationError as refusal:
        raise Unreachable(f"The mail server refused the sign-in ({_code(refusal)}).") from None
    except smtplib.SMTPNotSupportedError:
        raise Unreachable("The mail server does not offer STARTTLS, or no sign-in.") from None
    except ssl.SSLError as problem:
        raise Unreachable(f"The mail server cannot be trusted ({problem.reason}).") from None
    except (OSError, smtplib.SMTPException) as problem:
        raise Unreachable(f"The mail server does not answer ({type(problem).__name__}).") from None
    try:
        yield server
    finally:
        with suppress(OSError, smtplib.SMTPException):
            server.quit()


def carry(envelope: Envelope, server: smtplib.SMTP, config: Config) -> None:
    """Hand one letter to `server`. Raises NotCarried, or Unreachable when the line broke."""
    try:
        server.send_message(message(envelope, config))
    except smtplib.SMTPRecipientsRefused as refusal:
        code, words = next(iter(refusal.recipients.values()))
        reason = f"The mail server refused the address ({_said(code, words)})."
        raise NotCarried(reason, for_good=code >= 500) from None
    except smtplib.SMTPResponseException as refusal:
        reason = f"The mail server refused the letter ({_code(refusal)})."
        is_about_it = isinstance(refusal, smtplib.SMTPDataError) and refusal.smtp_code >= 550
        raise NotCarried(reason, for_good=is_about_it) from None
    except smtplib.SMTPNotSupportedError:
        reason = "The mail server does not take addresses with such letters."
        raise NotCarried(reason, for_good=True) from None
    except (ValueError, IndexError, MessageError):  # how email's parser says so
        raise NotCarried("The address is not one of email.", for_good=True) from None
    except (OSError, smtplib.SMTPException) as problem:
        raise Unreachable(
            f"The mail server stopped answering ({type(problem).__name__})."
        ) from None


def message(envelope: Envelope, config: Config) -> EmailMessage:
    """The letter in the form of RFC 5322: text, and the same as simple HTML.

    It says that it was sent by a machine (RFC 3834), so that no holiday notice answers it.
    """
    sender_name, sender = parseaddr(config.mail_from)
    host = sender.rpartition("@")[2] or "localhost"
    mail = EmailMessage(policy=SMTP)
    mail["From"] = _address(_via(envelope.sender, sender_name), sender)
    if envelope.reply_to:
        mail["Reply-To"] = _address(envelope.sender, envelope.reply_to)
    mail["To"] = _address(envelope.name, envelope.address)
    mail["Subject"] = _line(envelope.subject)
    mail["Date"] = format_datetime(envelope.at)
    mail["Message-ID"] = f"<{envelope.key}@{host}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(envelope.text, cte="quoted-printable")
    mail.add_alternative(_html(envelope), subtype="html", cte="quoted-printable")
    return mail


def _via(person: str, portal: str) -> str:
    """Our own address stays the sender's, so that the mail server may vouch for it; the name says
    for whom."""
    return f"{person} via {portal or 'Countersign'}" if person else portal


def _connected(config: Config) -> smtplib.SMTP:
    trust = ssl.create_default_context()
    where = (config.smtp_host, config.smtp_port)
    if config.smtp_port == smtplib.SMTP_SSL_PORT:
        server: smtplib.SMTP = smtplib.SMTP_SSL(*where, timeout=TIMEOUT, context=trust)
    else:
        server = smtplib.SMTP(*where, timeout=TIMEOUT)
    try:
        if config.smtp_starttls and not isinstance(server, smtplib.SMTP_SSL):
            server.starttls(context=trust)
        if config.smtp_user:
            server.login(config.smtp_user, config.smtp_password)
    except BaseException:
        server.close()
        raise
    return server


def _address(name: str, address: str) -> Address:
    return Address(_line(name), addr_spec=address.strip())


def _line(text: str) -> str:
    return _CONTROL.sub(" ", text).strip()


def _html(envelope: Envelope) -> str:
    paragraphs = re.split(r"\n\s*\n", envelope.text.strip())
    body = "\n".join(f"<p>{_linked(each)}</p>" for each in paragraphs)
    title = escape(_line(envelope.subject))
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"</head>\n<body>\n{body}\n</body></html>\n"
    )


def _linked(paragraph: str) -> str:
    """The paragraph as HTML; only what stands there as an address becomes a link."""
    parts, end = [], 0
    for found in _LINK.finditer(paragraph):
        url = escape(found[0])
        parts += [escape(paragraph[end : found.start()]), f'<a href="{url}">{url}</a>']
        end = found.end()
    parts.append(escape(paragraph[end:]))
    return "".join(parts).replace("\n", "<br>\n")


def _code(refusal: smtplib.SMTPResponseException) -> str:
    return _said(refusal.smtp_code, refusal.smtp_error)


def _said(code: int, words: bytes | str) -> str:
    found = _ENHANCED.search(words if isinstance(words, bytes) else words.encode())
    return f"{code} {found[0].decode()}" if found else str(code)
