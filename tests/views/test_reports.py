"""The pages of evidence: who gets in, what they see, what they take away."""

import csv
import io

import pikepdf
from sqlalchemy import select

from policies.lifecycle import ReportState
from policies.permissions import SYSTEM
from portal.db import db
from portal.models import Report, Review, TrailLine
from portal.usecases.reports import claim_report, fail_report, note_progress, store_report
from tests.factories import launch, salesforce, start
from tests.story import story


@story
def review(cast, acting) -> Review:
    salesforce(cast)
    return start(launch(acting("carl")), acting("olive"))


def order(client, review: Review, kind: str = "campaign"):
    return client.post(f"/campaigns/{review.campaign_id}/reports", data={"kind": kind})


def rows_of(response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(response.get_data(as_text=True), newline="")))


def test_the_csv_of_a_review_holds_every_account(review, sign_in):
    response = sign_in("ada").get(f"/reviews/{review.id}/items.csv")
    assert response.is_streamed
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Disposition"].startswith("attachment")
    logins = {row["account login"] for row in rows_of(response)}
    assert logins == {"max", "rita", "paula", "emil", "olive", "sync-bot", "ghost"}


def test_a_reviewer_gets_the_accounts_assigned_to_them(review, sign_in):
    response = sign_in("olive").get(f"/reviews/{review.id}/items.csv")
    assert "olive" not in {row["account login"] for row in rows_of(response)}
    assert len(rows_of(response)) == 6


def test_whoever_has_no_part_in_a_review_finds_no_csv(review, sign_in):
    assert sign_in("max").get(f"/reviews/{review.id}/items.csv").status_code == 404


def test_compliance_orders_a_report_and_sees_it_wait(review, sign_in):
    client = sign_in("carl")
    assert order(client, review).status_code == 303
    page = client.get(f"/campaigns/{review.campaign_id}/reports").get_data(as_text=True)
    assert "Attestation of the campaign" in page
    assert "Waiting" in page
    assert 'hx-trigger="every 2s"' in page


def test_an_auditor_may_download_but_not_order(review, sign_in):
    assert order(sign_in("ada"), review).status_code == 403
    order(sign_in("carl"), review)
    report = claim_report()
    store_report(report, "a.pdf", [_a_pdf()], "application/pdf", by=SYSTEM)
    response = sign_in("ada").get(f"/reports/{report.id}/download")
    assert response.data.startswith(b"%PDF")
    assert 'filename="a-ada@example.com-' in response.headers["Content-Disposition"]
    kept = sign_in("carl").get(f"/reports/{report.id}/download")
    assert kept.headers["Content-Disposition"] == 'attachment; filename="a.pdf"'
    assert kept.data == _a_pdf()
    assert db.session.scalar(select(TrailLine.id).where(TrailLine.verb == "report downloaded"))


def test_what_cannot_be_marked_is_not_handed_to_an_auditor(review, sign_in):
    order(sign_in("carl"), review)
    report = claim_report()
    store_report(report, "a.pdf", [b"%PDF"], "application/pdf", by=SYSTEM)
    response = sign_in("ada").get(f"/reports/{report.id}/download")
    assert response.status_code == 409
    assert "Have it made again" in response.text
    assert not db.session.scalar(select(TrailLine.id).where(TrailLine.verb == "report downloaded"))


def test_an_employee_finds_no_reports(review, sign_in):
    assert sign_in("max").get(f"/campaigns/{review.campaign_id}/reports").status_code == 404


def test_progress_and_failure_are_shown_with_what_to_do(review, sign_in):
    client = sign_in("carl")
    order(client, review)
    report, url = claim_report(), f"/campaigns/{review.campaign_id}/reports"
    note_progress(report.id, "setting the pages", 2, 4)
    table = client.get(url, headers={"HX-Request": "true", "HX-Target": "reports_table"})
    assert "Setting the pages" in table.get_data(as_text=True)
    assert "<html" not in table.get_data(as_text=True)
    fail_report(report, "PDF needs: apt-get install", for_good=True, by=SYSTEM)
    page = client.get(url).get_data(as_text=True)
    assert "PDF needs: apt-get install" in page
    assert "Try again" in page
    assert "every 2s" not in page
    assert client.post(f"/reports/{report.id}/retry").status_code == 303
    assert db.session.get(Report, report.id).state is ReportState.QUEUED


def test_a_review_of_another_campaign_is_refused(review, sign_in):
    data = {"kind": "review", "review": "999"}
    response = sign_in("carl").post(f"/campaigns/{review.campaign_id}/reports", data=data)
    assert response.status_code == 422


def _a_pdf() -> bytes:
    pdf, target = pikepdf.new(), io.BytesIO()
    pdf.add_blank_page()
    pdf.save(target, deterministic_id=True)
    return target.getvalue()
