"""Carrying one letter to the mail server: the only place that speaks SMTP.

What a letter says is data: control characters never reach a header. A failure is told by
its code alone; the server's own words are left out, because some servers quote the letter,
and with it the personal link.
"""

import re
import smtplib
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import cast

from portal.config import Config
from portal.letterhead import Envelope, Picture, as_html, one_line, pictures_in
from portal.post.outcome import NotCarried, Unreachable

TIMEOUT = 20  # seconds for each answer of the mail server
_SAID = ("From", "Reply-To", "To", "Subject")
# A long subject would be folded before its first word, which some mail programs show as none at
# all. Lines may have 998 characters (RFC 5322, 2.1.1); what is encoded must be folded (RFC 2047).
_UNFOLDED = SMTP.clone(max_line_length=900)
# Programs that keep letters in one file write “>From ” where a line begins so (RFC 2049, 3).
_FROM = re.compile("^From ", re.MULTILINE)
_ENHANCED = re.compile(rb"[245]\.\d{1,3}\.\d{1,3}")


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
    if not envelope.address:
        raise NotCarried(f"{envelope.name} has no email address.", refused=True)
    try:
        server.send_message(message(envelope, config))
    except smtplib.SMTPRecipientsRefused as refusal:
        code, words = next(iter(refusal.recipients.values()))
        reason = f"The mail server refused the address ({_said(code, words)})."
        raise NotCarried(reason, refused=code >= 500) from None
    except smtplib.SMTPResponseException as refusal:
        reason = f"The mail server refused the letter ({_code(refusal)})."
        is_about_it = isinstance(refusal, smtplib.SMTPDataError) and refusal.smtp_code >= 550
        raise NotCarried(reason, for_good=is_about_it) from None
    except smtplib.SMTPNotSupportedError:
        reason = "The mail server does not take addresses with such letters."
        raise NotCarried(reason, for_good=True) from None
    except (ValueError, IndexError, MessageError):  # how email's parser says so
        raise NotCarried("The address is not one of email.", refused=True) from None
    except (OSError, smtplib.SMTPException) as problem:
        raise Unreachable(
            f"The mail server stopped answering ({type(problem).__name__})."
        ) from None


def message(envelope: Envelope, config: Config) -> EmailMessage:
    """The letter in the form of RFC 5322: text, and the same as HTML.

    It says that it was sent by a machine (RFC 3834), so that no holiday notice answers it.
    """
    sender_name, sender = parseaddr(config.mail_from)
    host = sender.rpartition("@")[2] or "localhost"
    mail = EmailMessage(policy=SMTP)
    mail["From"] = _address(_via(envelope.sender, sender_name), sender)
    if envelope.reply_to:
        mail["Reply-To"] = _address(envelope.sender, envelope.reply_to)
    mail["To"] = _address(envelope.name, envelope.address)
    mail["Subject"] = one_line(envelope.subject)
    mail["Date"] = format_datetime(envelope.at)
    mail["Message-ID"] = f"<{envelope.key}@{host}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    _place(mail, envelope, host)
    mail.set_content(envelope.text, cte="quoted-printable")
    mail.add_alternative(as_html(envelope), subtype="html", cte="quoted-printable")
    _shield(mail)
    _enclose(mail, pictures_in(envelope))
    if all(str(mail[name] or "").isascii() for name in _SAID):
        mail.policy = _UNFOLDED
    return mail


def _place(mail: EmailMessage, envelope: Envelope, host: str) -> None:
    """Beside the other letters about the same task; and how to stop its kind (RFC 8058)."""
    if envelope.thread:
        mail["In-Reply-To"] = mail["References"] = f"<{envelope.thread}@{host}>"
    if envelope.unsubscribe:
        mail["List-Unsubscribe"] = f"<{envelope.unsubscribe}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def _shield(mail: EmailMessage) -> None:
    """No line on its way begins with “From ”; it is read all the same."""
    for part in mail.iter_parts():
        part.set_payload(_FROM.sub("=46rom ", str(part.get_payload())))


def _enclose(mail: EmailMessage, pictures: Mapping[str, Picture]) -> None:
    """Put the pictures beside the HTML that shows them (RFC 2392)."""
    html = mail.get_body(("html",))
    for cid, picture in pictures.items():
        kind, _, sort = picture.media_type.partition("/")
        cast(EmailMessage, html).add_related(
            picture.content, kind, sort, cid=f"<{cid}>", disposition="inline"
        )


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
    return Address(one_line(name), addr_spec=address.strip())


def _code(refusal: smtplib.SMTPResponseException) -> str:
    return _said(refusal.smtp_code, refusal.smtp_error)


def _said(code: int, words: bytes | str) -> str:
    found = _ENHANCED.search(words if isinstance(words, bytes) else words.encode())
    return f"{code} {found[0].decode()}" if found else str(code)
