"""Reading how work goes that happens unattended: jobs, what waits for them, what failed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, literal, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from policies.lifecycle import TO_LAUNCH, LetterState, ReportState, SyncState
from portal import clock
from portal.db import db
from portal.models import (
    Campaign,
    IdentityProvider,
    Instance,
    JobRun,
    Letter,
    PausedJob,
    Report,
    Review,
    Source,
    Sync,
    Trouble,
)
from portal.queries.paging import Order, Page, page_of
from portal.queue import Job

SILENCE = timedelta(seconds=30)  # a run that was not heard of for so long lost its worker
LATE = 3  # times its usual pause: a job that was not begun for so long is late
SHOWN = 50  # failures of a kind on the page; the rest are counted, and lists have them

WORDS: Mapping[Job, str] = {
    Job.DELIVER_LETTERS: "Send letters",
    Job.LAUNCH_CAMPAIGNS: "Launch campaigns that are due",
    Job.START_REVIEWS: "Start reviews all at once, where that was asked for",
    Job.MIND_DUE_DATES: "Announce due dates, and do what they bring",
    Job.MIND_DELEGATES: "Let delegates begin and end",
    Job.MOVE_LEAVERS_ITEMS: "Pass on what leavers had to review",
    Job.REMIND_PEOPLE: "Remind and escalate",
    Job.READ_UPLOADS: "Read uploaded lists",
    Job.APPLY_SYNCS: "Apply lists",
    Job.RENDER_REPORTS: "Make reports",
    Job.TELL_OF_ENDINGS: "Tell of members whose access ends",
    Job.TEND_SAML: "Keep SAML metadata and keys current",
    Job.CHECK_PROVIDERS: "Check identity providers",
    Job.COUNT_HOLDINGS: "Count who holds what",
    Job.COUNT_CAMPAIGNS: "Count where campaigns stand",
    Job.SWEEP_SESSIONS: "End sessions that are over",
}


@dataclass(frozen=True)
class Waiting:
    """What waits for one job: how many rows, since when the oldest, and the trouble with them."""

    what: str
    waiting: int
    since: datetime | None
    working: int
    failed: int


@dataclass(frozen=True)
class Periodic:
    """One job: how often it is woken, how it last went, and when it is next."""

    job: Job
    run: JobRun | None
    paused: PausedJob | None
    put_aside: int

    @property
    def label(self) -> str:
        """What it does, in words."""
        return WORDS[self.job]

    @property
    def next_at(self) -> datetime | None:
        if self.run is None:
            return None
        return self.run.began_at + timedelta(seconds=self.run.seconds)

    @property
    def is_running(self) -> bool:
        if self.run is None or self.run.ended_at is not None:
            return False
        return clock.now() - self.run.heard_at < SILENCE

    @property
    def is_lost(self) -> bool:
        """Whether its worker fell silent in the middle of it."""
        return self.run is not None and self.run.ended_at is None and not self.is_running

    @property
    def late_by(self) -> timedelta | None:
        """How far its next run is behind; None where it is in time, runs, or is paused."""
        if self.run is None or self.is_running or self.paused:
            return None
        late = clock.now() - self.run.began_at
        return late if late > timedelta(seconds=LATE * self.run.seconds) else None


def is_paused(job: str) -> bool:
    """Whether a person paused it. Asked in a transaction of its own, to see what is new."""
    paused = db.session.scalar(select(PausedJob.name).where(PausedJob.name == job))
    return paused is not None


def troubles_of(job: Job) -> dict[str, bool]:
    """What the job could not do, by key: whether it is put aside."""
    rows = db.session.execute(
        select(Trouble.key, Trouble.put_aside_at).where(Trouble.job == job.value)
    )
    return {key: at is not None for key, at in rows}


def launch_key(campaign_id: int) -> str:
    """The name of a campaign's launch among the troubles."""
    return f"launch:{campaign_id}"


def trouble_with(key: str) -> Trouble | None:
    return db.session.scalar(select(Trouble).where(Trouble.key == key))


def periodic_jobs() -> list[Periodic]:
    """Every job with its latest run at any worker, in the order they are named in."""
    runs: dict[str, JobRun] = {}
    for run in db.session.scalars(select(JobRun).order_by(JobRun.began_at)):
        runs[run.job] = run
    paused = {each.name: each for each in db.session.scalars(select(PausedJob))}
    aside = dict(db.session.execute(_put_aside(Trouble.job).group_by(Trouble.job)).all())
    return [Periodic(job, runs.get(job), paused.get(job), aside.get(job, 0)) for job in Job]


def what_waits() -> list[Waiting]:
    """What waits in rows, for each kind of work. It is there whatever becomes of Redis."""
    now = clock.now()
    queued, due = Letter.state == LetterState.QUEUED, Letter.try_at <= now
    launching = Campaign.state.in_(TO_LAUNCH), Campaign.starts_at <= now
    wanted = IdentityProvider.check_wanted_at
    reading, applying = Sync.state == SyncState.READING, Sync.state == SyncState.APPLYING
    return [
        _waiting("Launches", Campaign.starts_at, *launching, failed=_launches_aside()),
        _waiting(
            "Starts of reviews", Campaign.start_wanted_at, Campaign.start_wanted_at.is_not(None)
        ),
        _waiting("Letters", Letter.try_at, queued, due, failed=_letters(LetterState.FAILED)),
        _waiting(
            "Imports",
            Sync.created_at,
            or_(Sync.state == SyncState.QUEUED, applying),
            working=_rows(Sync.id, reading),
            failed=_rows(Sync.id, Sync.state == SyncState.FAILED),
        ),
        _waiting(
            "Reports",
            Report.created_at,
            Report.state == ReportState.QUEUED,
            working=_rows(Report.id, Report.state == ReportState.RENDERING),
            failed=_rows(Report.id, Report.state == ReportState.FAILED),
        ),
        _waiting("Checks of identity providers", wanted, wanted.is_not(None)),
    ]


def reports_at_work() -> Sequence[Report]:
    """The reports that are being made."""
    return db.session.scalars(_reports(ReportState.RENDERING)).all()


def syncs_at_work() -> Sequence[Sync]:
    """The imports that are being read or applied."""
    return db.session.scalars(_syncs(SyncState.READING, SyncState.APPLYING)).all()


def failed_reports(cursor: str = "") -> Page[Report]:
    """Those that could not be made, the newest first, SHOWN at a time."""
    order = Order(Report.id, Report.id, descending=True)
    return page_of(_reports(ReportState.FAILED), order, cursor, SHOWN)


def failed_syncs() -> Sequence[Sync]:
    """The newest lists that could not be read or applied, at most SHOWN."""
    return db.session.scalars(_syncs(SyncState.FAILED).limit(SHOWN)).all()


def failed_letters() -> Sequence[Letter]:
    """The newest letters that could not be delivered, at most SHOWN."""
    failed = select(Letter).where(Letter.state == LetterState.FAILED)
    query = failed.options(joinedload(Letter.person)).order_by(Letter.id.desc())
    return db.session.scalars(query.limit(SHOWN)).all()


def put_aside(cursor: str = "") -> Page[Trouble]:
    """What jobs gave up, the newest first, SHOWN at a time."""
    aside = select(Trouble).where(Trouble.put_aside_at.is_not(None))
    return page_of(aside, Order(Trouble.id, Trouble.id, descending=True), cursor, SHOWN)


def stuck_count() -> int:
    """How much waits for somebody to try it again: imports, reports, and what jobs gave up."""
    parts = (
        _rows(Sync.id, Sync.state == SyncState.FAILED),
        _rows(Report.id, Report.state == ReportState.FAILED),
        _rows(Trouble.id, Trouble.put_aside_at.is_not(None)),
    )
    return sum(db.session.execute(select(*parts)).one())


def _put_aside(*columns: Any) -> Select[*tuple[Any, ...]]:
    return select(*columns, func.count()).where(Trouble.put_aside_at.is_not(None))


def _rows(key: Any, *where: Any) -> Any:
    return select(func.count(key)).where(*where).scalar_subquery()


def _letters(state: LetterState) -> Any:
    return _rows(Letter.id, Letter.state == state)


def _launches_aside() -> Any:
    aside = Trouble.put_aside_at.is_not(None)
    return _rows(Trouble.id, aside, Trouble.job == Job.LAUNCH_CAMPAIGNS.value)


def _waiting(
    what: str,
    since: Any,
    *where: Any,
    working: Any | None = None,
    failed: Any | None = None,
) -> Waiting:
    parts: list[Any] = [func.count(), func.min(since)]
    parts += [literal(0) if part is None else part for part in (working, failed)]
    return Waiting(what, *db.session.execute(select(*parts).where(*where)).one())


def _reports(state: ReportState) -> Select[Report]:
    return (
        select(Report)
        .where(Report.state == state)
        .options(
            joinedload(Report.campaign), joinedload(Report.review).joinedload(Review.application)
        )
        .order_by(Report.id.desc())
    )


def _syncs(*states: SyncState) -> Select[Sync]:
    return (
        select(Sync)
        .join(Sync.source)
        .outerjoin(Source.instance)
        .outerjoin(Instance.application)
        .options(
            contains_eager(Sync.source)
            .contains_eager(Source.instance)
            .contains_eager(Instance.application)
        )
        .where(Sync.state.in_(states))
        .order_by(Sync.id.desc())
    )
