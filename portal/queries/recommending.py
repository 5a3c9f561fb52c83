"""The rules of policies.recommendations in SQL, over the accounts that a freeze reads."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import String, and_, case, cast, func, literal, or_, select

from policies.lifecycle import Verdict
from policies.recommendations import RULES, Advice, Facts, Limits
from portal import clock
from portal.db import db
from portal.models import Account, Instance, Person
from portal.models.account import AccountKind
from portal.models.person import Standing
from portal.queries.settings import all_settings

Rules = Mapping[str, tuple[Any, Any]]  # by key: the condition, and what it says


def limits() -> Limits:
    """As the settings have them, now."""
    settings = all_settings()
    days = (settings[key] for key in ("inactive_days", "recent_days", "grace_days"))
    return Limits(clock.now(), *days)


def advice_columns(
    columns: Mapping[str, Any], on: Collection[str], beside: Mapping[str, Any]
) -> dict[str, Any]:
    """`recommendation` and `reasons` of an item of these columns, by the rules that are `on`.

    `beside` are few_peers, conflicts, department_before and tells_use.
    """
    if not on:
        return {"recommendation": literal(""), "reasons": literal("")}
    found = {key: rule for key, rule in _rules(columns, beside).items() if key in on}
    reasons: Any = literal("")
    for condition, words in found.values():
        reasons = reasons + case((condition, words + "; "), else_="")
    return {
        "recommendation": _advice(columns, found),
        "reasons": func.rtrim(reasons, "; "),
    }


def telling_instances(application_id: int) -> list[int]:
    """The instances whose lists say of some account when it was last used."""
    told = select(Account.id).where(
        Account.instance_id == Instance.id,
        Account.gone_at.is_(None),
        Account.last_used_at.is_not(None),
    )
    query = select(Instance.id).where(Instance.application_id == application_id, told.exists())
    return list(db.session.scalars(query))


def _advice(columns: Mapping[str, Any], found: Rules) -> Any:
    def any_that(advice: Advice) -> list[tuple[Any, str]]:
        held = [rule[0] for key, rule in found.items() if RULES[key].advice is advice]
        return [(or_(*held), advice.value)] if held else []

    known = and_(Account.last_used_at.is_not(None), ~columns["is_orphan"])
    cases = [*any_that(Advice.REJECT), *any_that(Advice.LOOK), (known, Advice.APPROVE.value)]
    return case(*cases, else_=Advice.UNKNOWN.value)


def _rules(columns: Mapping[str, Any], beside: Mapping[str, Any]) -> Rules:
    """In the order of the table. In each, what is quick to tell comes first: the rest is then
    seldom looked at."""
    by = limits()
    used = Account.last_used_at
    unused = _unused(columns, by, beside["tells_use"])
    idle = or_(used < by.ago(by.recent_days), unused)
    service = Account.kind == AccountKind.SERVICE
    conflicts, few, before = (
        beside[key] for key in ("conflicts", "few_peers", "department_before")
    )
    again = columns["previous_verdict"] == Verdict.REJECTED.value
    now = func.coalesce(func.nullif(columns["department"], ""), "no department")
    conditions: dict[str, tuple[Any, Any]] = {
        "past": (columns["person_status"] == Standing.PAST.value, None),
        "ended": (
            Person.end_date < by.today,
            literal("contract ended on ") + cast(Person.end_date, String),
        ),
        "inactive": (used < by.ago(by.inactive_days), None),
        "unused": (unused, None),
        "idle": (and_(idle, columns["is_privileged"]), None),
        "orphan": (and_(columns["is_orphan"], ~service), None),
        "again": (and_(again, columns["has_access"]), None),
        "duties": (conflicts != "", literal("conflict of duties: ") + conflicts),
        "few": (few != "", literal("few peers hold it: ") + few),
        "moved": (
            and_(before != "", before != columns["department"]),
            literal("moved from ") + before + " to " + now,
        ),
        "unowned": (and_(columns["is_orphan"], service), None),
        "external": (columns["is_external"], None),
    }
    return {
        key: (condition, literal(RULES[key].words(Facts(), by)) if words is None else words)
        for key, (condition, words) in conditions.items()
    }


def _unused(columns: Mapping[str, Any], by: Limits, tells_use: Any) -> Any:
    old = Account.created_on < by.ago(by.grace_days).date()
    time_enough = case((Account.created_on.is_(None), ~columns["is_new"]), else_=old)
    return and_(tells_use, Account.last_used_at.is_(None), time_enough)
