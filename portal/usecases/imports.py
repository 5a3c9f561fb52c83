"""What both kinds of lists have in common once staged: judging them, and applying them.

Call these inside a use-case. What each kind does is in people_lists.py and account_lists.py.
"""

from collections.abc import Callable
from dataclasses import dataclass

from policies.columns import ACCOUNTS, PEOPLE
from policies.lists import Problem
from policies.permissions import Actor
from portal.db import db
from portal.models import Account, Grant, Person, StagedAccount, StagedGrant, StagedPerson, Sync
from portal.queries.staged_accounts import count_accounts
from portal.queries.staged_people import count_people
from portal.usecases import account_lists, people_lists
from portal.usecases.applying import apply_accounts
from portal.usecases.bulk import count_rows_anew
from portal.usecases.drift import note_drift
from portal.usecases.matching import match_accounts_anew
from portal.usecases.remediation import verify_against


@dataclass(frozen=True)
class Steps:
    """What a kind of list needs done, in this order."""

    combine: Callable[[Sync], list[Problem]]  # rows of the same thing; only once, when read
    find: Callable[[Sync], None]  # whom the rows speak of
    contradictions: Callable[[Sync], list[Problem]]
    count: Callable[[Sync], dict[str, int]]
    apply: Callable[[Sync, dict[str, int]], None]


STEPS = {
    PEOPLE: Steps(
        lambda _: [],
        people_lists.find_known,
        people_lists.contradictions,
        count_people,
        people_lists.apply_people,
    ),
    ACCOUNTS: Steps(
        account_lists.merge_accounts,
        account_lists.find_people,
        lambda _: [],
        count_accounts,
        apply_accounts,
    ),
}


def combine_rows(sync: Sync) -> list[Problem]:
    """Make one row of several that speak of the same thing."""
    count_rows_anew(StagedPerson if sync.noun == PEOPLE else StagedAccount, StagedGrant)
    return STEPS[sync.noun].combine(sync)


def judge_rows(sync: Sync) -> list[Problem]:
    """Compare the staged rows with what is known: fill the counts, return contradictions."""
    steps = STEPS[sync.noun]
    steps.find(sync)
    problems = steps.contradictions(sync)
    for name, count in steps.count(sync).items():
        setattr(sync, name, count)
    return problems


def apply_rows(sync: Sync, by: Actor) -> None:
    """Bring accounts or people to what the list says, all of it, in the running transaction."""
    counts = {name: getattr(sync, name) for name in ("new", "changed", "gone", "unchanged")}
    STEPS[sync.noun].apply(sync, counts)
    db.session.expire_all()
    if sync.new or sync.changed:
        count_rows_anew(*((Person,) if sync.noun == PEOPLE else (Account, Grant)))
    if sync.noun == PEOPLE:
        match_accounts_anew()
    after_apply(sync, by)


def after_apply(sync: Sync, by: Actor) -> None:
    """What follows from an applied list, in its transaction, for the reviews under way."""
    verify_against(sync, by=by)
    note_drift(sync, by=by)
