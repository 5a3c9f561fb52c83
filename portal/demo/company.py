"""The first days: settings, people, members, applications, and the lists that keep coming."""

from collections.abc import Collection
from datetime import date, timedelta
from functools import partial

from policies.invitations import end_of_day
from policies.permissions import OPERATOR, Actor
from portal import clock
from portal.demo.accounts import PRODUCTS
from portal.demo.catalogue import Product
from portal.demo.days import at, in_office_hours, working_day
from portal.demo.office import Office
from portal.queries.people import address_of
from portal.usecases.applications import (
    Description,
    create_application,
    set_owners,
)
from portal.usecases.custom_fields import add_custom_field
from portal.usecases.members import add_member, install_roles, known_person
from portal.usecases.settings import change_setting

ORGANISATION = "Harrow & Lane Instruments"
ADMIN, IT_ADMIN, COMPLIANCE = "Head of IT", "Systems Engineer", "Compliance Manager"
READER, DESK = "Financial Controller", "Service Desk Lead"
SECURITY = "Information Security Lead"
AUDITOR = ("r.lindgren@alder-finch.example", "Ragna Lindgren")  # of the audit firm
AUDIT_DAYS = 33  # how long the auditor may look
MEMBERS = {IT_ADMIN: "IT Admin", COMPLIANCE: "Compliance", READER: "Read-only"}

BEGAN = 430  # days ago
PEOPLE_CAME = (301, 201, 111, 61, 40, 13, 3)
BEFORE, STALE, RECENT, FRESH = 46, 24, 5, 2  # days since a list of an application


def settle_in(office: Office, today: date) -> None:
    """Note the first week, HR's lists since, and when the auditor was let in."""
    note, begin = office.diary.note, working_day(today - timedelta(days=BEGAN))
    note(at(begin, 8, 40), partial(_install, office))
    note(at(begin, 9, 5), partial(_first_day, office))
    for each in PRODUCTS:
        if each.in_audit:
            moment = in_office_hours(working_day(begin, 1), each.name)
            note(moment, partial(_list, office, each))
    for days in PEOPLE_CAME:
        day = working_day(today - timedelta(days=days))
        note(at(day, 7, 30), partial(_people, office))
    note(at(working_day(today - timedelta(days=19)), 10, 15), partial(_let_auditor_in, office))


def keep_listing(office: Office, today: date, days: int, names: Collection[str]) -> None:
    """Note that the lists of these applications are brought so many days ago."""
    day = working_day(today - timedelta(days=days))
    for each in PRODUCTS:
        if each.name in names and each.has_list:
            moment = in_office_hours(day, "listed", each.name)
            office.diary.note(moment, partial(_list, office, each))


def _install(office: Office) -> None:
    head = office.world.by_title[ADMIN]
    install_roles(by=OPERATOR)
    add_member(head.email, "Admin", name=head.name, by=OPERATOR)


def _first_day(office: Office) -> None:
    admin = office.sign_in(ADMIN)
    change_setting("organisation", ORGANISATION, by=admin)
    change_setting("privileged_words", "admin\nroot\nsuperuser\npoweruser", by=admin)
    office.diary.pass_time(300)
    office.import_people(admin)
    for title, role in MEMBERS.items():
        office.diary.pass_time(30)
        add_member(office.world.by_title[title].email, role, by=admin)
    classes = ("Public", "Internal", "Confidential", "Restricted")
    add_custom_field("Data classification", "choice", classes, by=admin)
    add_custom_field("Audit scope", "choice", ("Yes", "No"), by=admin)
    add_custom_field("Cost centre", "text", (), by=admin)
    add_custom_field("Business owner", "person", (), by=admin)
    for each in PRODUCTS:
        office.diary.pass_time(70)
        _write_down(office, each, admin)


def _write_down(office: Office, each: Product, admin: Actor) -> None:
    fields = {
        "data_classification": each.classification,
        "audit_scope": "Yes" if each.in_audit else "No",
        "cost_centre": each.cost_centre,
    }
    owners = [office.person(title) for title in each.owners]
    if owners:
        fields["business_owner"] = address_of(owners[-1])
    said = Description(each.name, each.description, each.state, fields)
    made = create_application(said, instances=each.instances, by=admin)
    if owners:
        set_owners(made, owners, primary=owners[0], by=admin)


def _list(office: Office, each: Product) -> None:
    office.import_lists(each, by=office.working_as(IT_ADMIN))


def _people(office: Office) -> None:
    office.import_people(office.working_as(IT_ADMIN))


def _let_auditor_in(office: Office) -> None:
    email, name = AUDITOR
    admin = office.sign_in(ADMIN)
    known_person(email, name, is_external=True, by=admin)
    until = end_of_day((clock.today() + timedelta(days=AUDIT_DAYS)).isoformat(), clock.today())
    add_member(email, "Auditor", until=until, by=admin)
