"""The cast: the same few people in every test.

Alma is Admin, Carl is Compliance, Ivan is IT Admin, Rhea may only read. Ada is an auditor, external
and let in for a time.
Olive owns Salesforce, Otto owns Figma; Rita is a named reviewer, Rufus removes access.
Max works in sales and reviews nothing; Paula left the company; Emil is external.
"""

from datetime import date, timedelta
from types import SimpleNamespace

from sqlalchemy import select

from policies.permissions import SYSTEM
from portal import clock
from portal.db import db
from portal.models import Person
from portal.models.person import Standing
from portal.usecases.members import add_member

AUDIT = timedelta(days=400)  # how long Ada may look
ROLES = {
    "alma": "Admin",
    "carl": "Compliance",
    "ivan": "IT Admin",
    "ada": "Auditor",
    "rhea": "Read-only",
}
_PEOPLE = {
    "alma": ("Alma Ahlgren", "IT", "Head of IT"),
    "carl": ("Carl Conrad", "Compliance", "Compliance Manager"),
    "ivan": ("Ivan Ilves", "IT", "IT Engineer"),
    "ada": ("Ada Abbot", "", "Auditor"),
    "rhea": ("Rhea Ruiz", "Finance", "Controller"),
    "olive": ("Olive Owens", "Sales", "Head of Sales"),
    "otto": ("Otto Okafor", "Design", "Head of Design"),
    "rita": ("Rita Reyes", "Security", "Security Analyst"),
    "rufus": ("Rufus Rand", "IT", "Support Engineer"),
    "max": ("Max Meyer", "Sales", "Account Executive"),
    "paula": ("Paula Past", "Sales", "Account Executive"),
    "emil": ("Emil Extern", "Sales", "Contractor"),
}
_STANDING = {"paula": Standing.PAST, "emil": Standing.EXTERNAL, "ada": Standing.EXTERNAL}


def find_cast() -> SimpleNamespace:
    """The cast as it was stored, each by first name."""
    emails = [f"{first}@example.com" for first in _PEOPLE]
    people = db.session.scalars(select(Person).where(Person.email.in_(emails))).all()
    found = {str(person.email).partition("@")[0]: person for person in people}
    db.session.commit()  # what the test reads later, it reads as it is then
    return SimpleNamespace(**found)


def arrange_cast() -> None:
    """Store the cast, members with their roles."""
    db.session.add_all(
        Person(
            email=f"{first}@example.com",
            name=name,
            employee_number=f"E{number:03}",
            department=department,
            title=title,
            standing=_STANDING.get(first, Standing.CURRENT),
            start_date=date(2020, 1, 1),
            created_at=clock.now(),
        )
        for number, (first, (name, department, title)) in enumerate(_PEOPLE.items(), start=1)
    )
    db.session.commit()
    for first, role in ROLES.items():
        until = clock.now() + AUDIT if first == "ada" else None
        add_member(f"{first}@example.com", role, until=until, by=SYSTEM)
