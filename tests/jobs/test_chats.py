"""Letters by Slack and Teams: as published, with no word of theirs read as markup; and what
happens where a channel does not take one."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from jobs.letters import deliver_letters
from policies.lifecycle import LetterState
from policies.permissions import SYSTEM
from portal import clock
from portal.chat import slack_message, teams_message
from portal.db import db
from portal.models import Letter, LetterWays, LetterWish, Mailbox, Setting, TrailLine
from portal.queries.letter_ways import unreachable
from portal.queries.links import url_of
from portal.usecases.letters import write_letter
from portal.usecases.links import write_link
from tests.chat_office import TOKEN, ChatOffice, check_card_message, check_message, open_chats
from tests.office import Office, open_office
from tests.test_post import ENVELOPE

pytestmark = pytest.mark.enable_socket
EVIL = "<!channel> <@U1> *b* [x](http://evil.example) & {link} <at>all</at>"


@pytest.fixture
def chats(app, cast) -> Iterator[ChatOffice]:
    """Slack by a bot, and Teams, both open on loopback; no mail server."""
    own = app.extensions["config"]
    for key, value in {
        "letters_five_days": False,
        "letters_from_hour": 0,
        "letters_to_hour": 24,
    }.items():
        db.session.add(Setting(key=key, value=value))
    db.session.commit()
    with open_chats() as chats:
        app.extensions["config"] = replace(
            own,
            slack_bot_token=TOKEN,
            slack_api=f"{chats.address}/api",
            teams_webhook=f"{chats.address}/teams",
            allow_private_addresses=True,
        )
        yield chats
    app.extensions["config"] = own


@pytest.fixture
def mail(app, chats) -> Iterator[Office]:
    with open_office() as office:
        app.extensions["config"] = replace(
            app.extensions["config"],
            smtp_host="127.0.0.1",
            smtp_port=office.port,
            smtp_starttls=False,
        )
        yield office


def ways(*channels):
    db.session.add(LetterWays(kind="invitation", channels=list(channels), may_stop=False))
    db.session.commit()


def invite(person, key="a", application="Figma"):
    link = write_link(person, "tasks", by=SYSTEM)
    said = {"application": application, "campaign": "Q4", "due": "4 Dec", "instructions": ""}
    return write_letter("invitation", person, key=key, link=link, by=SYSTEM, **said)


def state_of(letter):
    db.session.expire_all()
    return letter.state


def test_slack_writes_to_the_person_alone_with_their_link_as_a_button(cast, chats):
    ways("slack")
    letter = invite(cast.olive, application=EVIL)
    deliver_letters()
    assert state_of(letter) is LetterState.SENT
    (message,) = chats.messages
    assert message["channel"] == "U0LIVE"
    (actions,) = [block for block in message["blocks"] if block["type"] == "actions"]
    assert actions["elements"][0]["url"] == url_of(letter.link)
    assert actions["elements"][0]["text"]["text"] == "Start the review"
    texts = [block["text"]["text"] for block in message["blocks"] if "text" in block]
    assert any("<!channel>" in text for text in texts)  # as plain_text, which Slack does not read
    assert "<" not in message["text"]
    assert "/in/" not in "".join(texts)


def test_a_webhook_posts_where_others_read_so_the_personal_link_stays_out(app, cast, chats):
    ways("slack")
    hook = f"{chats.address}/slack-hook"
    app.extensions["config"] = replace(
        app.extensions["config"], slack_bot_token="", slack_webhook=hook
    )
    letter = invite(cast.olive)
    deliver_letters()
    assert state_of(letter) is LetterState.SENT
    assert "/in/" not in str(chats.posts)
    assert "To Olive Owens" in str(chats.posts)
    assert "This link is personal" not in str(chats.posts)


def test_teams_gets_a_card_without_the_personal_link(cast, chats):
    ways("teams")
    letter = invite(cast.olive, application=EVIL)
    deliver_letters()
    assert state_of(letter) is LetterState.SENT
    (message,) = chats.cards
    assert "no password" not in str(message)  # behind its button one signs in
    assert message["to"] == "olive@example.com"
    assert "/in/" not in str(message)
    card = message["attachments"][0]["content"]
    assert {each["type"] for each in card["body"]} == {"RichTextBlock"}  # no markup is read there
    assert card["actions"][0]["url"] == "http://portal.test"


@pytest.mark.parametrize("text", ["word " * 4000, "x\n\n" * 900, "“ä" * 9000])
def test_a_long_letter_keeps_within_the_published_limits(text):
    long = replace(ENVELOPE, text=text, subject="s" * 400, page="http://portal.test")
    check_message(slack_message(long, in_private=True) | {"channel": "U1"})
    message = teams_message(long)
    check_card_message(message, 28_000)


def test_whom_slack_does_not_know_gets_mail(cast, chats, mail):
    ways("slack", "email")
    letter = invite(cast.max)
    deliver_letters()
    deliver_letters()
    assert (state_of(letter), letter.channel, letter.tried) == (
        LetterState.SENT,
        "email",
        ["slack"],
    )
    assert len(mail.letters) == 1
    assert invite(cast.max, key="b").channel == "email"  # not asked again
    assert "letter diverted" in set(db.session.scalars(select(TrailLine.verb)))


def test_a_channel_that_is_away_for_half_an_hour_is_gone_round_by_all(app, cast, chats, mail):
    ways("slack", "email")
    gone = replace(app.extensions["config"], slack_api="http://127.0.0.1:1/api")
    app.extensions["config"] = gone
    letters = [invite(cast.olive, key=str(number)) for number in range(3)]
    passed = timedelta()
    for minutes in (0, 2, 3, 5, 9):
        passed += timedelta(minutes=minutes)
        clock.shift(passed)
        deliver_letters()
    assert mail.letters == []
    assert {state_of(letter) for letter in letters} == {LetterState.QUEUED}
    clock.shift(passed + timedelta(minutes=20))
    deliver_letters()
    deliver_letters()
    assert {state_of(letter) for letter in letters} == {LetterState.SENT}
    assert len(mail.letters) == 3


def test_slack_says_when_to_come_again(cast, chats):
    ways("slack")
    letters = [invite(cast.olive, key="a"), invite(cast.otto, key="b")]
    chats.answers = [(429, {"Retry-After": "45"}, "slow down")]
    deliver_letters()
    db.session.expire_all()
    assert chats.messages == []
    assert letters[0].last_error == "It takes no more letters just now."
    assert timedelta(seconds=40) < letters[0].try_at - clock.now() <= timedelta(seconds=45)
    clock.shift(timedelta(seconds=46))
    deliver_letters()
    assert len(chats.messages) == 2


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((200, {}, '{"ok": false, "error": "invalid_auth"}'), "does not let the portal in"),
        ((200, {}, "<html>"), "not JSON"),
        ((500, {}, "secret xoxb-1"), "It answered with the status 500."),
        ((302, {"Location": "http://x.example"}, ""), "redirect"),
    ],
)
def test_what_slack_refuses_is_told_without_its_words_or_ours(cast, chats, answer, reason):
    ways("slack")
    letter = invite(cast.olive)
    chats.answers = [answer]
    deliver_letters()
    assert state_of(letter) is LetterState.QUEUED
    assert reason in letter.last_error
    assert not {"xoxb", "127.0.0.1", TOKEN} & set(letter.last_error.split())


def test_an_address_inside_is_not_asked_unless_that_is_allowed(app, cast, chats):
    ways("teams")
    shut = replace(app.extensions["config"], allow_private_addresses=False)
    app.extensions["config"] = shut
    letter = invite(cast.olive)
    deliver_letters()
    assert chats.cards == []
    assert state_of(letter) is LetterState.QUEUED
    assert "https://" in letter.last_error


def test_what_somebody_wants_goes_before_what_is_usual(cast, chats, mail):
    ways("email", "slack")
    db.session.add(LetterWish(person_id=cast.olive.id, kind="invitation", channel="slack"))
    db.session.add(LetterWish(person_id=cast.otto.id, kind="invitation", channel="teams"))
    db.session.commit()
    assert invite(cast.olive, key="a").channel == "slack"
    assert invite(cast.otto, key="b").channel == "email"  # Teams is not allowed for these
    assert write_letter("sign-in", cast.olive, key="c", by=SYSTEM).channel == "email"


def test_an_address_that_came_back_is_told_until_it_is_another(app, cast, chats, mail):
    app.extensions["config"] = replace(
        app.extensions["config"], teams_webhook="", slack_bot_token=""
    )
    mail.answer_to_recipient = "550 5.1.1 no such user"
    letter = invite(cast.olive)
    deliver_letters()
    assert state_of(letter) is LetterState.FAILED
    (why,) = unreachable([cast.olive, cast.otto]).values()
    assert "Letters to olive@example.com came back on" in why
    assert "refused the address (550 5.1.1)" in why
    assert db.session.get(Mailbox, (cast.olive.id, "email")).refused_at
    cast.olive.email = "olive.owens@example.com"
    db.session.commit()
    assert unreachable([cast.olive]) == {}


def test_no_more_letters_a_minute_than_the_organisation_wants(cast, chats, mail):
    db.session.add(Setting(key="letters_per_minute", value=2))
    db.session.commit()
    for number in range(5):
        invite(cast.olive, key=str(number))
    sent = []
    for seconds in (0, 30, 61, 122):
        clock.shift(timedelta(seconds=seconds))
        deliver_letters()
        sent.append(len(mail.letters))
    assert sent == [2, 2, 4, 5]
    assert {letter.state for letter in db.session.scalars(select(Letter))} == {LetterState.SENT}
