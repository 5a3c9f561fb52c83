"""A campaign by entitlement in the evidence: line by line, and checked again without the portal."""

import csv
import io
import zipfile
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from jobs.evidence import make_pack
from policies.filters import Condition, Filter, Op
from policies.user_scope import Granularity
from portal import clock
from portal.db import db
from portal.models import Account, Entitlement, Grant, Item, Report
from portal.queries.evidence import attestation, subject_of
from portal.queries.evidence_rows import snapshot
from portal.reports.attestation import attestation_html
from portal.reports.verify_pack import verify
from portal.usecases.decisions import decide_item, decide_view
from portal.usecases.freezing import start_review
from portal.usecases.remediation import verify_against
from portal.usecases.reviews import sign_off, submit_review
from tests.factories import APPROVED, REJECTED, launch, salesforce
from tests.reports.conftest import receive_list
from tests.reports.test_pack import mend_manifest

FILE = "reviews/review-1-salesforce.csv"


@pytest.fixture
def pack(cast, acting, tmp_path):
    """Of all that is held in Salesforce, Rita's role of administrator is rejected, and goes."""
    application, alma = salesforce(cast), acting("alma")
    campaign = launch(alma, granularity=Granularity.ENTITLEMENT)
    (review,) = campaign.reviews
    start_review(review, by=alma)
    admin = db.session.scalars(select(Item).where(Item.entitlement == "System Admin")).one()
    decide_item(admin, REJECTED, comment="moved", version=admin.version, by=alma)
    rest = Filter(((Condition("verdict", Op.IS, "undecided"),),))
    decide_view(review, rest, APPROVED, seen=10**6, by=alma)
    sign_off(review, by=alma)
    clock.shift(timedelta(days=1))
    sync = receive_list(application, "after.csv", b"login,roles\r\n", mapping={"roles": "role"})
    db.session.query(Account).update({"last_sync_id": sync.id})
    gone = select(Entitlement.id).where(Entitlement.name == "System Admin")
    db.session.execute(delete(Grant).where(Grant.entitlement_id.in_(gone)))
    db.session.commit()
    verify_against(sync)
    submit_review(review, by=alma)
    report = db.session.scalars(select(Report).where(Report.kind == "pack")).one()
    db.session.commit()
    return make_pack(report, tmp_path, lambda *_: None)


def rows_of(place, name):
    with zipfile.ZipFile(place) as archive:
        return list(csv.DictReader(io.StringIO(archive.read(name).decode())))


def test_the_pack_has_a_row_for_each_grant_and_holds(pack):
    assert verify(pack).wrong == []
    rows = rows_of(pack, FILE)
    assert len(rows) == 8
    rita = {row["entitlement"]: row for row in rows if row["account login"] == "rita"}
    kept, lost = rita["Standard User"], rita["System Admin"]
    assert {row["roles"] for row in rita.values()} == {"System Admin, Standard User"}
    assert (kept["decision"], kept["privileged"], kept["removal state"]) == ("approved", "no", "")
    assert (lost["decision"], lost["privileged"]) == ("rejected", "yes")
    assert (lost["entitlement kind"], lost["removal state"]) == ("role", "reduced")
    assert (lost["takes away"], lost["verified by file"]) == ("", "after.csv")
    (said,) = [row for row in rows_of(pack, "decisions.csv") if row["decision"] == "rejected"]
    assert (said["account login"], said["entitlement"]) == ("rita", "System Admin")


def test_a_forger_who_calls_it_the_whole_account_is_found(pack, tmp_path):
    place = tmp_path / "forged"
    with zipfile.ZipFile(pack) as archive:
        archive.extractall(place)
    text = (place / FILE).read_bytes().decode()
    assert text.count('"role","System Admin"') == 1
    (place / FILE).write_bytes(text.replace('"role","System Admin"', '"",""').encode())
    mend_manifest(place, FILE)
    assert any("is not verified" in sentence for sentence in verify(place).wrong)


def test_the_attestation_counts_lines_and_names_what_went(pack):
    report = db.session.scalars(select(Report).where(Report.kind == "campaign")).one()
    with snapshot() as view:
        facts = attestation(view, subject_of(view, report.id), [], "1")
    (population,) = facts.populations
    assert (population.in_scope, population.lines, population.reviewed) == (7, 8, 8)
    said = attestation_html(facts)
    assert "8 lines in 1 application, one for each entitlement of an account, came under" in said
    assert "everybody; one line per entitlement" in said
    assert "The removal of the one entitlement rejected was verified" in said
    assert "Only role: System Admin" in said
    statements = [each.statement for each in facts.signatures]
    assert statements[0].startswith(
        "I have looked at 8 lines in Salesforce, each an entitlement of an account."
    )
    assert statements[1] == (
        "Every entitlement in the scope of this campaign in Salesforce was reviewed. The 1 "
        "entitlement that was rejected is not held any more, as verified on a list received after "
        "the sign-off."
    )
