"""The people of Harrow & Lane: about 400, in departments, with a manager each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import count

from portal.demo.chance import chance
from portal.demo.days import working_day
from portal.demo.names import local_part, names

DOMAIN = "harrowlane.example"
FIRMS = ("northquay.example", "saltmarsh-systems.example", "bellbuoy-staffing.example")
SITES = ("Plymouth", "Plymouth", "Plymouth", "Bergen", "Rotterdam", "Halifax")
TEAM = 9  # people to one lead
FOUNDED = 5_200  # days ago the first of them came


@dataclass(frozen=True)
class Employee:
    """One row of what HR knows. `end` lies in the past for those who left."""

    number: str
    first: str
    last: str
    email: str
    department: str
    title: str
    manager: str  # an email; empty at the top
    site: str
    start: date
    end: date | None = None
    is_external: bool = False

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"

    @property
    def login(self) -> str:
        return self.email.partition("@")[0]

    def works_on(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day <= self.end)


@dataclass(frozen=True)
class Department:
    """`posts` are one of a kind, the first of them at the head; `ordinary` are many."""

    name: str
    posts: Sequence[str]
    size: int  # people in ordinary posts
    ordinary: Sequence[str]
    externals: int = 0


DEPARTMENTS = (
    Department("Executive", ("Chief Executive Officer", "Chief of Staff"), 0, ()),
    Department(
        "Software",
        ("Head of Software", "Platform Lead", "Data Platform Lead"),
        37,
        ("Software Engineer", "Senior Software Engineer", "Test Engineer"),
        6,
    ),
    Department(
        "Hardware",
        ("Head of Hardware", "Mechanical Design Lead"),
        34,
        ("Electronics Engineer", "Mechanical Engineer", "Firmware Engineer", "Test Technician"),
        4,
    ),
    Department(
        "Operations",
        ("Chief Operating Officer", "Plant Manager", "Quality Manager"),
        110,
        (
            "Assembly Technician",
            "Calibration Technician",
            "Machine Operator",
            "Production Planner",
            "Quality Inspector",
        ),
        8,
    ),
    Department(
        "Supply Chain",
        ("Head of Supply Chain", "Purchasing Manager"),
        21,
        ("Buyer", "Logistics Coordinator", "Warehouse Associate"),
        2,
    ),
    Department(
        "Sales",
        ("Chief Revenue Officer", "Head of Sales Operations"),
        41,
        ("Account Executive", "Sales Engineer", "Regional Sales Manager", "Inside Sales"),
        3,
    ),
    Department(
        "Marketing",
        ("Head of Marketing", "Brand Design Lead"),
        13,
        ("Product Marketer", "Content Editor", "Graphic Designer", "Events Coordinator"),
        3,
    ),
    Department(
        "Customer Service",
        ("Head of Customer Service", "Field Service Manager"),
        43,
        ("Support Specialist", "Field Service Engineer", "Service Coordinator"),
        3,
    ),
    Department(
        "Finance",
        ("Chief Financial Officer", "Financial Controller", "Payroll Manager"),
        17,
        ("Accountant", "Accounts Payable Clerk", "Financial Analyst"),
        1,
    ),
    Department(
        "People",
        ("Head of People", "HR Systems Analyst"),
        9,
        ("HR Business Partner", "Recruiter", "Office Coordinator"),
    ),
    Department(
        "IT",
        ("Head of IT", "Systems Engineer", "Service Desk Lead", "Database Administrator"),
        10,
        ("Service Desk Analyst", "Network Engineer", "Business Systems Analyst"),
        3,
    ),
    Department(
        "Security and Compliance",
        ("Compliance Manager", "Information Security Lead", "General Counsel"),
        4,
        ("Compliance Analyst", "Security Analyst"),
    ),
)
LEAVERS, JOINERS = 32, 38  # within the last fourteen months


def staff(today: date) -> list[Employee]:
    """Everybody HR knows of, those who left included, managers before their people."""
    known, numbers = names(), count(1004, 3)
    people: list[Employee] = []
    for department in DEPARTMENTS:
        top = people[0].email if people else ""
        people += _department(department, top, today, known, numbers)
    return _leave(people, today)


def _department(
    department: Department,
    top: str,
    today: date,
    known: Iterator[tuple[str, str]],
    numbers: Iterator[int],
) -> list[Employee]:
    leads = max(1, department.size // TEAM) if department.size else 0
    titles = [
        *department.posts,
        *(f"Team Lead, {department.name}" for _ in range(leads)),
        *_ordinary(department, department.size - leads),
    ]
    found: list[Employee] = []
    for nth, title in enumerate(titles):
        boss = _boss(found, nth, len(department.posts), leads) or top
        found.append(_hired(title, department, boss, today, known, numbers))
    for _ in range(department.externals):
        boss = found[len(department.posts)].email
        found.append(_contracted(department, boss, today, known, numbers))
    return found


def _ordinary(department: Department, size: int) -> list[str]:
    dice = chance("titles", department.name)
    return [dice.choice(department.ordinary) for _ in range(size)]


def _boss(found: Sequence[Employee], nth: int, posts: int, leads: int) -> str:
    """Posts and leads report to the head of the department, everybody else to a lead."""
    if not found:
        return ""
    if nth < posts + leads or not leads:
        return found[0].email
    return found[posts + nth % leads].email


def _hired(
    title: str,
    department: Department,
    manager: str,
    today: date,
    known: Iterator[tuple[str, str]],
    numbers: Iterator[int],
) -> Employee:
    first, last = next(known)
    dice = chance("hired", first, last)
    tenure = 500 + int((FOUNDED - 500) * dice.random() ** 1.6)
    email = f"{local_part(first, last)}@{DOMAIN}"
    start = working_day(today - timedelta(days=tenure))
    number, site = f"HL{next(numbers)}", dice.choice(SITES)
    return Employee(number, first, last, email, department.name, title, manager, site, start)


def _contracted(
    department: Department,
    manager: str,
    today: date,
    known: Iterator[tuple[str, str]],
    numbers: Iterator[int],
) -> Employee:
    person = _hired("Contractor", department, manager, today, known, numbers)
    dice = chance("contract", person.email)
    start = working_day(today - timedelta(days=dice.randint(60, 700)))
    email = f"{person.login}@{dice.choice(FIRMS)}"
    return replace(person, email=email, start=start, is_external=True)


def _leave(people: list[Employee], today: date) -> list[Employee]:
    """Some of those in ordinary posts came lately, and some have left."""
    ordinary = {title for department in DEPARTMENTS for title in department.ordinary}
    dice = chance("coming and going")
    chosen = dice.sample([p for p in people if p.title in ordinary], LEAVERS + JOINERS)
    changed = {}
    for nth, person in enumerate(chosen):
        if nth < LEAVERS:
            days = 8 + (nth * 400) // LEAVERS
            changed[person.number] = replace(person, end=working_day(today - timedelta(days=days)))
        else:
            days = 6 + ((nth - LEAVERS) * 400) // JOINERS
            changed[person.number] = replace(
                person, start=working_day(today - timedelta(days=days))
            )
    return [changed.get(person.number, person) for person in people]
