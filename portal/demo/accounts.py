"""Who has an account in what: the truth inside the vendors' systems, on any day."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

from portal.demo.audited import CONFIDENTIAL, RESTRICTED
from portal.demo.catalogue import EVERYBODY, Product
from portal.demo.chance import chance, happens
from portal.demo.everyday import FOUND, INTERNAL, OTHERS
from portal.demo.staff import Employee

PRODUCTS = (*RESTRICTED, *CONFIDENTIAL, *INTERNAL, *OTHERS, *FOUND)
IDLE = 0.07  # the share of accounts that nobody has used for months
_HABITS = {"daily": 3, "weekly": 18, "service": 1}


@dataclass
class Login:
    """One account. What happens to it later (removed, blocked) is written into it."""

    login: str
    instance: str
    roles: str
    created: date
    habit: str = "daily"  # daily, weekly, service, or idle since `idle_since`
    idle_since: date | None = None
    person: Employee | None = None
    owner: str = ""  # the email of who answers for a service account
    blocked_at: datetime | None = None
    removed_at: datetime | None = None

    @property
    def is_service(self) -> bool:
        return self.habit == "service"

    def is_listed(self, at: datetime) -> bool:
        gone = self.removed_at is not None and self.removed_at <= at
        return self.created <= at.date() and not gone

    def is_blocked(self, at: datetime) -> bool:
        return self.blocked_at is not None and self.blocked_at <= at

    def last_used(self, at: datetime) -> date:
        """The last day somebody signed in, as seen at this moment."""
        days = _HABITS.get(self.habit, 0)
        day = at.date() - timedelta(days=chance(self.login, at.date()).randint(0, days))
        if self.idle_since:
            day = min(day, self.idle_since)
        if self.person and self.person.end:
            day = min(day, self.person.end)
        return max(day, self.created)


class World:
    """Every account of every product."""

    def __init__(self, staff: Sequence[Employee], today: date) -> None:
        self.staff = staff
        self.by_title = {person.title: person for person in reversed(staff)}
        self._today = today
        self._logins = {p.name: list(self._made(p)) for p in PRODUCTS if p.has_list}

    def logins(self, product: Product, instance: str, at: datetime) -> list[Login]:
        """What the vendor would list at this moment."""
        logins = self._logins[product.name]
        return [one for one in logins if one.instance == instance and one.is_listed(at)]

    def login(self, product: str, instance: str, name: str) -> Login:
        """The account of this name."""
        logins = self._logins[product]
        return next(x for x in logins if (x.login, x.instance) == (name, instance))

    def _made(self, product: Product) -> Iterator[Login]:
        users = [person for person in self.staff if _uses(person, product)]
        admins = self._admins(product, users)
        for person in users:
            yield self._of_person(product, person, is_admin=person.number in admins)
        for service in product.services:
            owner = self.by_title[service.owner].email if service.owner else ""
            days = service.days or chance(service.login).randint(700, 2_000)
            since, place = self._today - timedelta(days=days), product.instances[0]
            yield Login(service.login, place, service.role, since, "service", owner=owner)
        for stray, days in product.strays.items():
            since, place = self._today - timedelta(days=days), product.instances[0]
            yield Login(stray, place, product.roles[0][0], since, "idle", since)

    def _admins(self, product: Product, users: Sequence[Employee]) -> set[str]:
        """Some of IT, some of the owners, and a user who once needed it."""
        near = {"IT", *(self.by_title[title].department for title in product.owners)}
        staying = [user for user in users if not user.is_external]
        close = [user for user in staying if user.department in near]
        dice = chance("admins", product.name)
        chosen = islice([*dice.sample(close, len(close)), *staying], product.admins)
        return {user.number for user in chosen}

    def _of_person(self, product: Product, person: Employee, *, is_admin: bool) -> Login:
        dice = chance(product.name, person.number)
        created = max(person.start, self._today - timedelta(days=2_400))
        if dice.random() < IDLE and not is_admin:
            habit, idle = "idle", self._today - timedelta(days=dice.randint(110, 380))
        else:
            habit, idle = dice.choice(("daily", "daily", "weekly")), None
        login = Login(
            _spelled(product, person),
            dice.choice(product.instances),
            _roles(product, person, is_admin=is_admin),
            min(created + timedelta(days=dice.randint(0, 12)), self._today),
            *(habit, idle, person),
        )
        if person.end and not happens(product.forgotten, "forgotten", product.name, person.number):
            login.removed_at = datetime.combine(person.end, time(15, 0), UTC)
        return login


def _uses(person: Employee, product: Product) -> bool:
    share = product.audience.get(person.department, product.audience.get(EVERYBODY, 0.0))
    if person.is_external and share:
        share = max(0.35, share / 2)
    if person.title in product.owners:
        share = 0.85
    return happens(share, "uses", product.name, person.number)


def _spelled(product: Product, person: Employee) -> str:
    """The login as this kind of product spells it."""
    if product.form in {"saas", "seats"}:
        return person.email
    return person.number if product.form == "numbered" else person.login


def _roles(product: Product, person: Employee, *, is_admin: bool) -> str:
    if is_admin:
        return product.admin_role
    if person.title.startswith(("Team Lead", "Head of", "Chief")) and not person.is_external:
        return product.lead_role
    names, weights = zip(*product.roles, strict=True)
    chosen: str = chance("role", product.name, person.number).choices(names, weights)[0]
    return chosen
