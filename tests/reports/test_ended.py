"""The evidence of campaigns that a due date or an admin ended says so, and holds."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from jobs.deadlines import mind_due_dates
from policies.deadlines import NOBODY, Undecided
from portal import clock
from portal.db import db
from portal.models import Report
from portal.reports.attestation import attestation_html
from portal.reports.verify_pack import verify
from portal.usecases.decisions import decide_item
from portal.usecases.endings import close_campaign, extend_campaign
from portal.usecases.reviews import sign_off
from tests.factories import APPROVED, items_of, launch, salesforce, start
from tests.reports.conftest import content_of, unpacked
from tests.reports.test_attestation import read_facts

LAUNCH = datetime(2026, 11, 23, 9, tzinfo=UTC)
DUE = datetime(2026, 12, 4, 16, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def at(moment):
    clock.shift(timedelta())
    clock.shift(moment - clock.now())


def come(moment):
    at(moment)
    mind_due_dates()
    db.session.expire_all()


@pytest.fixture
def run(cast, acting):
    def run(**facts):
        at(LAUNCH)
        salesforce(cast)
        campaign = launch(acting("carl"), due_at=DUE, **facts)
        return campaign, start(campaign, acting("olive"))

    return run


def approve(review, *logins, by):
    for login in logins:
        item = items_of(review)[login]
        decide_item(item, APPROVED, version=item.version, by=by)


def made(run_jobs) -> dict[str, Report]:
    run_jobs()
    return {report.kind: report for report in db.session.scalars(select(Report))}


def sheet(pack, beginning) -> dict[str, dict[str, str]]:
    archive = unpacked(pack)
    name = next(each for each in archive.namelist() if each.startswith(beginning))
    rows = csv.DictReader(io.StringIO(archive.read(name).decode()))
    return {row["account login"]: row for row in rows}


def test_what_a_rule_did_is_nobodys_decision_and_nobodys_signature(run, acting, run_jobs, tmp_path):
    campaign, review = run(undecided=Undecided.REJECT)
    approve(review, "max", by=acting("olive"))
    at(DUE - DAY)
    extend_campaign(campaign, DUE + 7 * DAY, "Olive was <ill>", by=acting("carl"))
    come(DUE + 5 * DAY)
    come(DUE + 7 * DAY + MINUTE)
    at(DUE + 9 * DAY)
    close_campaign(campaign, "The year is over", by=acting("alma"))
    reports = made(run_jobs)
    facts = read_facts(reports["campaign"])
    dates, found = facts.dates, {finding.title: finding.total for finding in facts.findings}
    assert (dates.planned_due, dates.due_at) == (DUE, DUE + 7 * DAY)
    assert [(move.reason, move.by) for move in dates.moves] == [("Olive was <ill>", "Carl Conrad")]
    assert dates.outcome == (
        "6 accounts in 1 review were rejected by the rule of the campaign; nobody decided on them."
    )
    assert (dates.closed_by, dates.reason) == ("Alma Ahlgren", "The year is over")
    assert (found["Decided by nobody"], found["Reviews that ended unfinished"]) == (6, 1)
    assert found["Decided after the due date"] == 0
    (nobody,) = facts.signatures
    assert (nobody.name, nobody.is_rule) == (NOBODY, True)
    html = attestation_html(facts)
    for words in (
        "Nobody attested this.",
        "Closed by the rule of the campaign, 2026-12-11",
        "Olive was &lt;ill&gt;",
        "closed by Alma Ahlgren: The year is over",
    ):
        assert words in html
    assert "Interim" not in html
    rows = sheet(reports["pack"], "reviews/")
    assert (rows["max"]["decided by"], rows["max"]["how"]) == ("Olive Owens", "single")
    assert (rows["ghost"]["decided by"], rows["ghost"]["how"]) == (NOBODY, "policy")
    assert {row["signed off by"] for row in rows.values()} == {f"{NOBODY} {rows_at(facts)}"}
    path = tmp_path / "pack.zip"
    path.write_bytes(content_of(reports["pack"]))
    checked = verify(path)
    assert checked.wrong == []
    assert any("1 sign-offs match the trail" in said for said in checked.said)


def rows_at(facts) -> str:
    return f"{facts.signatures[0].signed_at:%Y-%m-%dT%H:%M:%SZ}"


def test_what_a_reviewer_signed_is_not_taken_for_what_the_rule_closed(run, acting, run_jobs):
    campaign, review = run(undecided=Undecided.REJECT)
    logins = [login for login in items_of(review) if login != "olive"]
    approve(review, *logins, by=acting("olive"))
    sign_off(review, by=acting("olive"))
    come(DUE - 2 * DAY)
    come(DUE + MINUTE)
    close_campaign(campaign, "Enough", by=acting("alma"))
    rows = sheet(made(run_jobs)["pack"], "reviews/")
    assert rows["max"]["signed off by"].startswith("Olive Owens ")
    assert rows["olive"]["signed off by"].startswith(NOBODY)


def test_late_decisions_are_marked_in_the_rows_and_counted(run, acting, run_jobs):
    campaign, review = run(accepts_late=True)
    approve(review, "max", by=acting("olive"))
    come(DUE - 2 * DAY)
    come(DUE + DAY)
    approve(review, "rita", "paula", by=acting("olive"))
    approve(review, "emil", by=acting("alma"))  # who was not asked to
    close_campaign(campaign, "Enough", by=acting("alma"))
    reports = made(run_jobs)
    facts = read_facts(reports["campaign"])
    found = {finding.title: finding.total for finding in facts.findings}
    assert (found["Decided after the due date"], found["Decided by nobody"]) == (3, 0)
    basis = {line.name: line.basis for line in facts.reviewers}
    assert basis["Alma Ahlgren"] == "administrator"
    assert facts.dates.outcome.endswith("Late decisions were taken, and are marked.")
    for name in ("reviews/", "decisions.csv"):
        rows = sheet(reports["pack"], name)
        late = {login for login, row in rows.items() if row["late"] == "yes"}
        assert late == {"rita", "paula", "emil"}


def test_the_evidence_of_what_expired_is_made_and_is_final(run, acting, run_jobs):
    _, review = run(undecided=Undecided.EXPIRE)
    approve(review, "max", by=acting("olive"))
    come(DUE - 2 * DAY)
    come(DUE + MINUTE)
    facts = read_facts(made(run_jobs)["campaign"])
    assert (facts.cover.state, facts.cover.is_final) == ("expired", True)
    assert facts.dates.outcome == "1 review expired undecided."
    (ended,) = (f for f in facts.findings if f.title == "Reviews that ended unfinished")
    assert ended.examples == [
        "Salesforce: expired. 6 of 7 accounts were undecided on Fri 4 Dec 2026, 16:00 UTC."
    ]
