"""Exceptions: what an auditor asks about, looked for one by one. Not found is said, too."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    and_,
    exists,
    func,
    or_,
    select,
    type_coerce,
)

from policies.deadlines import Span
from policies.delegation import BASIS
from policies.lifecycle import LOSING, RemovalState, ReviewState, Verdict
from policies.reviewers import DENIED
from portal.models import (
    Application,
    Assignment,
    Campaign,
    Decision,
    Item,
    Removal,
    Review,
)
from portal.models.account import AccountKind
from portal.models.decision import How
from portal.queries.evidence_again import asked_again
from portal.queries.evidence_dates import spans_in, was_late
from portal.queries.evidence_reviewers import changes_found
from portal.queries.planted import real_in
from portal.reports.facts import Finding

EXAMPLES = 12
_LEFT_OUT = (ReviewState.CANCELLED, ReviewState.ERROR)
_ENDED = (ReviewState.EXPIRED, ReviewState.CLOSED)


class Look(NamedTuple):
    """One thing to look for among the items of the reviews."""

    title: str
    meaning: str
    condition: ColumnElement[bool]


def findings(view: Connection, ids: list[int]) -> list[Finding]:
    """Everything that was looked for, found or not, in the order it is printed."""
    about = (changes_found(view, ids), asked_again(view, ids))
    return [*_reviews(view, ids), *_items(view, ids), *about]


def _looks(spans: Sequence[Span]) -> tuple[Look, ...]:
    return (*_looks_at_deciding(spans), *_looks_at_reviewers(), *_looks_at_what_was_kept())


def _looks_at_deciding(spans: Sequence[Span]) -> tuple[Look, ...]:
    decided = Item.verdict != Verdict.UNDECIDED
    return (
        Look("Undecided", "Nobody decided on these accounts.", ~decided),
        Look(
            "Rejected or changed and not verified",
            "No list received after the sign-off shows that this access is gone.",
            and_(or_(Item.verdict.in_(LOSING), Item.is_reduced), ~_proven()),
        ),
        Look(
            "Decided own access",
            "Somebody decided on an account of their own.",
            and_(decided, Item.decided_by_id == Item.person_id),
        ),
        Look(
            "Decided before the launch",
            "While the campaign was in preparation, by somebody who runs reviews; the reviewers "
            "found the decision there.",
            _stands(Decision.decided_at < _launched()),
        ),
        Look(
            "Decided after the due date",
            "The decision that stands was taken after the due date that was in force then.",
            _stands(was_late(Decision.decided_at, spans)),
        ),
        Look(
            "Decided against the recommendation",
            "Approved though rejecting was recommended, or rejected though approving was; "
            "the reasons of each recommendation are in the files of the pack.",
            type_coerce(Item.is_against, Boolean),
        ),
        Look(
            "Decided by nobody",
            "When the due date came nobody had decided: the rule of the campaign rejected them.",
            _stands(Decision.how == How.POLICY),
        ),
    )


def _looks_at_reviewers() -> tuple[Look, ...]:
    def assigned(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
        return exists().where(Assignment.item_id == Item.id, *conditions)

    return (
        Look(
            "Nobody assigned",
            "No reviewer could be found by the campaign’s rules, nor was one named later.",
            ~assigned(),
        ),
        Look(
            "Fallback reviewer",
            "The campaign’s rules led to nobody, or to somebody who would have decided on their "
            "own access: its fallback stood in. The basis says which.",
            assigned(Assignment.basis.startswith("fallback")),
        ),
        Look(
            "Manager in place of somebody never assigned",
            "The reviewer is on the list of people never assigned.",
            assigned(Assignment.basis == DENIED),
        ),
        Look(
            "Decided by a delegate",
            "Somebody stood in for the reviewer; the basis says for whom.",
            assigned(
                Assignment.basis.startswith(BASIS),
                Assignment.person_id == Item.decided_by_id,
            ),
        ),
    )


def _looks_at_what_was_kept() -> tuple[Look, ...]:
    approved = Item.verdict == Verdict.APPROVED
    return (
        Look(
            "Kept for people who left",
            "Approved, although the holder was no longer in the organisation.",
            and_(approved, Item.is_past),
        ),
        Look(
            "Kept without a known holder",
            "Approved, although the account matches no known person.",
            and_(approved, Item.is_orphan),
        ),
        Look(
            "Kept unused",
            "Approved, although the account had not been used for a long time.",
            and_(approved, Item.is_inactive),
        ),
        Look(
            "Service accounts without an owner",
            "Approved, although nobody answers for the account.",
            and_(approved, Item.kind == AccountKind.SERVICE, Item.owner == ""),
        ),
    )


def _stands(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the decision that stands is one of these."""
    its = select(Decision.id).where(Decision.id == Item.decision_id, condition)
    return its.correlate(Item).exists()


def _launched() -> Any:
    """When the campaign of an item was launched."""
    its = select(Campaign.launched_at).join(Review, Review.campaign_id == Campaign.id)
    return its.where(Review.id == Item.review_id).correlate(Item).scalar_subquery()


def _proven() -> ColumnElement[bool]:
    return exists().where(Removal.item_id == Item.id, Removal.state != RemovalState.ACTION_REQUIRED)


def _items(view: Connection, ids: list[int]) -> Iterable[Finding]:
    here, looks = real_in(ids), _looks(spans_in(view, ids))
    counts = view.execute(
        select(*(func.count().filter(look.condition) for look in looks)).where(here)
    ).one()
    for look, total in zip(looks, counts, strict=True):
        examples = _examples(view, and_(here, look.condition)) if total else []
        yield Finding(look.title, look.meaning, total, examples)


def _examples(view: Connection, condition: ColumnElement[bool]) -> list[str]:
    rows = view.execute(
        select(Application.name.label("application"), Item.label, Item.login, Item.comment)
        .add_columns(Decision.by_name)
        .select_from(Item)
        .join(Review, Review.id == Item.review_id)
        .join(Application, Application.id == Review.application_id)
        .outerjoin(Decision, Decision.id == Item.decision_id)
        .where(condition)
        .order_by(Item.id)
        .limit(EXAMPLES)
    )
    return [_example(row) for row in rows]


def _example(row: Any) -> str:
    login = "" if row.login == row.label else f" ({row.login})"
    by = f", by {row.by_name}" if row.by_name else ""
    comment = f": “{row.comment}”" if row.comment else ""
    return f"{row.application}: {row.label}{login}{by}{comment}"


def _reviews(view: Connection, ids: list[int]) -> Iterable[Finding]:
    """What can be wrong with a whole review."""
    rows = view.execute(
        select(*_OF_REVIEW, Application.name, Campaign.due_at)
        .join(Application, Application.id == Review.application_id)
        .join(Campaign, Campaign.id == Review.campaign_id)
        .where(Review.id.in_(ids))
        .order_by(func.lower(Application.name))
    ).all()
    out = [
        f"{r.name}: {r.state.value}, {r.error or r.cancelled_reason}" for r in rows if _is_out(r)
    ]
    late = [
        f"{r.name}: submitted {r.submitted_at:%Y-%m-%d %H:%M} UTC"
        for r in rows
        if r.submitted_at and r.submitted_at > r.due_at
    ]
    said = [f"{r.name}: {r.acknowledgement}" for r in rows if r.acknowledgement]
    yield _finding("Cancelled or failed reviews", "Not reviewed to the end.", out)
    yield from _unfinished(rows)
    yield _finding("Overdue reviews", "Submitted after the due date.", late)
    yield _finding(
        "Indirect or older data acknowledged",
        "The list did not pass the data check; the reviewer said why it is good enough.",
        said,
    )


_OF_REVIEW = (
    *(Review.state, Review.error, Review.cancelled_reason),
    *(Review.acknowledgement, Review.submitted_at),
)


def _unfinished(rows: Sequence[Any]) -> Iterable[Finding]:
    """Reviews that ended before they were finished, and those that may still be."""
    ended = [f"{r.name}: {r.state.value}. {r.cancelled_reason}" for r in rows if r.state in _ENDED]
    open_ = [
        f"{r.name}: {r.state.value}"
        for r in rows
        if not r.submitted_at and not _is_out(r) and r.state not in _ENDED
    ]
    yield _finding(
        "Reviews that ended unfinished",
        "They expired undecided at the due date, or their campaign was closed before they were "
        "finished.",
        ended,
    )
    yield _finding("Unfinished reviews", "Not submitted when this report was made.", open_)


def _is_out(row: Any) -> bool:
    return row.state in _LEFT_OUT


def _finding(title: str, meaning: str, found: list[str]) -> Finding:
    return Finding(title, meaning, len(found), found[:EXAMPLES])
