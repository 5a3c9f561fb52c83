"""A portal with many active campaigns, to measure and to look at home and the campaign's pages.

    python -m bench.view --campaigns 300 --reviewers 5000 --items 100000
    python -m bench.view --campaigns 3 --keep /tmp/three      # and look at it: see the last line

The first campaign is the large one: 300 applications, every reviewer with a part of its items, half
of which are decided. The others have three applications each. Rows are written as they are, not by
use-cases, and so without a trail: this is no demo.
"""

import argparse
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import event, insert, select

from bench.clock import best, took
from bench.stage import ADMIN, a_place, person, the_portal
from jobs.tallies import count_campaigns
from policies.lifecycle import CampaignState, ReviewState, SyncState, Verdict
from policies.permissions import SYSTEM
from portal import clock
from portal.db import db
from portal.models import (
    Account,
    Application,
    Assignment,
    Campaign,
    Decision,
    Instance,
    Item,
    Person,
    Review,
    Reviewer,
    Source,
    Sync,
)
from portal.models.decision import How
from portal.queries.links import url_of
from portal.usecases.links import write_link

APPLICATIONS, SMALL = 300, 20  # applications in all; items of each review of a small campaign
BATCH = 10_000
DAYS = 10  # since the launch


def main() -> None:
    """Fill a portal, measure its pages, and keep it where that is asked for."""
    asked = _asked()
    with _folder(asked.keep) as folder:
        server = os.environ.get("DATABASE_URL", "")
        with a_place(folder, server if server.startswith("postgres") else "") as place:
            with the_portal(place) as app:
                _fill(asked.campaigns, asked.reviewers, asked.items)
                print(f"counting all campaigns for the first time: {took(count_campaigns):.2f} s")
                _measure(app)
                link = url_of(write_link(person(ADMIN), "sign-in", by=SYSTEM))
            print(f"To look at it: DATABASE_URL={place.database_url} and {link}")


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.view", description=__doc__)
    parser.add_argument("--campaigns", type=int, default=300)
    parser.add_argument("--reviewers", type=int, default=5_000)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--keep", type=Path, help="the folder to make it in; it stays")
    return parser.parse_args()


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    if kept:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="countersign-view-") as name:
        yield Path(name)


def _fill(campaigns: int, reviewers: int, items: int) -> None:
    now = clock.now()
    people = [{"name": f"Reviewer {n:04}", "email": f"r{n}@example.com"} for n in range(reviewers)]
    _add(Person, [{**each, "created_at": now} for each in people])
    ids = list(db.session.scalars(select(Person.id).where(Person.name.like("Reviewer %"))))
    _add(Application, [{"name": f"App {n:03}", "created_at": now} for n in range(APPLICATIONS)])
    applications = list(db.session.scalars(select(Application.id)))
    _add(Instance, [{"application_id": a, "name": "Main"} for a in applications])
    _add_lists()
    _add_accounts(applications, items)
    for nth in range(campaigns):
        mine = applications if nth == 0 else [applications[(3 * nth + k) % 300] for k in range(3)]
        _add_campaign(nth, mine, ids, items if nth == 0 else SMALL * len(mine))
    db.session.commit()


def _add(model: Any, rows: list[dict[str, Any]]) -> None:
    for at in range(0, len(rows), BATCH):
        db.session.execute(insert(model), rows[at : at + BATCH])
    db.session.commit()


def _add_lists() -> None:
    """A list of accounts for each instance, one in ten of them too old."""
    now = clock.now()
    instances = list(db.session.scalars(select(Instance.id)))
    _add(Source, [{"noun": "accounts", "instance_id": i, "created_at": now} for i in instances])
    sources = list(db.session.scalars(select(Source.id)))
    old = {"state": SyncState.APPLIED, "created_at": now}
    rows = [
        {"source_id": s, "applied_at": now - timedelta(days=20 * (s % 10 == 0))} for s in sources
    ]
    _add(Sync, [{**row, **old} for row in rows])


def _add_accounts(applications: list[int], items: int) -> None:
    instances = dict(db.session.execute(select(Instance.application_id, Instance.id)).all())
    each = max(SMALL, -(-items // len(applications)))
    rows = [
        {
            "application_id": a,
            "instance_id": instances[a],
            "login": f"user{n}",
            "login_key": f"user{n}",
            "status": "active",
        }
        for a in applications
        for n in range(each)
    ]
    _add(Account, rows)


def _add_campaign(nth: int, applications: list[int], people: list[int], items: int) -> None:
    now = clock.now()
    campaign = Campaign(
        name=f"Campaign {nth:03}",
        state=CampaignState.ACTIVE,
        created_at=now,
        launched_at=now - timedelta(days=DAYS),
        starts_at=now - timedelta(days=DAYS),
        due_at=now + timedelta(days=nth % 30 - 3),
    )
    db.session.add(campaign)
    db.session.flush()
    states = [ReviewState.IN_REVIEW] * 7 + [
        ReviewState.PENDING,
        ReviewState.ERROR,
        ReviewState.IN_REVIEW,
    ]
    reviews = [
        {"campaign_id": campaign.id, "application_id": a, "state": states[k % 10], "frozen_at": now}
        for k, a in enumerate(applications)
    ]
    _add(Review, reviews)
    query = select(Review.id, Review.application_id, Review.state)
    for place, row in enumerate(
        db.session.execute(query.where(Review.campaign_id == campaign.id)).all()
    ):
        share = items // len(applications)
        mine = [people[(nth + place * 17 + k) % len(people)] for k in range(min(share, 40))]
        _add_review(row, share, mine)


def _add_review(row: Any, size: int, people: list[int]) -> None:
    if row.state is ReviewState.PENDING:
        _add(Reviewer, [_reviewer(row.id, each, 0) for each in people])
        return
    query = select(Account.id, Account.login).where(Account.application_id == row.application_id)
    accounts = db.session.execute(query.limit(size)).all()
    _add(Item, [_item(row.id, account, n, people) for n, account in enumerate(accounts)])
    items = list(db.session.scalars(select(Item.id).where(Item.review_id == row.id)))
    rows = [{"item_id": item, "person_id": people[n % len(people)]} for n, item in enumerate(items)]
    _add(Assignment, [{**each, "level": 1, "basis": "manager"} for each in rows])
    share = -(-len(items) // len(people))
    _add(Reviewer, [_reviewer(row.id, each, share) for each in people])
    _add(Decision, [_decision(row.id, item, n, people) for n, item in enumerate(items) if n % 2])
    frozen = {
        "items": len(items),
        "first": items[0],
        "last": items[-1],
        "unassigned": 0,
        "privileged": 0,
    }
    db.session.get_one(Review, row.id).frozen = frozen
    db.session.commit()


def _reviewer(review_id: int, person_id: int, items: int) -> dict[str, Any]:
    found = {"review_id": review_id, "person_id": person_id, "items": items}
    return {**found, "level": 1, "basis": "manager"}


def _item(review_id: int, account: Any, nth: int, people: list[int]) -> dict[str, Any]:
    texts = ("account_name", "roles", "department", "title", "manager", "owner", "employee_number")
    flags = ("is_privileged", "is_past", "is_external", "is_orphan", "is_new", "is_inactive")
    decided = nth % 2 == 1
    return {
        **dict.fromkeys((*texts, "person_status", "email"), ""),
        **dict.fromkeys(flags, False),
        "review_id": review_id,
        "account_id": account.id,
        "label": account.login,
        "login": account.login,
        "instance": "Main",
        "status": "active",
        "kind": "human",
        "has_access": True,
        "attributes": {},
        "person_attributes": {},
        "verdict": Verdict.UNDECIDED if not decided else _verdict(nth),
        "decided_by_id": people[nth % len(people)] if decided else None,
        "decided_at": _moment(nth) if decided else None,
    }


def _verdict(nth: int) -> Verdict:
    return Verdict.REJECTED if nth % 20 == 1 else Verdict.APPROVED


def _moment(nth: int) -> Any:
    return clock.now() - timedelta(days=nth % DAYS, seconds=(nth * 37) % 3600)


def _decision(review_id: int, item_id: int, nth: int, people: list[int]) -> dict[str, Any]:
    return {
        "item_id": item_id,
        "review_id": review_id,
        "level": 1,
        "verdict": _verdict(nth),
        "was": Verdict.UNDECIDED,
        "how": How.BULK if nth % 6 == 1 else How.SINGLE,
        "by_person_id": people[nth % len(people)],
        "by_name": "Reviewer",
        "decided_at": _moment(nth),
    }


def _measure(app: Flask) -> None:
    """Each page's best of five, and how many statements it sends."""
    client, asked = app.test_client(), [0]
    link = url_of(write_link(person(ADMIN), "sign-in", by=SYSTEM))
    app.config["WTF_CSRF_ENABLED"] = False
    client.post(link.removeprefix("http://localhost"))
    large = db.session.scalars(select(Campaign.id).order_by(Campaign.id)).first()

    def hear(*_: Any) -> None:
        asked[0] += 1

    event.listen(db.engine, "before_cursor_execute", hear)
    here = f"/campaigns/{large}"
    pages = (
        "/home",
        here,
        f"{here}?sort=-undecided",
        f"{here}/reviewers",
        f"{here}/reviewers?sort=-pace",
        f"{here}/print",
        *("/reviews", "/reviews?field=stale&op=is&value=yes", "/campaigns"),
        "/settings/background",
    )
    for page in pages:
        status = client.get(page).status_code
        asked[0] = 0
        client.get(page)
        count = asked[0]
        seconds = best(lambda page=page: client.get(page), 5)  # type: ignore[misc]  # of this turn
        print(f"{page:55} {status} {1000 * seconds:7.1f} ms {count:4} statements")


if __name__ == "__main__":
    main()
