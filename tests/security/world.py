"""The world that tests/security/test_matrix.py walks: somebody with every kind of right, each with
things of their own, and beside them things of somebody else and of nobody."""

from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select
from werkzeug.routing import Rule

from policies.filters import Condition, Filter, Op
from policies.lifecycle import SyncState
from policies.permissions import SYSTEM
from policies.scopes import Access, Scope
from portal import clock
from portal.db import Base, db
from portal.models import (
    Application,
    Campaign,
    Document,
    DutyConflict,
    Entitlement,
    File,
    IdentityProvider,
    Item,
    Logo,
    Person,
    Report,
    Review,
    Role,
    RoleRule,
    Session,
    Setting,
    Share,
    Source,
    Sync,
    Token,
)
from portal.models.provider import ProviderKind
from portal.queries.links import url_of
from portal.queue import Job
from portal.usecases.api_tokens import make_token
from portal.usecases.custom_fields import add_custom_field
from portal.usecases.decisions import decide_item
from portal.usecases.delegating import appoint_delegate
from portal.usecases.freezing import start_review
from portal.usecases.links import write_link
from portal.usecases.reports import order_report
from portal.usecases.reviews import sign_off
from portal.usecases.roles import RoleText, create_role
from portal.usecases.templates import keep_template
from portal.usecases.troubles import Work, note_trouble
from tests.factories import (
    REJECTED,
    items_of,
    launch,
    make_account,
    make_application,
    make_sync,
)

OWN, ANOTHERS, NOBODYS = "own", "another's", "nobody's"

# Who walks. Those among OWNERS own an application, review it and brought a list for that; Rita
# reviews what nobody owns, Rufus takes access away. Ada and Max were asked for nothing.
WALKERS = {
    "Admin": "alma",
    "IT Admin": "ivan",
    "Compliance": "carl",
    "Auditor": "ada",
    "Read-only": "rhea",
    "owner": "olive",
    "reviewer": "rita",
    "remover": "rufus",
    "employee": "max",
}
OWNERS = ("alma", "ivan", "carl", "rhea", "olive", "otto")

# What belongs to somebody, by its name in addresses.
HAVE_OWNERS = {
    *("application_id", "review_id", "item_id", "sync_id", "document_id"),
    *("entitlement_id", "person_id", "session_id"),
}

KEY = "organisation"  # names a setting, and an identity provider
DOOR_KEY = "member_domains"  # a setting that says who may come in
SAML_KEY = "elsewhere"
LOGO = "ab" * 32  # every application shows it

# What is sent to doors that look at it before they say who may not.
FORMS: dict[str, dict[str, str]] = {
    "letter_texts.test": {"channel": "email"},
    "syncs.create": {"application_name": "New"},
    "providers.create": {"kind": "oidc", "name": "Elsewhere"},
}
FILES = {"syncs.create"}  # these are sent a list as well


@dataclass
class World:
    """`whose[relation][walker]` fills the addresses of what belongs to somebody; `rest` the rest.

    What is another's, or nobody's, is the same for every walker.
    """

    own: dict[str, dict[str, int]] = field(default_factory=dict)
    anothers: dict[str, int] = field(default_factory=dict)
    nobodys: dict[str, int] = field(default_factory=dict)
    rest: dict[str, Any] = field(default_factory=dict)
    bearer: str = ""  # the text of an API token

    def values(self, rule: Rule, walker: str, whose: str) -> dict[str, Any] | None:
        """What fills the address of `rule`; None where the walker has no such thing."""
        arguments = rule.arguments
        related = {OWN: self.own.get(walker, {}), ANOTHERS: self.anothers, NOBODYS: self.nobodys}
        things = related.get(whose, {})
        owned = arguments & HAVE_OWNERS
        if not owned <= things.keys():
            return None
        known = {name: things[name] if name in owned else self._rest(name) for name in arguments}
        if "key" in known and "saml" in rule.rule:
            known["key"] = SAML_KEY
        if rule.endpoint in ("settings.edit_door", "settings.change_door"):
            known["key"] = DOOR_KEY
        return known

    def _rest(self, name: str) -> Any:
        if name not in self.rest:
            self.rest[name] = _first_row(name)
        return self.rest[name]


def build_world(cast: SimpleNamespace, acting: Any) -> World:
    """Store everything. Sessions are not in it: they begin when somebody signs in."""
    db.session.add(Setting(key="owners_can_access", value=True))
    db.session.commit()
    alma, world = acting("alma"), World()
    owned = {first: _application(first, cast, getattr(cast, first)) for first in OWNERS}
    db.session.add(Logo(sha256=LOGO, content=b"", created_at=clock.now()))
    lonely = _application("nobody", cast)
    removed = _application("removed", cast, cast.otto)
    campaign = launch(alma, application_filter=_named(*owned.values()))
    launch(alma, reviewer_ids=(cast.rita.id,), application_filter=_named(lonely))
    launch(alma, remediation_owner_id=cast.rufus.id, application_filter=_named(removed))
    reviews = {r.application_id: r for r in db.session.scalars(select(Review))}
    for review in reviews.values():
        start_review(review, by=alma)
    _reject(reviews[removed.id], acting("otto"))
    for walker, first in WALKERS.items():
        person = getattr(cast, first)
        world.own[walker] = {"person_id": person.id}
        if first in owned:
            world.own[walker] |= _things(owned[first], person, reviews)
    world.own["reviewer"] |= _of_review(lonely, cast.rita, reviews)
    world.own["remover"] |= _of_review(removed, cast.rufus, reviews)
    world.anothers = {"person_id": cast.otto.id} | _things(owned["otto"], cast.otto, reviews)
    world.nobodys = {"application_id": lonely.id, "sync_id": _upload(lonely, None).id}
    world.rest = _rest(cast, acting, campaign.id)
    world.bearer = _token(alma)
    return world


def note_sessions(world: World, cast: SimpleNamespace) -> None:
    """Add everybody's own session, once they have one; none is to be noted as used for an hour,
    however long the walk takes."""
    for walker, first in WALKERS.items():
        world.own[walker]["session_id"] = _session_of(getattr(cast, first))
    world.anothers["session_id"] = _session_of(cast.otto)
    later = clock.now() + timedelta(hours=1)
    for each in (*db.session.scalars(select(Session)), *db.session.scalars(select(Token))):
        setattr(each, "seen_at" if isinstance(each, Session) else "last_used_at", later)
    db.session.commit()


def _rest(cast: SimpleNamespace, acting: Any, campaign_id: int) -> dict[str, Any]:
    said = RoleText("Helpdesk", "", {Scope.APPLICATIONS: Access.READ})
    role = create_role(said, by=acting("alma"))
    add_custom_field("Data class", "choice", ["public"], by=acting("alma"))
    _conflict(db.session.scalars(select(Application)).first())
    token = url_of(write_link(cast.max, "tasks", by=SYSTEM)).rpartition("/")[2]
    campaign = db.session.get_one(Campaign, campaign_id)
    report = order_report(campaign, "campaign", by=acting("alma"))
    template = keep_template(campaign, "Quarterly", by=acting("alma"))
    _share(report, cast.rhea)
    note_trouble(Work(Job.TEND_SAML, "x", "look something up"), "It is not there.", by=SYSTEM)
    _add_provider(KEY, ProviderKind.OIDC, role)
    _add_provider(SAML_KEY, ProviderKind.SAML, role)
    next_year = clock.today() + timedelta(days=300)
    appoint_delegate(cast.alma, cast.max, (next_year, None), "a year off", by=acting("alma"))
    known = {"campaign_id": campaign_id, "role_id": role.id, "token": token, "key": KEY}
    known["template_id"] = template.id
    return known | {"digest": LOGO, "kind": "invitation"}


def _share(report: Report, person: Person) -> None:
    """A report that was shared once."""
    link = write_link(person, "share", by=SYSTEM)
    known = {"report_id": report.id, "campaign_id": report.campaign_id, "by_name": "Alma"}
    db.session.add(Share(**known, link_id=link.id, created_at=clock.now()))
    db.session.commit()


def _conflict(application: Application | None) -> None:
    """A conflict of duties."""
    key = application.id if application else 0
    sides = {"application_id": key, "other_application_id": key}
    names = {"entitlement": "Standard User", "other_entitlement": "Admin", "by_name": "Alma"}
    db.session.add(DutyConflict(**sides, **names, created_at=clock.now()))
    db.session.commit()


def _token(alma: Any) -> str:
    _, text = make_token("Directory", by=alma)
    return text


def _add_provider(key: str, kind: ProviderKind, role: Role) -> None:
    provider = IdentityProvider(key=key, kind=kind, name=key.title(), created_at=clock.now())
    provider.rules.append(RoleRule(position=1, claim="groups", value="it", role_id=role.id))
    db.session.add(provider)
    db.session.commit()


def _first_row(name: str) -> Any:
    """The first row of what the argument names (`letter_id` is a Letter); 1 where there is none."""
    kinds = {each.class_.__name__.lower(): each.class_ for each in Base.registry.mappers}
    kind = kinds.get(name.removesuffix("_id").replace("_", ""))
    if kind is None or not hasattr(kind, "id"):
        return 1
    return db.session.scalar(select(kind.id).order_by(kind.id).limit(1)) or 1


def _application(name: str, cast: SimpleNamespace, *owners: Person) -> Application:
    application = make_application(name.capitalize(), *owners, logo=LOGO)
    make_sync(application)
    make_account(application, "paula", person=cast.paula, roles="Standard User")
    return application


def _named(*applications: Application) -> list[Any]:
    groups = tuple((Condition("name", Op.IS, each.name),) for each in applications)
    return Filter(groups).as_data()


def _reject(review: Review, by: Any) -> None:
    for item in items_of(review).values():
        decide_item(item, REJECTED, version=item.version, by=by)
    sign_off(review, by=by)


def _things(application: Application, person: Person, reviews: dict[int, Review]) -> dict[str, int]:
    document, held = _document(application, person), _entitlement(application)
    its = {"application_id": application.id, "document_id": document, "entitlement_id": held}
    return its | _of_review(application, person, reviews)


def _entitlement(application: Application) -> int:
    held = Entitlement(instance_id=application.instances[0].id, kind="group", name="All")
    db.session.add(held)
    db.session.commit()
    return held.id


def _document(application: Application, person: Person) -> int:
    """A contract kept with the application, uploaded by `person`."""
    kept = File(name="contract.pdf", sha256="cd" * 32, size=0, created_at=clock.now())
    db.session.add(kept)
    db.session.flush()
    document = Document(
        application_id=application.id,
        file_id=kept.id,
        by_person_id=person.id,
        by_name=person.name,
        created_at=clock.now(),
    )
    db.session.add(document)
    db.session.commit()
    return document.id


def _of_review(
    application: Application, person: Person, reviews: dict[int, Review]
) -> dict[str, int]:
    review = reviews[application.id]
    item = db.session.scalars(select(Item.id).where(Item.review_id == review.id)).first()
    upload = _upload(application, person, review_id=review.id)
    return {"review_id": review.id, "item_id": item or 0, "sync_id": upload.id}


def _upload(application: Application, person: Person | None, **facts: Any) -> Sync:
    """A list that waits to be confirmed, uploaded by `person`."""
    instance_id = application.instances[0].id
    source = db.session.scalars(select(Source).where(Source.instance_id == instance_id)).one()
    sync = Sync(
        source_id=source.id,
        state=SyncState.PREVIEW,
        file_name="list.csv",
        sha256="ab" * 32,
        created_at=clock.now(),
        started_at=clock.now(),
        by_person_id=person.id if person else None,
        **facts,
    )
    db.session.add(sync)
    db.session.commit()
    return sync


def _session_of(person: Person) -> int:
    last = select(Session.id).where(Session.person_id == person.id).order_by(Session.id.desc())
    return db.session.scalars(last).first() or 0
