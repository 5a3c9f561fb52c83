"""Carrying letters to a real mail server, in a thread of its own."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from portal.config import read_config
from portal.letterhead import Envelope, Picture, as_html
from portal.post.mail import carry, mail_server, message
from portal.post.outcome import NotCarried, Unreachable
from tests.office import Office, open_office

pytestmark = pytest.mark.enable_socket

ENVELOPE = Envelope(
    key="letter-7-0",
    name="Max Meyer",
    address="max@example.com",
    subject="Please review Salesforce",
    text="Hello Max,\n\nstart here:\n\nhttp://portal.test/in/token?a=1&b=2\n\n<b>Figma</b> & co\n",
    at=datetime(2026, 12, 4, 16, 30, tzinfo=UTC),
)


@pytest.fixture
def office() -> Iterator[Office]:
    with open_office() as office:
        yield office


@pytest.fixture
def config(office, tmp_path):
    return read_config(
        {
            "ENVIRONMENT": "test",
            "DATA_DIR": str(tmp_path),
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(office.port),
            "SMTP_STARTTLS": "false",
            "MAIL_FROM": "Access reviews <reviews@harrow-lane.example>",
        }
    )


def send(config, **changes) -> None:
    with mail_server(config) as server:
        carry(replace(ENVELOPE, **changes), server, config)


def test_a_letter_arrives_with_its_text_and_the_same_as_html(office, config):
    send(config)
    (letter,) = office.letters
    mail = letter.mail
    assert letter.to == ["max@example.com"]
    assert mail["From"] == "Access reviews <reviews@harrow-lane.example>"
    assert mail["To"] == "Max Meyer <max@example.com>"
    assert mail["Message-ID"] == "<letter-7-0@harrow-lane.example>"
    assert mail["Date"] == "Fri, 04 Dec 2026 16:30:00 +0000"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "http://portal.test/in/token?a=1&b=2" in mail.get_body(("plain",)).get_content()
    html = mail.get_body(("html",)).get_content()
    assert '<a href="http://portal.test/in/token?a=1&amp;b=2" style=' in html
    assert "&lt;b&gt;Figma&lt;/b&gt; &amp; co" in html


def test_a_line_that_begins_with_from_arrives_as_written(office, config):
    send(config, text="Hello,\n\nFrom Fri 4 Dec 2026 on, no decision is accepted.\n")
    mail = office.letters[0].mail
    assert "\r\nFrom Fri 4 Dec" in mail.get_body(("plain",)).get_content()
    assert "From Fri 4 Dec 2026 on" in mail.get_body(("html",)).get_content()


@pytest.mark.parametrize("first", ["Alma", "Dagný"])
def test_a_long_subject_begins_on_the_line_that_names_it(config, first):
    subject = f"{first} Ahlgren gave you the access review of Salesforce, due Fri 4 Dec 2026"
    mail = message(replace(ENVELOPE, subject=subject), config)
    assert mail["Subject"] == subject
    assert re.search(rb"^Subject: \S", bytes(mail), re.MULTILINE)


@pytest.mark.parametrize(
    "evil", ["\r\nBcc: eve@evil.example", "\nX-Evil: 1", "\0", "\u2028Bcc: e@x"]
)
def test_text_from_outside_never_becomes_a_header(office, config, evil):
    send(config, subject=f"Review{evil}", name=f"Max{evil}")
    (letter,) = office.letters
    assert letter.to == ["max@example.com"]
    assert not {"Bcc", "X-Evil"} & set(letter.mail.keys())


def test_a_foreign_name_and_subject_arrive_as_written(office, config):
    send(config, name="Dagný Jónsdóttir", subject="Prüfung: „Salesforce“")
    mail = office.letters[0].mail
    assert mail["To"] == "Dagný Jónsdóttir <max@example.com>"
    assert mail["Subject"] == "Prüfung: „Salesforce“"


@pytest.mark.parametrize("address", ["", "max", "max@", "a@b.example\r\nRCPT TO:<eve@x.example>"])
def test_what_is_no_address_is_given_up(office, config, address):
    with pytest.raises(NotCarried) as refusal:
        send(config, address=address)
    assert refusal.value.for_good
    assert office.letters == []


def test_a_refused_address_is_given_up_with_the_code_alone(office, config):
    office.answer_to_recipient = "550 5.1.1 no such user max@example.com"
    with pytest.raises(NotCarried, match=r"refused the address \(550 5\.1\.1\)\.$") as refusal:
        send(config)
    assert refusal.value.for_good


def test_a_server_that_quotes_the_link_does_not_bring_it_into_the_reason(office, config):
    office.answer_to_data = "554 5.7.1 blocked: http://portal.test/in/token"
    with pytest.raises(NotCarried) as refusal:
        send(config)
    assert "token" not in str(refusal.value)


def test_a_busy_server_is_asked_again_later(office, config):
    office.answer_to_data = "451 4.3.0 try later"
    with pytest.raises(NotCarried, match="451") as refusal:
        send(config)
    assert not refusal.value.for_good


def test_the_portal_signs_in_where_a_user_is_set(office, config):
    send(replace(config, smtp_user="portal", smtp_password="right"))
    assert len(office.letters) == 1


def test_a_wrong_password_is_told_without_the_password(office, config):
    with pytest.raises(Unreachable, match="refused the sign-in") as problem:
        send(replace(config, smtp_user="portal", smtp_password="secret-wrong"))
    assert "secret" not in str(problem.value)


def test_nothing_is_sent_in_the_clear_where_encryption_was_asked_for(office, config):
    with pytest.raises(Unreachable, match="STARTTLS"):
        send(replace(config, smtp_starttls=True))
    assert office.letters == []


def test_a_server_that_is_not_there_is_told(office, config):
    with pytest.raises(Unreachable, match="does not answer"):
        send(replace(config, smtp_port=1))


def test_every_line_is_short_enough_for_any_mail_server(config):
    raw = bytes(message(replace(ENVELOPE, text="long " * 1000, subject="ä" * 400), config))
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_a_letter_in_somebodys_name_shows_them_and_answers_go_to_them(office, config):
    mail = message(replace(ENVELOPE, sender="Alma\nAhlgren", reply_to="alma@example.com"), config)
    sender = mail["From"].addresses[0]
    assert sender.display_name == "Alma Ahlgren via Access reviews"
    assert sender.addr_spec == "reviews@harrow-lane.example"
    assert mail["Reply-To"].addresses[0].addr_spec == "alma@example.com"
    assert message(ENVELOPE, config)["Reply-To"] is None


def test_the_link_becomes_a_button_and_the_foot_is_small(config):
    link = "http://portal.test/in/token?a=1&b=2"
    text = f"{ENVELOPE.text}\n-- \nHarrow Lane, by Countersign\n"
    changes = {"text": text, "link": link, "button": "Start <now>", "organisation": "Harrow Lane"}
    html = as_html(replace(ENVELOPE, **changes))
    assert ">Start &lt;now&gt;</a>" in html
    assert html.count('href="http://portal.test/in/token?a=1&amp;b=2"') == 2
    body, foot = html.split("Or open this address")
    assert "Harrow Lane, by Countersign" in foot
    assert "-- " not in foot
    assert "prefers-color-scheme: dark" in body


def test_letters_of_one_task_stand_together_and_a_digest_can_be_stopped(config):
    mail = message(replace(ENVELOPE, thread="review-4-7", unsubscribe="http://p.test/x"), config)
    assert mail["References"] == mail["In-Reply-To"] == "<review-4-7@harrow-lane.example>"
    assert mail["List-Unsubscribe"] == "<http://p.test/x>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message(ENVELOPE, config)["References"] is None


def test_pictures_come_with_the_letter_and_are_named_where_they_are_shown(office, config):
    logo, figma = Picture(b"\x89PNG one"), Picture(b"\x89PNG two")
    text = "Hello Max,\n\n- Figma\n- Miro\n"
    unseen = {"Figma": figma, "Slack": Picture(b"\x89PNG three")}
    send(config, text=text, logo=logo, pictures=unseen, organisation="Harrow Lane")
    mail = office.letters[0].mail
    html = mail.get_body(("related", "html")).get_body(("html",)).get_content()
    shown = {part["Content-ID"]: part.get_content() for part in mail.walk() if part["Content-ID"]}
    assert shown == {f"<{each.cid}>": each.content for each in (logo, figma)}
    assert all(f'src="cid:{each.cid}"' in html for each in (logo, figma))
    assert mail.get_body(("plain",)).get_content().splitlines() == text.splitlines()
