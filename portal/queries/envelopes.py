"""A letter as it goes out: its text with the link in it, its pictures, what it belongs to."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from policies.letter_kinds import KINDS
from portal import clock
from portal.config import current_config
from portal.db import db
from portal.letterhead import Envelope, Picture
from portal.models import Application, Letter, Logo
from portal.queries.letter_ways import text_of
from portal.queries.letters import address_in, page_of_letter, text_to_carry
from portal.queries.logos import organisation_logo
from portal.queries.settings import setting
from portal.tokens import seal


def envelope_of(letter: Letter) -> Envelope:
    """Everything a channel needs to carry the letter. Nobody but its person is to see it."""
    return Desk([letter]).envelope(letter)


class Desk:
    """Where letters are put into envelopes; what several have in common is looked up once."""

    def __init__(self, letters: Sequence[Letter]) -> None:
        self.organisation, self.logo = setting("organisation"), organisation_picture()
        self.buttons = {
            kind: text_of(kind).button for kind in {each.kind for each in letters} & KINDS.keys()
        }
        self.pictures = _pictures(letters)

    def envelope(self, letter: Letter) -> Envelope:
        """The letter as it goes out. Whatever is raised is about this one alone."""
        kind = KINDS[letter.kind]
        return Envelope(
            key=_key(letter),
            name=letter.person.name,
            address=letter.person.email or "",
            subject=letter.subject,
            text=text_to_carry(letter),
            at=clock.now(),
            sender=letter.sender.name if letter.sender else "",
            reply_to=(letter.sender.email or "") if letter.sender else "",
            organisation=self.organisation,
            link=address_in(letter) if kind.has_link else "",
            button=self.buttons[letter.kind],
            page=page_of_letter(letter),
            thread=_thread(letter),
            unsubscribe=stop_address(letter) if kind.may_stop else "",
            logo=self.logo,
            pictures=dict(
                self.pictures[each] for each in _applications(letter) if each in self.pictures
            ),
        )

    def _pictures_in(self, letter: Letter) -> Mapping[str, Picture]:
        listed = _applications(letter)
        return dict(self.pictures[each] for each in listed if each in self.pictures)


def stop_address(letter: Letter) -> str:
    """Where letters of this kind are stopped for its person, without signing in."""
    token = seal(f"stop:{letter.person_id}:{letter.kind}")
    return f"{current_config().base_url}/letters/stop/{token}"


def organisation_picture() -> Picture | None:
    """The logo at the top of every letter."""
    content = organisation_logo()
    return Picture(content) if content else None


def _key(letter: Letter) -> str:
    """Sent again on purpose, it is another message; tried again, it is the same one."""
    time = int(letter.sent_at.timestamp()) if letter.sent_at else 0
    return f"letter-{letter.id}-{time}"


def _thread(letter: Letter) -> str:
    """One thread for each person's part in a review, or in a campaign."""
    if letter.review_id:
        return f"review-{letter.review_id}-{letter.person_id}"
    return f"campaign-{letter.campaign_id}-{letter.person_id}" if letter.campaign_id else ""


def _applications(letter: Letter) -> Sequence[int]:
    """Those that a letter lists, by their ids."""
    return letter.facts.get("application_ids") or ()


def _pictures(letters: Sequence[Letter]) -> dict[int, tuple[str, Picture]]:
    """Name and logo of the applications these letters list, where they have one, by their ids."""
    ids = {number for letter in letters for number in _applications(letter)}
    if not ids:
        return {}
    query = (
        select(Application.id, Application.name, Logo.content)
        .join(Logo, Logo.sha256 == Application.logo)
        .where(Application.id.in_(ids))
    )
    return {each: (name, Picture(content)) for each, name, content in db.session.execute(query)}
