"""What letters say and which ways they take: changed by the organisation, wished by people."""

from collections.abc import Mapping, Sequence
from typing import Any

from policies.errors import IllegalMove, Invalid
from policies.letter_kinds import KINDS, Channel, Text
from policies.letter_texts import DEFAULT_LANGUAGE, built_in
from policies.letter_ways import NONE, check_allowed, check_wish, listed
from policies.letters import check_text, example
from policies.permissions import EDIT_SETTINGS, ENTER_PORTAL, Actor, require
from portal import clock
from portal.db import db
from portal.models import Letter, LetterText, LetterWays, LetterWish, Person
from portal.queries.letter_ways import channels_set_up, own_text, ways_for
from portal.usecases.letters import Draft, write_letters
from portal.usecases.trail import record
from portal.usecases.unit import usecase


@usecase
def change_letter_text(kind: str, text: Text, *, by: Actor) -> None:
    """Have letters of this kind say `text` from now on. Invalid where it cannot be filled."""
    require(EDIT_SETTINGS, by, None)
    _require_listed(kind)
    text = check_text(kind, text)
    row = own_text(kind) or LetterText(kind=kind, language=DEFAULT_LANGUAGE)
    was = row.subject or built_in(kind).subject
    row.subject, row.body, row.button = text
    row.changed_at, row.changed_by = clock.now(), by.name
    db.session.add(row)
    record("letter text changed", row, by=by, was=was, now=text.subject, body=text.body)


@usecase
def reset_letter_text(kind: str, *, by: Actor) -> None:
    """Have letters of this kind say what comes with the product."""
    require(EDIT_SETTINGS, by, None)
    row = own_text(kind)
    if row is None:
        raise IllegalMove("This letter says what comes with the product already.")
    record("letter text restored", row, by=by, was=row.subject, body=row.body)
    db.session.delete(row)


@usecase
def change_letter_ways(
    kind: str, channels: Sequence[str], *, may_stop: bool = False, by: Actor
) -> None:
    """Allow these channels for a kind, the first being the usual one."""
    require(EDIT_SETTINGS, by, None)
    _require_listed(kind)
    now = check_allowed(kind, channels, may_stop=may_stop)
    row = db.session.get(LetterWays, kind) or LetterWays(kind=kind)
    was = list(row.channels or ())
    row.channels, row.may_stop = [each.value for each in now.channels], now.may_stop
    db.session.add(row)
    record("letter ways changed", row, by=by, now=row.channels, may_stop=row.may_stop, was=was)


@usecase
def wish_for_letters(wishes: Mapping[str, str], *, by: Actor) -> int:
    """What the person who asks wants of each kind: "" as usual, "none", or a channel.

    Returns how many of them changed.
    """
    require(ENTER_PORTAL, by, None)
    person = db.session.get_one(Person, by.person_id)
    ways = ways_for([person.id])
    changed = {
        kind: check_wish(ways, kind, wish)
        for kind, wish in wishes.items()
        if wish != ways.wishes.get((person.id, kind), "")
    }
    for kind, wish in changed.items():
        _keep_wish(person, kind, wish, by)
    return len(changed)


@usecase
def stop_letters(person: Person, kind: str, *, by: Actor) -> None:
    """The person wants no more letters of this kind; done by a link in one of them."""
    check_wish(ways_for([person.id]), kind, NONE)
    _keep_wish(person, kind, NONE, by)


@usecase
def send_sample(kind: str, channel: Channel | None = None, *, by: Actor) -> Letter:
    """Write a letter of this kind to whoever asks, filled with examples."""
    require(EDIT_SETTINGS, by, None)
    if channel is not None and channel not in channels_set_up():
        raise IllegalMove(f"{channel.label} is not set up, so there is nothing to test.")
    person = db.session.get_one(Person, by.person_id)
    facts: dict[str, Any] = example(kind) | {"name": person.name}
    if kind == "test" and channel:
        facts["channel"] = channel.label
    key = f"sample:{kind}:{person.id}:{clock.now().isoformat()}"
    letters = write_letters(kind, [Draft(person, key, facts=facts)], channel=channel, by=by)
    if not letters:
        raise IllegalMove("You chose to get no such letters. Change that on your own page first.")
    letters[0].try_at = clock.now()
    return letters[0]


def _require_listed(kind: str) -> None:
    if kind not in listed():
        raise Invalid("There is no such letter.")


def _keep_wish(person: Person, kind: str, wish: str, by: Actor) -> None:
    row = db.session.get(LetterWish, (person.id, kind))
    was = row.channel if row else ""
    label = KINDS[kind].label
    record(
        "letter wish changed",
        person,
        by=by,
        kind=label,
        was=was or "as usual",
        now=wish or "as usual",
    )
    if row and not wish:
        db.session.delete(row)
    elif wish:
        row = row or LetterWish(person_id=person.id, kind=kind)
        row.channel = wish
        db.session.add(row)
