"""The post office: every letter once, in the end, whatever happens to mail server or worker."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Timer

import pytest
from sqlalchemy import select

from jobs.letters import deliver_letters
from policies.letter_kinds import Channel
from policies.lifecycle import LetterState
from policies.permissions import SYSTEM
from portal import clock
from portal.db import db
from portal.models import Letter, TrailLine
from portal.queries.links import url_of
from portal.usecases.carrying import (
    CLAIMED_FOR,
    MOST_ATTEMPTS,
    claim_letters,
    hold_letters,
    mark_unsent,
)
from portal.usecases.letters import write_letter
from portal.usecases.links import write_link
from tests.office import Office, office_of


@pytest.fixture
def office(app) -> Iterator[Office]:
    """The portal, set up to send by a mail server that is open."""
    with office_of(app) as office:
        yield office


def invite(person, key="a", **facts):
    link = write_link(person, "tasks", by=SYSTEM)
    said = {"application": "Figma", "campaign": "Q4", "due": "4 Dec", "instructions": ""}
    return write_letter("invitation", person, key=key, link=link, by=SYSTEM, **said, **facts)


def state_of(letter):
    db.session.expire_all()
    return letter.state


def test_without_a_mail_server_letters_are_kept(cast):
    letter = invite(cast.otto)
    deliver_letters()
    assert state_of(letter) is LetterState.KEPT


@pytest.mark.enable_socket
def test_a_letter_is_carried_with_its_personal_link_and_only_once(cast, office, run_jobs):
    letter = invite(cast.otto)
    run_jobs()
    deliver_letters()
    (carried,) = office.letters
    assert url_of(letter.link) in carried.mail.get_body(("plain",)).get_content()
    assert state_of(letter) is LetterState.SENT
    assert "{link}" in letter.body


@pytest.mark.enable_socket
def test_a_letter_without_a_link_names_the_page(cast, office):
    write_letter("attention", cast.alma, key="k", by=SYSTEM, campaign="Q4", what="it is archived")
    deliver_letters()
    text = office.letters[0].mail.get_body(("plain",)).get_content()
    assert "http://portal.test" in text
    assert "{" not in text
    assert "personal" not in text


@pytest.mark.enable_socket
def test_two_workers_never_carry_the_same_letter(app, cast, office):
    for number in range(12):
        invite(cast.otto, key=str(number))

    def work(_):
        with app.app_context():
            deliver_letters()
            db.session.remove()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
    names = [letter.mail["Message-ID"] for letter in office.letters]
    assert len(names) == len(set(names)) == 12


@pytest.mark.enable_socket
def test_what_a_dying_worker_had_claimed_is_carried_by_the_next(cast, office):
    letter = invite(cast.otto)
    assert claim_letters([letter.id], Channel.EMAIL).ids  # and then the worker was killed
    deliver_letters()
    assert office.letters == []
    clock.shift(CLAIMED_FOR + timedelta(seconds=1))
    deliver_letters()
    assert len(office.letters) == 1


def test_a_letter_that_is_being_carried_for_long_stays_with_its_carrier(cast):
    letter = invite(cast.otto)
    lot = claim_letters([letter.id], Channel.EMAIL)
    clock.shift(timedelta(seconds=25))
    hold_letters(lot)
    clock.shift(timedelta(seconds=50))
    assert claim_letters([letter.id], Channel.EMAIL).ids == []


def test_a_sign_of_life_that_comes_too_late_does_not_put_a_letter_off(cast):
    letter = invite(cast.otto)
    lot = claim_letters([letter.id], Channel.EMAIL)
    mark_unsent(letter, "The mail server does not answer.", by=SYSTEM)
    due = letter.try_at
    hold_letters(lot)
    db.session.refresh(letter)
    assert letter.try_at == due


@pytest.mark.enable_socket
def test_a_carrier_that_slept_through_the_time_of_its_letters_leaves_them_to_others(cast, office):
    letters = [invite(cast.otto, key=str(number)) for number in range(3)]
    office.on_data = lambda: clock.shift(CLAIMED_FOR + timedelta(seconds=1))
    deliver_letters()
    assert [state_of(letter) is LetterState.SENT for letter in letters] == [True, False, False]
    office.on_data = lambda: None
    deliver_letters()
    assert len({letter.mail["Message-ID"] for letter in office.letters}) == len(office.letters) == 3


@pytest.mark.enable_socket
def test_a_busy_database_makes_no_letter_arrive_twice(cast, office):
    letter = invite(cast.otto)
    if db.engine.dialect.name == "sqlite":  # waits for 15 seconds before it complains
        db.session.connection().exec_driver_sql("PRAGMA busy_timeout=10")
    busy = db.engine.connect().execution_options(writing=True)
    office.on_data = lambda: busy.execute(select(Letter.id).with_for_update())
    end = Timer(0.7, busy.close)
    end.start()
    deliver_letters()
    end.join()
    deliver_letters()
    assert (state_of(letter), len(office.letters)) == (LetterState.SENT, 1)


@pytest.mark.enable_socket
def test_a_letter_tried_again_is_the_same_message_and_one_sent_again_is_another(cast, office):
    letter = invite(cast.otto)
    office.answer_to_data = "451 busy"
    deliver_letters()
    assert letter.last_error == "The mail server refused the letter (451)."
    office.answer_to_data = "250 OK"
    clock.shift(timedelta(minutes=2))
    deliver_letters()
    (first,) = office.letters
    assert first.mail["Message-ID"].startswith(f"<letter-{letter.id}-0@")


@pytest.mark.enable_socket
def test_an_address_that_does_not_exist_is_not_asked_again(cast, office):
    letter = invite(cast.otto)
    office.answer_to_recipient = "550 5.1.1 no such user"
    deliver_letters()
    assert state_of(letter) is LetterState.FAILED
    assert letter.last_error == "The mail server refused the address (550 5.1.1)."


@pytest.mark.enable_socket
def test_someone_without_an_address_does_not_stop_the_others(cast, office):
    cast.max.email = None
    db.session.commit()
    lost, found = invite(cast.max, key="a"), invite(cast.otto, key="b")
    deliver_letters()
    assert state_of(lost) is LetterState.FAILED
    assert state_of(found) is LetterState.SENT


@pytest.mark.enable_socket
def test_a_letter_that_cannot_be_written_out_holds_up_no_other(cast, office):
    broken, whole = invite(cast.otto, key="a"), invite(cast.otto, key="b")
    broken.kind = "of a later version"
    db.session.commit()
    deliver_letters()
    assert (state_of(broken), state_of(whole)) == (LetterState.QUEUED, LetterState.SENT)
    assert broken.last_error == "It could not be written out (KeyError)."


@pytest.mark.enable_socket
def test_while_the_mail_server_is_away_letters_wait_and_one_says_why(app, cast, office):
    letters = [invite(cast.otto, key=str(number)) for number in range(3)]
    away = replace(app.extensions["config"], smtp_port=1)
    app.extensions["config"] = away
    deliver_letters()
    db.session.expire_all()
    assert {letter.state for letter in letters} == {LetterState.QUEUED}
    assert [bool(letter.last_error) for letter in letters] == [True, False, False]
    app.extensions["config"] = replace(away, smtp_port=office.port)
    clock.shift(timedelta(minutes=2))
    deliver_letters()
    assert len(office.letters) == 3


@pytest.mark.enable_socket
def test_a_letter_is_given_up_after_three_days_and_not_before(cast, office):
    letter = invite(cast.otto)
    office.answer_to_data = "451 busy"
    passed = timedelta()
    for _ in range(MOST_ATTEMPTS):
        assert state_of(letter) is LetterState.QUEUED
        passed += letter.try_at - clock.now() + timedelta(seconds=1)
        clock.shift(passed)
        deliver_letters()
    assert state_of(letter) is LetterState.FAILED
    assert timedelta(days=2, hours=12) < passed < timedelta(days=4)
    assert "letter failed" in set(db.session.scalars(select(TrailLine.verb)))


def test_the_same_letter_is_never_written_twice(cast):
    assert invite(cast.otto)
    assert invite(cast.otto) is None
    assert len(db.session.scalars(select(Letter)).all()) == 1
