"""Who is let in besides: a role of the company's own, members who wait or were stopped, owners."""

from datetime import date, timedelta
from functools import partial

from sqlalchemy import select

from policies.invitations import Invitee
from policies.scopes import Access, Scope
from portal.db import db
from portal.demo.chance import chance
from portal.demo.company import ADMIN, AUDITOR, READER
from portal.demo.days import at, in_office_hours, working_day
from portal.demo.office import Office, application, person_by_email
from portal.models import Letter, Member
from portal.queries.invitations import Invitation
from portal.queries.owner_access import INVITATION
from portal.queries.roles import role_named
from portal.usecases.duties import name_conflict
from portal.usecases.invitations import invite_members
from portal.usecases.members import add_member, suspend_member
from portal.usecases.owner_access import let_owners_in
from portal.usecases.roles import RoleText, create_role

PEOPLE_DATA = RoleText(
    "People data",
    "Keeps HR's list of people up to date; sees no reviews.",
    {
        Scope.USERS: Access.ACT,
        Scope.APPLICATIONS: Access.READ,
        Scope.INTEGRATIONS: Access.READ,
    },
)
KEEPER, AWAY, NEWCOMER = "HR Systems Analyst", "Chief of Staff", "General Counsel"
APART = (
    (
        ("NetSuite", "Approver"),
        ("Expensify", "Approver"),
        "Orders and expenses are approved by different people.",
    ),
    (
        ("GitHub", "Team maintainer"),
        ("PostgreSQL production", "readwrite"),
        "Whoever merges code does not write to the production database.",
    ),
)
LET_IN = 9  # days ago owners were let in
WAITING = 4  # of them never came


def open_doors(office: Office, today: date) -> None:
    """Note who became a member, who was stopped, who was invited, and when owners could come."""

    def ago(days: int) -> date:
        return working_day(today - timedelta(days=days))

    note = office.diary.note
    note(at(ago(200), 9, 30), partial(_make_role, office))
    note(at(ago(150), 13, 10), partial(_add_reader, office))
    note(at(ago(40), 10, 45), partial(_part_duties, office))
    note(at(ago(33), 16, 20), partial(_suspend, office))
    note(at(ago(LET_IN), 14, 5), partial(_let_owners_in, office, today))
    note(at(ago(2), 11, 40), partial(_invite, office))
    note(at(ago(6), 8, 50), partial(office.sign_in, READER))
    note(at(ago(5), 10, 20), partial(_come_to_audit, office))
    note(at(ago(3), 9, 15), partial(office.sign_in, KEEPER))


def _make_role(office: Office) -> None:
    admin = office.working_as(ADMIN)
    role = create_role(PEOPLE_DATA, by=admin)
    add_member(office.person(KEEPER).email or "", role.name, by=admin)


def _add_reader(office: Office) -> None:
    add_member(office.person(AWAY).email or "", "Read-only", by=office.working_as(ADMIN))


def _part_duties(office: Office) -> None:
    """After the auditors asked who can both buy and pay."""
    for one, other, why in APART:
        first, second = ((application(name), held) for name, held in (one, other))
        name_conflict(first, second, why, by=office.working_as(ADMIN))


def _suspend(office: Office) -> None:
    """On leave for half a year."""
    member = Member.person_id == office.person(AWAY).id
    one = db.session.scalars(select(Member).where(member)).one()
    suspend_member(one, by=office.working_as(ADMIN))


def _invite(office: Office) -> None:
    role, person = role_named("Read-only"), office.person(NEWCOMER)
    if role is not None:
        invited = Invitee(person.email or "", person.name, person.email or "")
        invite_members(Invitation([invited], role), by=office.working_as(ADMIN))


def _come_to_audit(office: Office) -> None:
    office.sign_in_as(person_by_email(AUDITOR[0]))


def _let_owners_in(office: Office, today: date) -> None:
    """Most come within a few days; some never do."""
    let_owners_in(by=office.working_as(ADMIN))
    office.diary.pass_time(60)
    office.post()
    letters = select(Letter).where(Letter.kind == INVITATION).order_by(Letter.id)
    addresses = [letter.person.email or "" for letter in db.session.scalars(letters)]
    for address in addresses[WAITING:]:
        days = chance("owner came", address).randint(2, LET_IN - 2)
        day = working_day(today - timedelta(days=days))
        office.diary.note(in_office_hours(day, "owner", address), partial(_come, office, address))


def _come(office: Office, address: str) -> None:
    office.come_as_owner(person_by_email(address))
