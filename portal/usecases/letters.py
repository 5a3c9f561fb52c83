"""Letters: written as rows, many at once; sent again. Carrying them is portal.usecases.carrying."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import update

from policies.errors import IllegalMove
from policies.letter_kinds import KINDS, Channel, Text
from policies.letter_ways import Ways
from policies.letters import written
from policies.lifecycle import LetterState
from policies.permissions import ADMINISTER, Actor, require
from policies.working_time import WorkingTime
from portal import clock
from portal.db import Base, db
from portal.models import Campaign, Letter, Link, Person, Review
from portal.queries.letter_ways import WorkingTimes, text_of, ways_for, working_times
from portal.queries.letters import CHUNK, waiting_for_hours, waits_for_hours, written_keys
from portal.queries.links import is_open
from portal.queries.settings import setting
from portal.queue import Job, enqueue
from portal.usecases.links import write_links
from portal.usecases.trail import record
from portal.usecases.unit import after_commit, bookkeeping, usecase


@dataclass(frozen=True)
class Draft:
    """A letter to be written. With `to_tasks` it gets a personal link: to the review it is
    about, or to all tasks where it is about none. `link`: one that was made before."""

    person: Person
    key: str
    about: Base | None = None
    to_tasks: bool = False
    link: Link | None = None
    facts: dict[str, Any] = field(default_factory=dict)


@usecase
def write_letter(  # noqa: PLR0913  what is known of a letter, by name
    kind: str,
    person: Person,
    *,
    key: str,
    by: Actor,
    link: Link | None = None,
    about: Base | None = None,
    held_until: datetime | None = None,
    channel: Channel | None = None,
    **facts: Any,
) -> Letter | None:
    """Write a letter, unless one with this `key` was written before (then None).

    It is not carried before `held_until`, and until then can be withdrawn. `channel`: this
    way and no other.
    `about` is the campaign or review it belongs to; `facts` fill the text's placeholders.
    A kind that comes in somebody's name comes in the name of `by`. Who wants none of this
    kind, and may do without, gets none; of a campaign in preparation, nobody gets any but
    the one who is told that something is wrong with it.
    """
    draft = Draft(person, key, about, link=link, facts=facts)
    letters = write_letters(kind, [draft], held_until=held_until, channel=channel, by=by)
    return letters[0] if letters else None


@usecase
def write_letters(
    kind: str,
    drafts: Sequence[Draft],
    *,
    held_until: datetime | None = None,
    channel: Channel | None = None,
    by: Actor,
) -> Sequence[Letter]:
    """Write letters of one kind, as `write_letter` does: those that are new and wanted."""
    ways = ways_for({draft.person.id for draft in drafts})
    known = written_keys([draft.key for draft in drafts])
    new = {draft.key: draft for draft in drafts if draft.key not in known
           and ways.wants(kind, draft.person.id) and not _is_too_early(kind, draft)}  # fmt: skip
    if not new:
        return []
    links = _links(list(new.values()), by)
    page = _Page(
        kind, text_of(kind), by, ways, working_times(), setting("organisation"), held_until, channel
    )
    letters = [page.written(draft, links.get(draft.key)) for draft in new.values()]
    db.session.add_all(letters)
    db.session.flush()
    for letter in letters:
        record("letter written", letter, by=by, kind=kind, person=letter.person_id)
    after_commit(lambda: enqueue(Job.DELIVER_LETTERS))
    return letters


@usecase
def resend_letter(letter: Letter, *, by: Actor) -> None:
    """Queue a letter again, whatever became of it. IllegalMove where its link is closed."""
    require(ADMINISTER, by, None)
    if letter.link and not is_open(letter.link):
        raise IllegalMove("The link in this letter no longer opens anything.")
    was = letter.state
    if was is LetterState.WITHDRAWN:
        raise IllegalMove("This letter was withdrawn, so it is not sent.")
    if was is LetterState.QUEUED and letter.try_at <= clock.now():
        raise IllegalMove("This letter is about to be sent already.")
    letter.state, letter.try_at, letter.attempts = LetterState.QUEUED, clock.now(), 0
    letter.tried, letter.failing_since = [], None
    if ways := ways_for([letter.person_id]).in_order(letter.kind, letter.person_id):
        letter.channel = ways[0].value
    record("letter queued again", letter, by=by, was=was, channel=letter.channel)
    after_commit(lambda: enqueue(Job.DELIVER_LETTERS))


@usecase
def drop_letters(letters: Sequence[Letter], reason: str, *, by: Actor) -> None:
    """Do not send these, which nobody has taken yet: nothing is left to do of what they ask."""
    for letter in letters:
        db.session.refresh(letter, with_for_update={"of": Letter})
        if letter.state is LetterState.QUEUED:
            letter.state, letter.last_error = LetterState.WITHDRAWN, reason
            record("letter withdrawn", letter, by=by, why=reason)


@bookkeeping
def time_letters_anew() -> int:
    """Have the letters that wait for working hours follow those that hold now. Gives how many
    do; whoever changes the hours records it."""
    hours, now = working_times(), clock.now()
    by_hours: dict[WorkingTime, list[int]] = {}
    for letter_id, attributes in waiting_for_hours():
        by_hours.setdefault(hours.where(attributes), []).append(letter_id)
    for working, ids in by_hours.items():
        moment = {"try_at": working.next_from(now)}
        for begin in range(0, len(ids), CHUNK):
            some = Letter.id.in_(ids[begin : begin + CHUNK]), waits_for_hours()
            db.session.execute(update(Letter).where(*some).values(moment))
    after_commit(lambda: enqueue(Job.DELIVER_LETTERS))
    return sum(map(len, by_hours.values()))


@dataclass(frozen=True)
class _Page:
    """What letters written together have in common."""

    kind: str
    text: Text
    by: Actor
    ways: Ways
    hours: WorkingTimes
    organisation: str
    held_until: datetime | None
    channel: Channel | None

    def written(self, draft: Draft, link: Link | None) -> Letter:
        now, kind = clock.now(), KINDS[self.kind]
        facts = self._usual_facts(draft.person, link) | draft.facts
        said = written(self.kind, facts, self.text)
        way = self.channel or self.ways.first(self.kind, draft.person.id)
        waits = kind.waits and self.ways.set_up
        return Letter(
            key=draft.key,
            kind=self.kind,
            person_id=draft.person.id,
            sender_id=self.by.person_id if kind.in_name else None,
            link_id=link.id if link else None,
            subject=said.subject,
            body=said.body,
            facts=facts,
            channel=way.value,
            try_at=self.held_until or (self.hours.moment_for(draft.person, now) if waits else now),
            held_until=self.held_until,
            created_at=now,
            **_place(draft.about),
        )

    def _usual_facts(self, person: Person, link: Link | None) -> dict[str, Any]:
        usual = {"name": person.name, "organisation": self.organisation, "sender": self.by.name}
        return usual | ({"until": f"{link.expires_at:%-d %B %Y}"} if link else {})


def _links(drafts: Sequence[Draft], by: Actor) -> dict[str, Link]:
    """The link of each letter that has one, by its key."""
    wanting = [draft for draft in drafts if draft.to_tasks]
    made = write_links([(draft.person, _review(draft)) for draft in wanting], by=by)
    given = {draft.key: draft.link for draft in drafts if draft.link}
    return given | {draft.key: link for draft, link in zip(wanting, made, strict=True)}


def _review(draft: Draft) -> Review | None:
    return draft.about if isinstance(draft.about, Review) else None


def _is_too_early(kind: str, draft: Draft) -> bool:
    """It is about a campaign that its reviewers are not to know of yet."""
    about = draft.about
    campaign = about.campaign if isinstance(about, Review) else about
    return kind != "attention" and isinstance(campaign, Campaign) and campaign.is_prepared


def _place(about: Base | None) -> dict[str, int]:
    if isinstance(about, Review):
        return {"campaign_id": about.campaign_id, "review_id": about.id}
    return {"campaign_id": about.id} if isinstance(about, Campaign) else {}
