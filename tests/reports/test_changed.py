"""What was kept with less, and what several and delegates said, in the evidence; checked again."""

import csv
import io
import zipfile
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from jobs.evidence import make_pack
from jobs.reviewers import mind_delegates
from policies.assignment import Basis, By, Level, Outcome, Reviewing
from policies.filters import Condition, Filter, Op
from policies.lifecycle import ReviewState
from portal import clock
from portal.db import db
from portal.models import Account, Grant, Report
from portal.queries.evidence import attestation, subject_of
from portal.queries.evidence_rows import snapshot
from portal.reports.attestation import attestation_html
from portal.reports.verify_pack import verify
from portal.usecases.decisions import change_item, decide_view
from portal.usecases.delegating import appoint_delegate
from portal.usecases.freezing import start_review
from portal.usecases.remediation import verify_against
from portal.usecases.reviews import sign_off, submit_review
from tests.factories import APPROVED, items_of, launch, salesforce
from tests.reports.conftest import receive_list
from tests.reports.test_pack import mend_manifest

ADMIN, USER = "role: System Admin", "role: Standard User"


@pytest.fixture
def pack(cast, acting, tmp_path):
    """Rita loses a role at the first level, where Max acts for Alma, and one at the second; at
    the third Otto and Rufus have to agree."""
    salesforce(cast)
    together = Level(tuple(Basis(By.NAMED, (p.id,)) for p in (cast.otto, cast.rufus)), Outcome.ALL)
    levels = [Level((Basis(By.NAMED, (p.id,)),)) for p in (cast.alma, cast.carl)]
    campaign = launch(acting("alma"), reviewing=Reviewing((*levels, together)))
    (review,) = campaign.reviews
    start_review(review, by=acting("alma"))
    appoint_delegate(cast.alma, cast.max, (clock.today(), None), "away", by=acting("alma"))
    mind_delegates()
    take(review, ADMIN, acting("max"))
    for who in ("max", "alma"):  # Max may not decide on himself
        decide_the_rest(review, acting(who))
    take(review, USER, acting("carl"))
    decide_the_rest(review, acting("carl"))
    for who in ("rufus", "otto"):
        decide_view(review, Filter(), APPROVED, seen=10**6, by=acting(who))
    for who in ("rufus", "otto"):
        if review.state is ReviewState.IN_REVIEW:
            sign_off(review, by=acting(who))
    clock.shift(timedelta(days=1))
    remove_from_rita(review)
    submit_review(review, by=acting("alma"))
    report = db.session.scalars(select(Report).where(Report.kind == "pack")).one()
    db.session.commit()
    return make_pack(report, tmp_path, lambda *_: None)


def take(review, grant, by):
    item = items_of(review)["rita"]
    change_item(item, [grant], comment="less", version=item.version, by=by)


def decide_the_rest(review, by):
    rest = Filter(((Condition("verdict", Op.IS, "undecided"),),))
    decide_view(review, rest, APPROVED, seen=10**6, by=by)
    sign_off(review, by=by)


def remove_from_rita(review):
    content = b"login,roles\r\nrita,\r\n"
    mapping = {"login": "login", "roles": "role"}
    sync = receive_list(review.application, "after.csv", content, mapping=mapping)
    db.session.query(Account).update({"last_sync_id": sync.id})
    mine = select(Account.id).where(Account.login == "rita")
    db.session.execute(delete(Grant).where(Grant.account_id.in_(mine)))
    db.session.commit()
    verify_against(sync)


def row_of(place, name, **wanted):
    with zipfile.ZipFile(place) as archive:
        rows = csv.DictReader(io.StringIO(archive.read(name).decode()))
        return next(r for r in rows if all(r[k] == v for k, v in wanted.items()))


def test_the_pack_says_what_was_taken_away_and_holds(pack):
    assert verify(pack).wrong == []
    item = row_of(pack, "reviews/review-1-salesforce.csv", **{"account login": "rita"})
    assert item["takes away"] == f"{ADMIN}; {USER}"
    assert (item["decision"], item["removal state"]) == ("approved", "reduced")
    said = row_of(pack, "decisions.csv", decision="changed")
    assert (said["takes away"], said["decided by"]) == (ADMIN, "Max Meyer")
    assert row_of(pack, "sign-offs.csv", reviewer="Carl Conrad")["changed"] == "1"
    assert row_of(pack, "votes.csv", reviewer="Rufus Rand")["vote"] == "approved"
    assert "delegate for Alma Ahlgren" in item["reviewers"]
    rest = row_of(pack, "decisions.csv", **{"decided by": "Carl Conrad", "how": "bulk"})
    assert rest["decided at once"] == "6"


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("reviews/review-1-salesforce.csv", f'"{ADMIN}; {USER}"', f'"{ADMIN}"', "is to lose"),
        ("decisions.csv", f'"{USER}"', '""', "only a change takes something away"),
    ],
)
def test_a_forger_who_takes_less_away_is_found(pack, tmp_path, name, old, new, says):
    place = tmp_path / "forged"
    with zipfile.ZipFile(pack) as archive:
        archive.extractall(place)
    text = (place / name).read_bytes().decode()
    assert old in text
    (place / name).write_bytes(text.replace(old, new, 1).encode())
    mend_manifest(place, name)
    assert any(says in sentence for sentence in verify(place).wrong)


def test_the_attestation_prints_what_was_to_be_removed(pack):
    report = db.session.scalars(select(Report).where(Report.kind == "campaign")).one()
    with snapshot() as view:
        said = attestation_html(attestation(view, subject_of(view, report.id), [], "1"))
    assert f"Only {ADMIN}; {USER}" in said
    assert "The removal of the one account rejected or changed was verified" in said
