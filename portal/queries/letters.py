"""Reading letters: lists of them, which are due, and how one reads when it is carried."""

import sys
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from policies.filters import Field, Filter, Kind
from policies.letter_kinds import KINDS, Channel
from policies.lifecycle import LetterState
from portal import clock
from portal.config import current_config
from portal.db import db
from portal.models import Campaign, Letter, Person, Review
from portal.queries.filters import Columns, Expression, contains, where
from portal.queries.links import is_open, url_of
from portal.queries.paging import Order
from portal.queries.settings import setting

CHUNK = 500  # keys in one statement
HIDDEN = "[personal link, hidden]"

_CAMPAIGN = (
    select(Campaign.name)
    .where(Campaign.id == Letter.campaign_id)
    .correlate(Letter)
    .scalar_subquery()
)
_COLUMNS: Columns = {
    "person": Person.name,
    "email": Person.email,
    "kind": Letter.kind,
    "state": Letter.state,
    "channel": Letter.channel,
    "subject": Letter.subject,
    "campaign": _CAMPAIGN,
    "written": Letter.created_at,
}
SORTS: Mapping[str, Expression] = {
    "written": Letter.created_at,
    "person": Person.name_key,
    "kind": Letter.kind,
    "state": Letter.state,
}
LETTER_FIELDS: Mapping[str, Field] = {
    field.key: field
    for field in (
        Field("state", "State", Kind.CHOICE, tuple(state.value for state in LetterState)),
        Field("kind", "Kind", Kind.CHOICE, tuple(KINDS)),
        Field("channel", "Channel", Kind.CHOICE, tuple(each.value for each in Channel)),
        Field("person", "Person"),
        Field("email", "Email"),
        Field("subject", "Subject"),
        Field("campaign", "Campaign"),
        Field("written", "Written", Kind.DATE),
    )
}


def letters_matching(filter: Filter, text: str = "") -> Select[Letter]:  # noqa: A002  the word of the grammar
    """Select letters under `filter` whose person, address or subject contains `text`."""
    query = (
        select(Letter)
        .join(Letter.person)
        .options(contains_eager(Letter.person))
        .where(where(filter, LETTER_FIELDS, _COLUMNS))
    )
    if text:
        places = (Person.name, Person.email, Letter.subject)
        query = query.where(or_(*(contains(place, text) for place in places)))
    return query


def letters_order(key: str, *, descending: bool) -> Order:
    return Order(SORTS[key], Letter.id, descending)


def due_letters(limit: int) -> dict[Channel, list[int]]:
    """The letters to carry now by the way they take, those that waited longest first."""
    due = Letter.state == LetterState.QUEUED, Letter.try_at <= clock.now()
    query = select(Letter.id, Letter.channel).where(*due).order_by(Letter.try_at, Letter.id)
    found: dict[Channel, list[int]] = {}
    for letter_id, channel in db.session.execute(query.limit(limit)):
        found.setdefault(Channel(channel), []).append(letter_id)
    return found


def waiting_for_hours() -> Sequence[tuple[int, Mapping[str, Any]]]:
    """The letters that wait for somebody's working time, nobody having tried to carry them: ids,
    and the attributes of those people."""
    return db.session.execute(
        select(Letter.id, Person.attributes)
        .join(Letter.person)
        .where(waits_for_hours(), Letter.kind.in_([kind for kind in KINDS if KINDS[kind].waits]))
        .order_by(Letter.id)
    ).all()


def waits_for_hours() -> ColumnElement[bool]:
    """Not yet due, and neither held back nor put off because it failed."""
    return and_(
        Letter.state == LetterState.QUEUED,
        Letter.try_at > clock.now(),
        Letter.held_until.is_(None),
        Letter.taken_at.is_(None),
        Letter.attempts == 0,
    )


def held_letters(kinds: Collection[str]) -> Sequence[Letter]:
    """Letters of these kinds that are held back, locked."""
    held = Letter.held_until.is_not(None), Letter.state == LetterState.QUEUED
    query = select(Letter).where(Letter.kind.in_(kinds), Letter.taken_at.is_(None), *held)
    return db.session.scalars(query.order_by(Letter.id).with_for_update()).all()


def letters_since(moment: datetime, kind: str, review: Review, person: Person) -> Sequence[Letter]:
    """Letters of a kind about a review to somebody that wait, written at `moment` or later."""
    about = Letter.review_id == review.id, Letter.person_id == person.id
    waits = Letter.state == LetterState.QUEUED, Letter.created_at >= moment
    return db.session.scalars(select(Letter).where(Letter.kind == kind, *about, *waits)).all()


def letters_to_carry(letter_ids: Sequence[int]) -> list[Letter]:
    """These letters in this order, with everything that goes out with them."""
    with_all = (joinedload(each) for each in (Letter.person, Letter.sender, Letter.link))
    query = select(Letter).where(Letter.id.in_(letter_ids)).options(*with_all)
    found = {each.id: each for each in db.session.scalars(query)}
    return [found[each] for each in letter_ids]


def room_for_letters() -> int:
    """How many letters may be taken just now, by the organisation's limit a minute."""
    most = setting("letters_per_minute")
    if not most:
        return sys.maxsize
    since = clock.now() - timedelta(minutes=1)
    taken = db.session.scalar(select(func.count()).where(Letter.taken_at > since)) or 0
    return max(0, int(most) - taken)


def fails_since(channel: Channel, moment: datetime) -> bool:
    """Whether a letter has been waiting for this channel since `moment` or before."""
    waits = Letter.state == LetterState.QUEUED, Letter.channel == channel.value
    query = select(Letter.id).where(*waits, Letter.failing_since <= moment).limit(1)
    return db.session.scalar(query) is not None


def written_keys(keys: Sequence[str]) -> set[str]:
    """Those of these keys whose letters were written already."""
    found: set[str] = set()
    for begin in range(0, len(keys), CHUNK):
        some = Letter.key.in_(keys[begin : begin + CHUNK])
        found.update(db.session.scalars(select(Letter.key).where(some)))
    return found


def letters_by_state() -> dict[LetterState, int]:
    rows = db.session.execute(select(Letter.state, func.count()).group_by(Letter.state))
    return dict(rows.all())


def address_in(letter: Letter) -> str:
    """What {link} stands for: the personal link, or the address of the page."""
    return url_of(letter.link) if letter.link else page_of_letter(letter)


def text_to_carry(letter: Letter) -> str:
    """What is sent: the body with the addresses in it."""
    return _with_addresses(letter, address_in(letter))


def text_to_show(letter: Letter) -> str:
    """What an Admin may read: a personal link only where the portal is its letter box.

    Whoever reads the link can act as the person. Without a mail server, showing it here is
    how it reaches them; with one, nobody but the person is to see it.
    """
    if letter.link is None or shows_link(letter):
        return text_to_carry(letter)
    return _with_addresses(letter, HIDDEN)


def shows_link(letter: Letter) -> bool:
    """Whether the letter is kept here, in place of a mail server, with a link still open."""
    kept = letter.state is LetterState.KEPT and not current_config().smtp_host
    return kept and letter.link is not None and is_open(letter.link)


def page_of_letter(letter: Letter) -> str:
    """The page in the portal that the letter is about; it lets nobody in by itself."""
    base = current_config().base_url
    if letter.review_id:
        return f"{base}/reviews/{letter.review_id}"
    return f"{base}/campaigns/{letter.campaign_id}" if letter.campaign_id else base


def _with_addresses(letter: Letter, address: str) -> str:
    preferences = f"{current_config().base_url}/you/letters"
    return letter.body.replace("{link}", address).replace("{preferences}", preferences)
