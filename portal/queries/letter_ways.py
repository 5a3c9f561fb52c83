"""What letters say here and which ways they take: the organisation's choices, people's wishes."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import InstrumentedAttribute

from policies.letter_kinds import Channel, Text
from policies.letter_texts import DEFAULT_LANGUAGE, built_in
from policies.letter_ways import Allowed, Ways
from policies.working_time import WorkingTime, zone_of
from portal.config import current_config
from portal.db import db
from portal.models import LetterText, LetterWays, LetterWish, Mailbox, Person
from portal.queries.settings import all_settings, setting

CHUNK = 500  # ids in one statement
MANY = 2_000


def own_text(kind: str, language: str = DEFAULT_LANGUAGE) -> LetterText | None:
    """What the organisation made of this text; None where it did not."""
    return db.session.get(LetterText, (kind, language))


def own_texts() -> dict[str, LetterText]:
    """Every text that was changed, by its kind."""
    return {each.kind: each for each in db.session.scalars(select(LetterText))}


def text_of(kind: str) -> Text:
    """What a letter of this kind says."""
    own = own_text(kind)
    return Text(own.subject, own.body, own.button) if own else built_in(kind)


def channels_set_up() -> list[Channel]:
    """The channels that this installation can use."""
    config = current_config()
    having = {
        Channel.EMAIL: config.smtp_host,
        Channel.SLACK: config.slack_bot_token or config.slack_webhook,
        Channel.TEAMS: config.teams_webhook,
    }
    return [channel for channel, value in having.items() if value]


def ways_for(person_ids: Collection[int]) -> Ways:
    """Everything that decides which way letters to these people take."""
    allowed = {
        each.kind: Allowed([Channel(name) for name in each.channels], each.may_stop)
        for each in db.session.scalars(select(LetterWays))
    }
    wishes: dict[tuple[int, str], str] = {}
    refused: dict[int, list[Channel]] = {}
    for some in _among(LetterWish.person_id, person_ids):
        for wish in db.session.scalars(select(LetterWish).where(some)):
            wishes[wish.person_id, wish.kind] = wish.channel
    for box in _refused(person_ids):
        refused.setdefault(box.person_id, []).append(Channel(box.channel))
    return Ways(channels_set_up(), allowed, wishes, refused, setting("letters_gathered"))


def invitations_for(asked: Iterable[int]) -> int:
    """How many letters invite people, of whom `asked` has the id once for each of their reviews."""
    times = Counter(asked)
    ways = ways_for(times)
    return sum(1 if ways.gathers(person_id) else n for person_id, n in times.items())


def mailbox_of(person_id: int, channel: Channel) -> Mailbox | None:
    """Where somebody is on a channel, as it was last found."""
    return db.session.get(Mailbox, (person_id, channel.value))


def unreachable(people: Sequence[Person]) -> Mapping[int, str]:
    """Why letters about tasks reach some of these people by no way, a sentence each by their id."""
    lost = reached_by_nothing({each.id: each.email for each in people})
    boxes = {box.person_id: box for box in _refused(lost)}
    return {each.id: _why(each, boxes.get(each.id)) for each in people if each.id in lost}


def reached_by_nothing(emails: Mapping[int, str | None]) -> set[int]:
    """Whom letters about tasks reach by no way, of these people with their addresses.

    Nobody is unreachable while letters are kept in the portal, for want of any channel.
    """
    ways = ways_for([])
    open_ = {each for each in ways.of("invitation").channels if each in ways.set_up}
    if not open_ or Channel.TEAMS in open_:
        return set()
    refused: dict[int, set[Channel]] = {}
    for box in _refused(emails):
        refused.setdefault(box.person_id, set()).add(Channel(box.channel))
    return {i for i, email in emails.items() if not email or open_ <= refused.get(i, set())}


def working_times() -> "WorkingTimes":
    """When letters that can wait are sent, for anybody."""
    return WorkingTimes(all_settings())


class WorkingTimes:
    """The organisation's hours, in each person's time zone."""

    def __init__(self, settings: Mapping[str, object]) -> None:
        self.settings = settings

    def of(self, person: Person | None) -> WorkingTime:
        """The hours where somebody is; the organisation's own for nobody."""
        return self.where(person.attributes if person else {})

    def where(self, attributes: Mapping[str, Any]) -> WorkingTime:
        """The same for somebody with these attributes."""
        return WorkingTime(
            zone_of(attributes, str(self.settings["letters_zone"])),
            int(str(self.settings["letters_from_hour"])),
            bool(self.settings["letters_five_days"]),
            int(str(self.settings["letters_to_hour"])),
        )

    def moment_for(self, person: Person, now: datetime) -> datetime:
        """`now`, or when their next working time begins."""
        return self.of(person).next_from(now)


def _refused(person_ids: Collection[int]) -> Sequence[Mailbox]:
    """Mailboxes that take nothing, as long as the person still has that address."""
    refused = (
        select(Mailbox, Person.email)
        .join(Person, Person.id == Mailbox.person_id)
        .where(Mailbox.refused_at.is_not(None))
    )
    found = [row for some in _among(Mailbox.person_id, person_ids)
             for row in db.session.execute(refused.where(some))]  # fmt: skip
    return [box for box, email in found
            if box.channel != Channel.EMAIL or box.address == email]  # fmt: skip


def _among(
    column: InstrumentedAttribute[int], ids: Collection[int]
) -> Iterator[ColumnElement[bool]]:
    """Conditions that together find these ids. Few people are refused, or wish for anything: where
    thousands are asked about, all of those few are read."""
    wanted = sorted(set(ids))
    if len(wanted) > MANY:
        yield true()
        return
    for begin in range(0, len(wanted), CHUNK):
        yield column.in_(wanted[begin : begin + CHUNK])


def _why(person: Person, box: Mailbox | None) -> str:
    if not person.email or box is None or box.refused_at is None:
        return f"{person.name} has no email address."
    return f"Letters to {box.address} came back on {box.refused_at:%-d %b %Y}. {box.reason}"
