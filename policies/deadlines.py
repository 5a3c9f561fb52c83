"""Due dates: what is late, what is said beforehand, and when the rule for what is undecided acts.

A due date is a moment. Whatever is decided in that very second is in time; what comes after is
late, or refused.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

NOTICE = timedelta(hours=48)
SLACK = timedelta(hours=1)  # a warning that is late by no more does not move anything
NOBODY = "Nobody (rule of the campaign)"  # who decided where the rule did


class Undecided(StrEnum):
    """What happens to undecided items at the due date."""

    LEAVE = "leave open"
    REJECT = "reject"
    EXPIRE = "expire the review"


@dataclass(frozen=True)
class Span:
    """A time in which decisions were late: after `after`, up to `until`, or without end."""

    after: datetime
    until: datetime | None = None

    def holds(self, moment: datetime) -> bool:
        return self.after < moment and (self.until is None or moment <= self.until)


@dataclass(frozen=True)
class Open:
    """What is undecided: `accounts` in `reviews`, of which nobody has begun `unstarted`.

    `noun` is what they are: accounts, or the lines of a campaign by entitlement.
    """

    accounts: int = 0
    reviews: int = 0
    unstarted: int = 0
    noun: str = "account"


def late_spans(due_at: datetime, moves: Iterable[tuple[datetime, datetime]]) -> list[Span]:
    """When decisions were late in a campaign that is due at `due_at` by now.

    `moves`: for each extension, when it was made and what the due date was until then. A late
    decision stays late when the due date is moved afterwards: it was late when it was taken.
    """
    spans = [Span(was, at) for at, was in sorted(moves) if at > was]
    return [*spans, Span(due_at)]


def is_late(moment: datetime, spans: Sequence[Span]) -> bool:
    return any(span.holds(moment) for span in spans)


def acts_at(due_at: datetime, known_since: datetime, warned_at: datetime | None) -> datetime | None:
    """When the rule acts; None before anybody was warned.

    That is the due date, if people were told 48 hours ahead (or, of a due date set later than
    that, at once). Where nobody was there to tell them, they have that time from the letter on.
    """
    if warned_at is None:
        return None
    notice = max(min(NOTICE, due_at - known_since), timedelta())
    return due_at if warned_at <= due_at - notice + SLACK else warned_at + notice


def later_by(days: int, due_at: datetime, zone: str) -> datetime:
    """A due date so many days later, at the same time on the wall."""
    local = due_at.astimezone(ZoneInfo(zone))
    moved = datetime.combine(local.date() + timedelta(days=days), local.time(), local.tzinfo)
    return moved.astimezone(UTC)


def in_zone(moment: datetime, zone: str) -> str:
    """Fri 4 Dec 2026, 17:00 CET; where a zone has no name of its own, 17:00 UTC+04:00."""
    local = moment.astimezone(ZoneInfo(zone))
    name, offset = local.tzname() or "", f"{local:%z}"
    said = name if name.isalpha() else f"UTC{offset[:3]}:{offset[3:]}"
    return f"{local:%a} {local.day} {local:%b %Y}, {local:%H:%M} {said}"


def foretold(rule: Undecided, when: str, left: Open) -> str:
    """What the due date will do to what is undecided now, as a sentence."""
    if not left.reviews:
        return f"The due date is {when}. Nothing is undecided."
    accounts, reviews = _undecided(left), _reviews(left.reviews)
    if rule is Undecided.REJECT:
        return f"On {when}, {accounts}{_in(left)} will be rejected.{_unstarted(rule, left)}"
    if rule is Undecided.EXPIRE:
        return f"On {when}, {reviews} with {accounts} will expire.{_unstarted(rule, left)}"
    stay = f"{accounts}{_in(left)} would stay so" if left.accounts else f"{reviews} are not started"
    return f"From {when} on, no decision is accepted. {stay}."


def foretold_late(when: str, left: Open) -> str:
    """The same where late decisions are accepted."""
    said = f"From {when} on, decisions are marked as late."
    return f"{said} {_undecided(left)}{_in(left)} so far."


def taken_until(when: str, *, has_passed: bool) -> str:
    """What the due date means where its rule acts later, because nobody was told in time."""
    if has_passed:
        return f"The due date was {when}; no decision is accepted any more."
    return f"Decisions are accepted until the due date, {when}."


def still_possible(rule: Undecided, *, takes_late: bool, decides: bool, runner: str) -> str:
    """What can be done about something overdue, as a sentence or more: `decides` says that
    decisions are missing; `runner` is who runs the campaign, empty for whoever reads it."""
    if not decides:
        return "This can still be done."
    if takes_late:
        return "Decisions are still accepted, and marked as late."
    coming = {
        Undecided.LEAVE: "",
        Undecided.REJECT: " What is undecided is rejected by the campaign's rule.",
        Undecided.EXPIRE: " Where something is undecided, the review expires.",
    }
    extend = f"ask {runner} to extend the due date" if runner else "extend the due date"
    closed = f"No decision is accepted any more; what was decided stays.{coming[rule]}"
    return f"{closed} If it is still to be decided, {extend}."


def came_to_pass(rule: Undecided, left: Open) -> str:
    """What the due date does, when it is there, for the trail and the campaign's owner."""
    if not left.reviews:
        return "nothing was undecided"
    what = f"{_undecided(left)}{_in(left)}"
    done = {
        Undecided.REJECT: "rejected by the campaign's rule",
        Undecided.EXPIRE: "the reviews expire",
        Undecided.LEAVE: "left open",
    }
    return f"{what}: {done[rule]}"


def rejected_note(when: str) -> str:
    """The comment on a decision that the rule took."""
    return f"Not decided by {when}; rejected by the rule of the campaign."


def expired_reason(when: str, undecided: int, items: int, noun: str = "account") -> str:
    """Why a review expired."""
    if not items:
        return f"Nobody had started it by {when}."
    return f"{undecided:,} of {_lines(items, noun)} were undecided on {when}."


def closed_statement(when: str, items: int, ruled: int, noun: str = "account") -> str:
    """What stands where a sign-off would: that nobody gave one."""
    said = f"Nobody attested this. When the due date came, {when}, the campaign's rule closed"
    said = f"{said} {_lines(items, noun)}. It rejected {ruled:,}, on which nobody had decided."
    others = items - ruled
    if not others:
        return said
    stand = "1 stands as its reviewer decided, who did not sign it off."
    if others > 1:
        stand = f"{others:,} stand as reviewers decided, who did not sign them off."
    return f"{said} {stand}"


def _in(left: Open) -> str:
    return f" in {_reviews(left.reviews)}" if left.reviews > 1 else ""


def _unstarted(rule: Undecided, left: Open) -> str:
    if not left.unstarted:
        return ""
    some = f"{_reviews(left.unstarted)} of these {'has' if left.unstarted == 1 else 'have'}"
    if left.unstarted == left.reviews:
        some = "It has" if left.reviews == 1 else "They have"
    then = "; the list as it is then counts" if rule is Undecided.REJECT else ""
    return f" {some} not been started{then}."


def _undecided(left: Open) -> str:
    return _lines(left.accounts, f"undecided {left.noun}")


def _lines(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _reviews(count: int) -> str:
    return f"{count:,} review{'' if count == 1 else 's'}"
