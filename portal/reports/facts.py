"""What an attestation says, as plain data. portal.queries.evidence fills these in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from portal.reports.planted import PlantedFacts

FINAL = frozenset({"completed", "expired", "closed", "cancelled", "archived"})


@dataclass(frozen=True)
class Cover:
    """What the report is about, and where it comes from. `subject` is an application or empty."""

    organisation: str
    campaign: str
    campaign_id: int
    occurrence: int
    subject: str
    frameworks: Sequence[str]
    state: str
    owner: str
    remediation_owner: str
    launched_at: datetime | None
    due_at: datetime
    ended_at: datetime | None
    accepts_late: bool
    undecided_rule: str
    report_id: int
    requested_by: str
    generated_at: datetime
    version: str

    @property
    def is_final(self) -> bool:
        """Whether what it is about can no longer change."""
        return self.state in FINAL


@dataclass(frozen=True)
class Move:
    """The due date was moved."""

    at: datetime
    was: datetime
    due_at: datetime
    reason: str
    by: str


@dataclass(frozen=True)
class Dates:
    """What was planned and what came of it. `outcome`: what the due date did, once it had come."""

    planned_launch: datetime | None
    launched_at: datetime | None
    planned_due: datetime
    due_at: datetime
    due_in_words: str
    moves: Sequence[Move]
    settled_at: datetime | None
    outcome: str
    ended_at: datetime | None
    closed_by: str
    reason: str


@dataclass(frozen=True)
class Signature:
    """One person's statement: a reviewer's sign-off, or the submission of a review.

    `is_rule`: nobody's; the campaign's rule closed what nobody had signed.
    """

    role: str
    name: str
    title: str
    email: str
    application: str
    statement: str
    method: str
    signed_at: datetime
    digest: str = ""
    is_rule: bool = False


@dataclass(frozen=True)
class Scope:
    """Filters and reviewers in words, and as they are stored; what the launch left out."""

    applications: str
    applications_raw: str
    accounts: str
    accounts_raw: str
    left_out: Sequence[tuple[str, str]] = ()  # application, reason
    levels: Sequence[str] = ()  # who reviews at each, in words
    fallbacks: str = ""
    remediation: str = ""
    reviewing_raw: str = ""
    by_entitlement: bool = False


@dataclass(frozen=True)
class Population:
    """One source of one application: from the rows of its file to the reviewed items."""

    application: str
    instance: str
    source: str
    file_name: str
    sha256: str
    uploaded_by: str
    applied_at: datetime | None
    is_complete: bool
    read: int
    skipped: int
    applied: int
    accounts: int | None  # different accounts in it, where the freeze noted them
    in_scope: int
    reviewed: int  # of the lines, where there are some
    lines: int | None = None  # of the accounts in scope: one for each entitlement


@dataclass(frozen=True)
class ReviewerLine:
    """What one reviewer did in one review. `seconds` is a median, `bulk` a share from 0 to 1."""

    name: str
    email: str
    application: str
    level: int
    basis: str
    items: int
    approved: int
    rejected: int
    undecided: int
    seconds: float | None
    bulk: float
    changed: int = 0


@dataclass(frozen=True)
class Result:
    """The outcome of one review."""

    application: str
    state: str
    items: int
    approved: int
    rejected: int
    undecided: int
    privileged: int
    signed_off_at: datetime | None
    submitted_at: datetime | None
    is_late: bool
    still_active: int
    changed: int = 0
    reduced: int = 0  # approved above, after a level below had taken some of it away


@dataclass(frozen=True)
class ItemLine:
    """One account in a list of the report, or one `entitlement` of it."""

    application: str
    label: str
    login: str
    roles: str
    decided_by: str
    decided_at: datetime | None
    comment: str
    flags: Sequence[str] = ()
    advice: str = ""  # what was recommended, and why
    entitlement: str = ""  # "role: Admin", where a line is one of them


@dataclass(frozen=True)
class RemovalLine:
    """A rejected account, or one left with less, and the proof that the access is gone.

    `takes`: what of it is to go; empty where all is.
    """

    item: ItemLine
    state: str
    found_status: str
    verified_at: datetime | None
    sync_id: int | None
    file_name: str
    sha256: str
    note: str
    takes: str = ""

    @property
    def took(self) -> timedelta | None:
        """From the decision to its verification."""
        if self.verified_at is None or self.item.decided_at is None:
            return None
        return self.verified_at - self.item.decided_at


@dataclass(frozen=True)
class Some:
    """The first of many: `total` counts them all."""

    lines: Sequence[ItemLine] | Sequence[RemovalLine]
    total: int

    @property
    def others(self) -> int:
        return self.total - len(self.lines)


@dataclass(frozen=True)
class Finding:
    """One kind of exception. `total` 0 means: looked for, and none was found."""

    title: str
    meaning: str
    total: int
    examples: Sequence[str] = ()


@dataclass(frozen=True)
class Trail:
    """The campaign's lines of the trail, and the whole chain's head when the report was ordered."""

    lines: int
    first_at: datetime | None
    last_at: datetime | None
    head_id: int
    head_hash: str


@dataclass(frozen=True)
class Sheet:
    """A CSV file that belongs to the report: attached, or only named by its hash."""

    name: str
    sha256: str
    size: int
    rows: int
    is_attached: bool
    meaning: str = ""


@dataclass(frozen=True)
class Attestation:
    """Everything an attestation prints."""

    cover: Cover
    dates: Dates
    signatures: Sequence[Signature]
    scope: Scope
    populations: Sequence[Population]
    reviewers: Sequence[ReviewerLine]
    results: Sequence[Result]
    removals: Some
    privileged: Some
    findings: Sequence[Finding]
    planted: PlantedFacts | None  # None: this campaign planted nothing
    trail: Trail
    sheets: Sequence[Sheet] = field(default=())
