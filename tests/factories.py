"""Props: applications with accounts, and campaigns at any stage, made by the real use-cases."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from sqlalchemy import insert, select

from policies.assignment import reviewed_by
from policies.lifecycle import SyncState, Verdict
from policies.permissions import SYSTEM, Actor
from portal import clock
from portal.db import db
from portal.models import (
    Account,
    Application,
    ApplicationOwner,
    Campaign,
    Entitlement,
    Grant,
    Instance,
    Item,
    Person,
    Review,
    Source,
    Sync,
)
from portal.usecases.campaigns import Plan, draft_campaign, schedule_campaign
from portal.usecases.freezing import start_review
from portal.usecases.launching import launch_campaign


def make_application(name: str, *owners: Person, **facts: Any) -> Application:
    """An application with one instance and a file source, its first owner primary."""
    application = Application(name=name, created_at=clock.now(), **facts)
    db.session.add(application)
    db.session.flush()
    for number, owner in enumerate(owners):
        db.session.add(
            ApplicationOwner(
                application_id=application.id, person_id=owner.id, is_primary=number == 0
            )
        )
    instance = Instance(application_id=application.id, name="Main")
    db.session.add(instance)
    db.session.flush()
    db.session.add(Source(noun="accounts", instance_id=instance.id, created_at=clock.now()))
    db.session.commit()
    return application


def make_sync(application: Application, **facts: Any) -> Sync:
    """A list applied just now, complete unless said otherwise."""
    instance = application.instances[0]
    source = db.session.scalars(select(Source).where(Source.instance_id == instance.id)).one()
    moment = clock.now()
    sync = Sync(
        source_id=source.id,
        state=SyncState.APPLIED,
        file_name="list.csv",
        sha256="ab" * 32,
        created_at=moment,
        applied_at=moment,
        **facts,
    )
    db.session.add(sync)
    db.session.commit()
    return sync


def make_account(
    application: Application, login: str, *, person: Person | None = None, **facts: Any
) -> Account:
    """An account on the application's latest list; `roles` is "a, b" and becomes grants."""
    instance = application.instances[0]
    latest = db.session.scalar(select(Sync.id).order_by(Sync.id.desc()).limit(1))
    account = Account(
        application_id=application.id,
        login=login,
        login_key=login.lower(),
        person_id=person.id if person else None,
        last_sync_id=latest,
        **{
            "instance_id": instance.id,
            "status": "active",
            "email": (person.email or "") if person else "",
            **facts,
        },
    )
    db.session.add(account)
    db.session.flush()
    for name in filter(None, account.roles.split(", ")):
        db.session.add(Grant(account_id=account.id, entitlement_id=_entitlement(instance, name)))
    db.session.commit()
    return account


def plan(reviewer_ids: Any = (), remediation_owner_id: int | None = None, **facts: Any) -> Plan:
    usual = {
        "name": "Q4 2026",
        "due_at": clock.now() + timedelta(days=14),
        "reviewing": reviewed_by(reviewer_ids, remediation_owner_id),
    }
    return Plan(**usual | facts)


def launch(by: Actor, **facts: Any) -> Campaign:
    """An active campaign (or an archived one, where nothing matches)."""
    campaign = draft_campaign(plan(**facts), by=by)
    schedule_campaign(campaign, by=by)
    launch_campaign(campaign, by=SYSTEM)
    return campaign


def start(campaign: Campaign, by: Actor) -> Review:
    """The only review of a campaign, started."""
    review = db.session.scalars(select(Review).where(Review.campaign_id == campaign.id)).one()
    start_review(review, by=by)
    return review


def items_of(review: Review) -> dict[str, Item]:
    """The items of a review by login."""
    query = select(Item).where(Item.review_id == review.id)
    return {item.login: item for item in db.session.scalars(query)}


def salesforce(cast: SimpleNamespace) -> Application:
    """Olive's Salesforce: four people, a service account, an orphan, and Olive herself."""
    application = make_application("Salesforce", cast.olive)
    make_sync(application, rows_read=7, rows_applied=7, new=7)
    make_account(application, "max", person=cast.max, roles="Standard User")
    make_account(application, "rita", person=cast.rita, roles="System Admin, Standard User")
    make_account(application, "paula", person=cast.paula, roles="Standard User")
    make_account(application, "emil", person=cast.emil, roles="Chatter External")
    make_account(application, "olive", person=cast.olive, roles="Sales Manager")
    make_account(application, "sync-bot", kind="service", roles="API", attributes={"Team": "IT"})
    make_account(application, "ghost", roles="Standard User", status="suspended")
    return application


def crowded(cast: SimpleNamespace, count: int) -> Application:
    """Olive's Warehouse, with so many accounts, every tenth of an administrator."""
    application = make_application("Warehouse", cast.olive)
    latest, instance = make_sync(application), application.instances[0]
    departments = ("Sales", "Design", "Support", "Finance")
    usual = {"application_id": application.id, "instance_id": instance.id, "status": "active"}
    usual |= {"last_sync_id": latest.id, "first_sync_id": latest.id, "kind": "human"}
    rows = [
        {
            **usual,
            "login": f"login{nth:06}",
            "login_key": f"login{nth:06}",
            "name": f"Person {nth:06}",
            "roles": "Administrator" if nth % 10 == 9 else f"Role {nth % 7}",
            "attributes": {"Team": departments[nth % 4]},
        }
        for nth in range(count)
    ]
    db.session.execute(insert(Account), rows)
    db.session.commit()
    return application


APPROVED, REJECTED, UNDECIDED = Verdict.APPROVED, Verdict.REJECTED, Verdict.UNDECIDED


def _entitlement(instance: Instance, name: str) -> int:
    found = db.session.scalar(
        select(Entitlement).where(Entitlement.instance_id == instance.id, Entitlement.name == name)
    )
    if found is None:
        found = Entitlement(instance_id=instance.id, kind="role", name=name)
        db.session.add(found)
        db.session.flush()
    return found.id
