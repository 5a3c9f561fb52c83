"""The files that HR and the vendors export: columns and words differ, as they do."""

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from io import BytesIO, StringIO
from typing import NamedTuple

from portal.demo.accounts import Login
from portal.demo.catalogue import Product
from portal.demo.staff import Employee

Cell = Callable[[Login, datetime], str]

_PEOPLE = (
    *("Employee ID", "First name", "Last name", "Work email", "Department", "Job title"),
    *("Manager email", "Employment status", "Hire date", "Termination date", "Site"),
)


class Form(NamedTuple):
    """How one kind of product writes its list."""

    columns: Mapping[str, Cell]
    delimiter: str = ","
    encoding: str = "utf-8"


def people_list(staff: Iterable[Employee], at: datetime) -> BytesIO:
    """HR's export on this day: everybody who has come so far, also those who left."""
    rows = [_person(one, at.date()) for one in staff if one.start <= at.date()]
    return _written(_PEOPLE, rows, ",", "utf-8")


def account_list(product: Product, logins: Sequence[Login], at: datetime) -> BytesIO:
    """The user list of one instance of a product, at this moment."""
    form = FORMS[product.form]
    columns = {**form.columns, **(_OF_SERVICES if product.services else {})}
    rows = [[cell(login, at) for cell in columns.values()] for login in logins]
    return _written(columns, rows, form.delimiter, form.encoding)


def file_name(product: Product, instance: str, at: datetime) -> str:
    """The name a careful person gives the file: netsuite-users-2026-11-12.csv."""
    place = f"-{instance}" if len(product.instances) > 1 else ""
    return f"{product.name}{place}-users-{at:%Y-%m-%d}.csv".lower().replace(" ", "-")


def _person(person: Employee, day: date) -> list[str]:
    left = person.end is not None and person.end < day
    status = "Contractor" if person.is_external else "Active"
    return [
        *(person.number, person.first, person.last, person.email, person.department),
        *(person.title, person.manager, "Terminated" if left else status),
        *(person.start.isoformat(), person.end.isoformat() if left and person.end else ""),
        person.site,
    ]


def _written(
    header: Iterable[str], rows: Iterable[Sequence[str]], delimiter: str, encoding: str
) -> BytesIO:
    text = StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(header)
    writer.writerows(rows)
    return BytesIO(text.getvalue().encode(encoding))


def _login(login: Login, _: datetime) -> str:
    return login.login


def _roles(login: Login, _: datetime) -> str:
    return login.roles


def _email(login: Login, _: datetime) -> str:
    return login.person.email if login.person else ""


def _name(login: Login, _: datetime) -> str:
    return login.person.name if login.person else ""


def _number(login: Login, _: datetime) -> str:
    return login.person.number if login.person else ""


def _site(login: Login, _: datetime) -> str:
    return login.person.site if login.person else ""


def _kind(login: Login, _: datetime) -> str:
    return "Service" if login.is_service else "User"


def _owner(login: Login, _: datetime) -> str:
    return login.owner


def _created(login: Login, _: datetime) -> str:
    return login.created.isoformat()


def _created_dotted(login: Login, _: datetime) -> str:
    return f"{login.created:%d.%m.%Y}"


def _used(login: Login, at: datetime) -> str:
    return f"{login.last_used(at).isoformat()}T07:{len(login.login):02}:00Z"


def _used_dotted(login: Login, at: datetime) -> str:
    return f"{login.last_used(at):%d.%m.%Y}"


def _status(allowed: str, blocked: str) -> Cell:
    return lambda login, at: blocked if login.is_blocked(at) else allowed


_OF_SERVICES: Mapping[str, Cell] = {"Account type": _kind, "Owner": _owner}
FORMS: Mapping[str, Form] = {
    "saas": Form(
        {
            "Username": _login,
            "Email": _email,
            "Full name": _name,
            "Status": _status("active", "deactivated"),
            "Roles": _roles,
            "Last login": _used,
            "Created": _created,
        }
    ),
    "cloud": Form(
        {
            "User name": _login,
            "Email": _email,
            "Display name": _name,
            "Status": _status("enabled", "disabled"),
            "Permission sets": _roles,
            "Last activity": _used,
            "Created": _created,
        }
    ),
    "directory": Form(
        {
            "sAMAccountName": _login,
            "displayName": _name,
            "mail": _email,
            "Enabled": _status("TRUE", "FALSE"),
            "memberOf": _roles,
            "lastLogonDate": _used,
            "whenCreated": _created,
            "employeeID": _number,
            "Site": _site,
        }
    ),
    "seats": Form(
        {
            "Email address": _login,
            "Name": _name,
            "State": _status("active", "suspended"),
            "Role": _roles,
            "Last seen": _used_dotted,
            "Member since": _created_dotted,
        },
        delimiter=";",
        encoding="utf-8-sig",
    ),
    "numbered": Form(
        {
            "User ID": _login,
            "Name": _name,
            "Active": _status("Yes", "No"),
            "Role": _roles,
            "Last login": _used,
            "Site": _site,
        }
    ),
    "database": Form(
        {
            "rolname": _login,
            "Status": _status("active", "locked"),
            "Roles": _roles,
            "Last seen": _used,
            "Created": _created,
        }
    ),
}
