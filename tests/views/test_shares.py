"""Sharing reports: a link for each person, counted, withdrawn; and who gets in by one."""

import io

import pikepdf
import pytest
from sqlalchemy import select

from policies.permissions import SYSTEM
from portal.db import db
from portal.models import File, FilePart, Letter, Report, Setting, Share, TrailLine
from portal.models.person import Standing
from portal.queries.links import url_of
from portal.usecases.reports import claim_report, order_report, store_report
from tests.factories import launch, salesforce
from tests.story import story


@story
def report(cast, acting) -> Report:
    salesforce(cast)
    campaign = launch(acting("carl"))
    report = order_report(campaign, "campaign", by=acting("carl"))
    claim_report()
    pdf = io.BytesIO()
    with pikepdf.new() as made:
        made.add_blank_page()
        made.save(pdf)
    store_report(report, "attestation.pdf", [pdf.getvalue()], "application/pdf", by=SYSTEM)
    return report


def share(client, report, *people, **typed):
    typed = {"people": "\n".join(f"{first}@example.com" for first in people), "days": "7"} | typed
    return client.post(f"/reports/{report.id}/share", data=typed)


def path_to(first):
    letters = select(Letter).join(Letter.person).where(Letter.kind == "shared")
    letter = next(x for x in db.session.scalars(letters) if x.person.name.lower().startswith(first))
    return url_of(letter.link).removeprefix("http://portal.test")


def verbs():
    return list(db.session.scalars(select(TrailLine.verb).order_by(TrailLine.id)))


def test_each_person_gets_a_letter_with_a_link_of_their_own_and_no_file(report, sign_in):
    assert (
        share(sign_in("carl"), report, "max", "rhea", message="For the audit.").status_code == 303
    )
    letters = db.session.scalars(select(Letter).where(Letter.kind == "shared")).all()
    assert {letter.person.name for letter in letters} == {"Max Meyer", "Rhea Ruiz"}
    assert letters[0].subject == "Carl Conrad shares with you: the attestation (Q4 2026)"
    assert "For the audit." in letters[0].body
    assert letters[0].link_id != letters[1].link_id
    assert verbs().count("report shared") == 2


def test_whoever_it_is_shared_with_signs_in_and_takes_it(app, report, sign_in):
    share(sign_in("carl"), report, "rhea")
    path = path_to("rhea")
    page = app.test_client().get(path)
    assert "Sign in as Rhea Ruiz" in page.text
    assert app.test_client().post(path).status_code == 303
    assert "Sign in as Rhea Ruiz" in sign_in("ivan").get(path).text
    client = sign_in("rhea")
    assert "attestation.pdf" in client.get(path).text
    answer = client.post(path)
    assert answer.data[:4] == b"%PDF"
    assert db.session.scalars(select(Share.uses)).all() == [1]
    assert "shared report downloaded" in verbs()


def test_a_link_to_tasks_is_no_sign_in(report, sign_in):
    share(sign_in("carl"), report, "max")
    assert "Sign in as Max Meyer" in sign_in("max").get(path_to("max")).text


def test_where_no_sign_in_is_asked_for_the_link_is_enough(app, report, sign_in):
    db.session.add(Setting(key="shares_need_sign_in", value=False))
    db.session.commit()
    share(sign_in("carl"), report, "max")
    path = path_to("max")
    client = app.test_client()
    assert "attestation.pdf" in client.get(path).text
    assert client.post(path).data[:4] == b"%PDF"
    assert client.get("/tasks").status_code == 302  # it lets nobody into the portal
    assert client.get(path.replace("/shared/", "/in/")).status_code == 410


def test_who_is_not_of_the_organisation_gets_a_copy_with_their_name(app, cast, report, sign_in):
    db.session.add(Setting(key="shares_need_sign_in", value=False))
    db.session.commit()
    share(sign_in("carl"), report, "emil", "max")
    assert cast.emil.standing is Standing.EXTERNAL
    original = b"".join(db.session.scalars(select(FilePart.content)).all())
    assert app.test_client().post(path_to("max")).data == original
    assert app.test_client().post(path_to("emil")).data != original
    line = db.session.scalars(select(TrailLine).order_by(TrailLine.id.desc())).first()
    assert line.verb == "shared report downloaded"
    assert line.details["handed_out_sha256"] != db.session.scalars(select(File.sha256)).first()


def test_a_share_is_withdrawn_at_once(app, report, sign_in):
    client = sign_in("carl")
    share(client, report, "rhea")
    (found,) = db.session.scalars(select(Share)).all()
    here = f"/campaigns/{report.campaign_id}/shares"
    assert "Rhea Ruiz" in sign_in("ada").get(here).text
    assert sign_in("ada").post(f"/shares/{found.id}/revoke").status_code == 403
    assert sign_in("max").post(f"/shares/{found.id}/revoke").status_code == 404
    assert client.post(f"/shares/{found.id}/revoke").status_code == 303
    assert "Revoked" in client.get(here).text
    path = path_to("rhea")
    assert sign_in("rhea").get(path).status_code == 410
    assert sign_in("rhea").post(path).status_code == 303
    assert client.post(f"/shares/{found.id}/revoke").status_code == 409
    assert db.session.scalars(select(Share.uses)).all() == [0]


@pytest.mark.parametrize(
    "typed", [{"people": ""}, {"people": "who@evil.example"}, {"days": "0"}, {"days": "91"}]
)
def test_what_cannot_be_shared_is_refused_on_the_page(report, sign_in, typed):
    assert share(sign_in("carl"), report, "rhea", **typed).status_code == 422
    assert db.session.scalars(select(Share)).all() == []


def test_who_left_and_who_may_not_share(report, sign_in):
    assert share(sign_in("carl"), report, "paula").status_code == 422
    assert share(sign_in("ada"), report, "rhea").status_code == 403
    assert share(sign_in("max"), report, "rhea").status_code == 404
    assert sign_in("carl").get("/reports/999/share").status_code == 404
