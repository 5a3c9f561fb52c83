"""What the people of the demo do in the portal, each step by the use-case behind its button."""

from collections.abc import Sequence
from datetime import date, timedelta
from io import BytesIO
from itertools import chain

from sqlalchemy import ColumnElement, or_, select

from policies.lifecycle import SyncState
from policies.permissions import SYSTEM, Actor
from portal import clock
from portal.db import db
from portal.demo.accounts import PRODUCTS, World
from portal.demo.catalogue import Product
from portal.demo.chance import chance
from portal.demo.days import Diary
from portal.demo.lists import account_list, file_name, people_list
from portal.models import Application, Instance, Letter, Link, Person, Review, Source, Sync
from portal.queries.letters import due_letters
from portal.queries.links import METHODS, REACHES, actor_behind
from portal.usecases.carrying import keep_letters
from portal.usecases.links import follow_link
from portal.usecases.members import send_sign_in_link
from portal.usecases.sessions import Browser, Proof, open_session
from portal.usecases.sources import accounts_source, people_source
from portal.usecases.syncs import apply_sync, stage_sync, tidy_staged, upload_list

BROWSER = Browser("192.0.2.17", "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Firefox/140.0")


class Unexpected(RuntimeError):
    """The demo did not go as written: the product changed, and the demo has to follow."""


class Office:
    """The company's people at work in the portal."""

    def __init__(self, world: World, diary: Diary) -> None:
        self.world = world
        self.diary = diary
        self._signed_in: dict[tuple[str, date], Actor] = {}

    def person(self, title: str) -> Person:
        """Who holds a post of which there is one."""
        return person_by_email(self.world.by_title[title].email)

    def sign_in(self, title: str) -> Actor:
        """A member asks for a sign-in link, and follows it out of the letter."""
        return self.sign_in_as(self.person(title))

    def sign_in_as(self, person: Person) -> Actor:
        """The same, for whoever has no post of their own."""
        send_sign_in_link(person.email or "", by=SYSTEM)
        self.post()
        self.diary.pass_time(40)
        return self._follow(person, "sign-in", None)

    def working_as(self, title: str) -> Actor:
        """A member who signed in today already, or does so now."""
        key = title, clock.today()
        if key not in self._signed_in:
            self._signed_in[key] = self.sign_in(title)
        return self._signed_in[key]

    def visit(self, person: Person, review: Review) -> Actor:
        """Someone follows the link in the letter about this review."""
        return self._follow(person, "tasks", review)

    def come_as_owner(self, person: Person) -> Actor:
        """An owner follows the link in their invitation."""
        return self._follow(person, "owner", None)

    def import_people(self, by: Actor) -> None:
        """Bring HR's list of today."""
        stream = people_list(self.world.staff, clock.now())
        name = f"hr-employees-{clock.today():%Y-%m-%d}.csv"
        self.read_and_apply(
            upload_list(people_source(by=by), name, stream, apply_when_read=True, by=by)
        )

    def import_lists(self, product: Product, *, by: Actor, review: Review | None = None) -> None:
        """Bring what the vendor lists now, for every instance."""
        for instance in application(product.name).instances:
            name, stream = self.export(product, instance.name)
            source = accounts_source(instance, by=by)
            self.read_and_apply(
                upload_list(source, name, stream, apply_when_read=True, review=review, by=by)
            )
            self.diary.pass_time(chance("export", name).randint(50, 150))

    def export(self, product: Product, instance: str) -> tuple[str, BytesIO]:
        """The vendor's user list as a file: its name and its content."""
        now = clock.now()
        logins = self.world.logins(product, instance, now)
        return file_name(product, instance, now), account_list(product, logins, now)

    def read_and_apply(self, sync: Sync) -> None:
        """What the worker does with an upload."""
        self.diary.pass_time(2)
        stage_sync(sync, by=SYSTEM)
        apply_sync(sync, by=SYSTEM)
        tidy_staged(sync)
        if sync.state is not SyncState.APPLIED:
            raise Unexpected(f"{sync.file_name} is {sync.state.value} {sync.error}")

    def post(self) -> None:
        """Without a mail server letters are kept, to be read in the portal."""
        while due := due_letters(200):
            keep_letters(list(chain(*due.values())), by=SYSTEM)

    def _follow(self, person: Person, purpose: str, review: Review | None) -> Actor:
        link = db.session.scalars(
            select(Link)
            .where(
                Link.person_id == person.id,
                Link.purpose == purpose,
                _leads_to(review),
                Link.expires_at > clock.now() + timedelta(minutes=5),
            )
            .order_by(Link.id.desc())
            .limit(1)
        ).one()
        who = Actor(person.id, person.name, method=METHODS[purpose])
        follow_link(link, by=who)
        open_session(person, Proof(who.method, REACHES[purpose], link), BROWSER, by=who)
        actor = actor_behind(link)
        if actor is None:
            raise Unexpected(f"{person.name} was not let in")
        return actor


def _leads_to(review: Review | None) -> ColumnElement[bool]:
    """A link to this review, or in the one invitation to all reviews of its campaign."""
    if review is None:
        return Link.review_id.is_(None)
    gathered = Letter.kind == "invitations", Letter.campaign_id == review.campaign_id
    return or_(Link.review_id == review.id, Link.id.in_(select(Letter.link_id).where(*gathered)))


def application(name: str) -> Application:
    return db.session.scalars(select(Application).where(Application.name == name)).one()


def product(name: str) -> Product:
    return next(each for each in PRODUCTS if each.name == name)


def person_by_email(email: str) -> Person:
    return db.session.scalars(select(Person).where(Person.email == email)).one()


def sources_of(name: str) -> Sequence[Source]:
    """The sources in use of an application."""
    return db.session.scalars(
        select(Source)
        .join(Instance, Instance.id == Source.instance_id)
        .join(Application, Application.id == Instance.application_id)
        .where(Application.name == name, Source.removed_at.is_(None))
    ).all()
