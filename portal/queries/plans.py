"""What a campaign that is being planned would be about now: applications, accounts, people.

Counted, never loaded: it is asked while somebody types. Who would review it is in
portal/queries/assignment_preview.py, what is kept of it all in portal/queries/dry_runs.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, distinct, func, select, true
from sqlalchemy.orm import selectinload

from policies.fields import APPLICATION, GENERAL_FIELDS, SCOPE_FIELDS, attribute_fields
from policies.fields import names_applications as by_name
from policies.filters import Field, Filter, from_data
from portal.db import db
from portal.models import Account, Application, ApplicationOwner, Campaign, Instance, Person
from portal.models.account import AccountKind
from portal.queries.application_facts import Overview, overviews
from portal.queries.applications import application_fields, applications_matching
from portal.queries.scope import facts, lines_in_scope

ROWS = 15  # of applications on a page of the preview
SAMPLES = 8
LOOKED_AT = 2_000  # accounts whose own columns are looked at for their names


@dataclass(frozen=True)
class Extent:
    """How much there is: `people` have the `accounts` that are anybody's. `lines` are what is
    reviewed: the accounts, or each entitlement of theirs."""

    accounts: int = 0
    people: int = 0
    services: int = 0
    nobodys: int = 0  # matched to no person
    lines: int = 0


@dataclass(frozen=True)
class MatchPage:
    """One page of the applications that match. `number` counts from 1."""

    rows: Sequence[Application]
    beside: Mapping[int, Overview]
    total: int
    number: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // ROWS))


@dataclass(frozen=True)
class Sample:
    """One account in scope, or one line of it, as the preview shows it."""

    application: str
    label: str
    login: str
    email: str
    department: str
    held: str
    last_used_at: datetime | None
    badges: Sequence[str]


def chosen_applications(campaign: Campaign) -> Select[Application]:
    """The applications that its filter matches now."""
    return applications_matching(from_data(campaign.application_filter, application_fields()))


def match_page(campaign: Campaign, number: int) -> MatchPage:
    """The page of that number; the nearest there is."""
    query = chosen_applications(campaign)
    total = _count(query)
    number = min(max(1, number), max(1, -(-total // ROWS)))
    people = selectinload(Application.owners).selectinload(ApplicationOwner.person)
    rows = db.session.scalars(query.options(people).offset((number - 1) * ROWS).limit(ROWS)).all()
    return MatchPage(rows, overviews([row.id for row in rows]), total, number)


def extent_of(campaign: Campaign, *, everybody: bool = False) -> Extent:
    """What is in the user scope of all that matches; with `everybody`, without a user scope."""
    kept, users = (Account.id, Account.person_id, Account.kind), campaign.users
    by_grant = users.by_entitlement and not everybody
    if everybody or (users.is_everybody and not by_grant):  # no table but theirs is asked
        here = Account.application_id.in_(_ids(campaign)), Account.gone_at.is_(None)
        found = select(*kept).where(*here).subquery()
    else:
        query = lines_in_scope(campaign, _ids(campaign))
        found = query.with_only_columns(*kept, maintain_column_froms=True).subquery()
    accounts = func.count(distinct(found.c.id)) if by_grant else func.count()
    row = db.session.execute(
        select(
            accounts,
            func.count(distinct(found.c.person_id)),
            accounts.filter(found.c.kind == AccountKind.SERVICE),
            accounts.filter(found.c.person_id.is_(None), found.c.kind != AccountKind.SERVICE),
            func.count(),
        ).select_from(found)
    ).one()
    return Extent(*row)


def samples_of(campaign: Campaign) -> list[Sample]:
    """A few of the accounts in scope, or of the lines they have there."""
    columns = facts(campaign.users.by)
    whole = columns["entitlement"] == ""
    columns["held"] = case((whole, Account.roles), else_=columns["entitlement"])
    shown = ("label", "login", "email", "department", "held", "last_used_at", *_BADGES)
    query = (
        lines_in_scope(campaign, _ids(campaign), columns)
        .join(Application, Application.id == Account.application_id)
        .with_only_columns(
            Application.name.label("application"),
            *(columns[key].label(key) for key in shown),
            (Account.kind == AccountKind.SERVICE).label("is_service"),
            maintain_column_froms=True,
        )
        .limit(SAMPLES)  # whichever come first: to put all in order would read them all
    )
    return [_sample(row._mapping) for row in db.session.execute(query)]


def user_fields(chosen: Filter) -> Mapping[str, Field]:
    """What accounts can be asked for, given the filter of the applications.

    What is the application's own (roles, licenses, the columns of its lists) only where the
    applications are named.
    """
    people = attribute_fields(_names(Person.attributes, Person.id.is_not(None)))
    if not by_name(chosen):
        return {**GENERAL_FIELDS, **people}
    within = Account.application_id.in_(_ids_of(chosen)) & Account.gone_at.is_(None)
    own = attribute_fields((f"a.{n[2:]}" for n in _names(Account.attributes, within)), APPLICATION)
    return {**SCOPE_FIELDS, **own, **people}


def instances_of(campaign: Campaign) -> list[str]:
    """The names of instances, where an application that matches has several."""
    several = (
        select(Instance.application_id)
        .where(Instance.application_id.in_(_ids(campaign)))
        .group_by(Instance.application_id)
        .having(func.count() > 1)
    )
    names = select(Instance.name).distinct().where(Instance.application_id.in_(several))
    return list(db.session.scalars(names.order_by(Instance.name).limit(200)))


_BADGES = ("is_privileged", "is_past", "is_external", "is_orphan", "is_inactive")
_WORDS = {
    "is_privileged": "privileged",
    "is_past": "past user",
    "is_external": "external",
    "is_orphan": "orphan",
    "is_inactive": "inactive",
    "is_service": "service",
}


def _sample(row: Mapping[Any, Any]) -> Sample:
    badges = [word for key, word in _WORDS.items() if row[key]]
    return Sample(
        row["application"],
        row["label"],
        row["login"],
        row["email"],
        row["department"],
        row["held"],
        row["last_used_at"],
        badges,
    )


def _ids(campaign: Campaign) -> Any:
    return _ids_of(from_data(campaign.application_filter, application_fields()))


def _ids_of(chosen: Filter) -> Any:
    return applications_matching(chosen).with_only_columns(Application.id).order_by(None)


def _count(query: Select[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0


def _names(column: Any, within: ColumnElement[bool]) -> list[str]:
    """The names of the extra columns in the first of these rows: "p.Site"."""
    sqlite = db.session.get_bind().dialect.name == "sqlite"
    rows = select(column.label("extra")).where(within).limit(LOOKED_AT).subquery()
    each = func.json_each if sqlite else func.jsonb_each
    pairs = each(rows.c.extra).table_valued("key")
    query = select(pairs.c.key).select_from(rows).join(pairs, true()).distinct()
    return sorted(f"p.{key}" for key in db.session.scalars(query))
