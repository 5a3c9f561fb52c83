"""The lifecycles of the product, one table per noun.

These tables alone say how a state may change. Use-cases, buttons and the
diagrams in the documentation are read from here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

from policies.errors import IllegalMove


class CampaignState(StrEnum):
    DRAFT = "draft"
    PREPARED = "in preparation"  # its reviews are there, and its reviewers do not know yet
    SCHEDULED = "scheduled"
    ACTIVE = "active"
    COMPLETED = "completed"
    ARCHIVED = "archived"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class SeriesState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    ENDED = "ended"


class ReviewState(StrEnum):
    PENDING = "pending"
    IN_REVIEW = "in review"
    REMEDIATION = "remediation"
    READY = "ready to submit"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"  # undecided at the due date, in a campaign that says so
    CLOSED = "closed"  # unfinished when its campaign was closed
    ERROR = "error"


class Verdict(StrEnum):
    """Where an item stands at its present level."""

    UNDECIDED = "undecided"
    APPROVED = "approved"
    REJECTED = "rejected"
    CHANGED = "changed"  # kept, but with less


LOSING = frozenset({Verdict.REJECTED, Verdict.CHANGED})  # something is to be taken away


class RemovalState(StrEnum):
    """What became of access that was rejected, or of the part of it to be taken away."""

    ACTION_REQUIRED = "action required"
    INACTIVE = "inactive"
    GONE = "no longer in app"
    REDUCED = "reduced"  # the account is there, without what was to be taken away


class SyncState(StrEnum):
    """One fetch or upload of a source, from arrival to being applied."""

    QUEUED = "queued"  # the file is kept; nobody has read it yet
    READING = "reading"
    MAPPING = "mapping"  # columns are recognised, and wait for a person to confirm them
    PREVIEW = "preview"  # rows are staged; nothing has changed yet
    REFUSED = "refused"  # the file has problems; nothing was or will be applied
    APPLYING = "applying"
    APPLIED = "applied"
    DISCARDED = "discarded"
    FAILED = "failed"


class LetterState(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    KEPT = "kept"  # no mail server is configured: readable in the portal
    FAILED = "failed"
    WITHDRAWN = "withdrawn"  # before it was carried


class ReportState(StrEnum):
    QUEUED = "queued"
    RENDERING = "rendering"
    READY = "ready"
    FAILED = "failed"


S = TypeVar("S", bound=StrEnum)


class Move(NamedTuple, Generic[S]):
    """A step from any of `sources` to `target`."""

    sources: frozenset[S]
    target: S


@dataclass(frozen=True)
class Lifecycle(Generic[S]):
    """The states a thing passes through, and the only moves between them."""

    noun: str
    moves: Mapping[str, Move[S]]

    def moves_from(self, state: S) -> Iterator[str]:
        """Name every move that leaves `state`, in table order."""
        return (name for name, move in self.moves.items() if state in move.sources)

    def allows(self, state: S, name: str) -> bool:
        return state in self.moves[name].sources

    def after(self, state: S, name: str) -> S:
        """Return the state that move `name` leads to, or raise IllegalMove."""
        if not self.allows(state, name):
            verb = name.replace("_", " ")
            raise IllegalMove(f"Cannot {verb} this {self.noun}: it is {state.value}.")
        return self.moves[name].target


def _move(*sources: S, to: S) -> Move[S]:
    return Move(frozenset(sources), to)


_C, _R, _Y, _S = CampaignState, ReviewState, SyncState, SeriesState
_OPEN_REVIEW = (_R.PENDING, _R.IN_REVIEW, _R.REMEDIATION, _R.READY)

CAMPAIGN = Lifecycle(
    "campaign",
    {
        "schedule": _move(_C.DRAFT, to=_C.SCHEDULED),
        "prepare": _move(_C.DRAFT, to=_C.PREPARED),
        "launch": _move(_C.SCHEDULED, _C.PREPARED, to=_C.ACTIVE),
        "unschedule": _move(_C.SCHEDULED, to=_C.DRAFT),
        "archive": _move(_C.SCHEDULED, to=_C.ARCHIVED),
        "complete": _move(_C.ACTIVE, to=_C.COMPLETED),
        "close": _move(_C.ACTIVE, to=_C.COMPLETED),
        "cancel": _move(_C.ACTIVE, _C.PREPARED, to=_C.CANCELLED),
        "expire": _move(_C.ACTIVE, to=_C.EXPIRED),
    },
)

SERIES = Lifecycle(
    "series",
    {
        "pause": _move(_S.RUNNING, to=_S.PAUSED),
        "resume": _move(_S.PAUSED, to=_S.RUNNING),
        "end": _move(_S.RUNNING, _S.PAUSED, to=_S.ENDED),
    },
)

REVIEW = Lifecycle(
    "review",
    {
        "start": _move(_R.PENDING, to=_R.IN_REVIEW),
        "remediate": _move(_R.IN_REVIEW, to=_R.REMEDIATION),
        "clear": _move(_R.IN_REVIEW, _R.REMEDIATION, to=_R.READY),
        "reopen_remediation": _move(_R.READY, to=_R.REMEDIATION),
        "submit": _move(_R.READY, to=_R.COMPLETED),
        "cancel": _move(*_OPEN_REVIEW, _R.ERROR, to=_R.CANCELLED),
        "expire": _move(_R.PENDING, _R.IN_REVIEW, _R.ERROR, to=_R.EXPIRED),
        "close": _move(*_OPEN_REVIEW, _R.ERROR, to=_R.CLOSED),
        "fail": _move(*_OPEN_REVIEW, to=_R.ERROR),
        "relaunch": _move(_R.ERROR, to=_R.PENDING),
    },
)

SYNC = Lifecycle(
    "import",
    {
        "read": _move(_Y.QUEUED, _Y.READING, to=_Y.READING),
        "propose": _move(_Y.READING, to=_Y.MAPPING),
        "map": _move(_Y.MAPPING, _Y.PREVIEW, _Y.REFUSED, to=_Y.QUEUED),
        "preview": _move(_Y.READING, to=_Y.PREVIEW),
        "refuse": _move(_Y.READING, _Y.APPLYING, to=_Y.REFUSED),
        "apply": _move(_Y.PREVIEW, to=_Y.APPLYING),
        "finish": _move(_Y.APPLYING, to=_Y.APPLIED),
        "discard": _move(_Y.MAPPING, _Y.PREVIEW, _Y.REFUSED, to=_Y.DISCARDED),
        "fail": _move(_Y.QUEUED, _Y.READING, _Y.APPLYING, to=_Y.FAILED),
        "retry": _move(_Y.FAILED, to=_Y.QUEUED),
    },
)

TO_LAUNCH = CAMPAIGN.moves["launch"].sources
OPEN_REVIEWS = frozenset(_OPEN_REVIEW)
CLOSED_REVIEWS = frozenset({_R.COMPLETED, _R.CANCELLED, _R.EXPIRED, _R.CLOSED})
