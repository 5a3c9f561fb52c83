"""Text from outside that is markup or a formula: shown as it is, on every page, in every file."""

import csv
import io
import time

import pytest
from sqlalchemy import select

from policies.permissions import SYSTEM
from portal import logs
from portal.db import db
from portal.models import Link, Report, Sync
from portal.queries.links import url_of
from portal.usecases.custom_fields import add_custom_field
from portal.usecases.decisions import decide_item
from portal.usecases.links import write_link
from tests.factories import REJECTED, items_of, launch, make_account, salesforce, start
from tests.story import story

EVIL = """'"><img src=x onerror=alert(1)>{{7*7}}"""
FORMULA = "=HYPERLINK(1)"


@story
def review(cast, acting, run_jobs):
    """Everything that has a name is called EVIL."""
    application = salesforce(cast)
    application.name = cast.max.name = cast.max.department = EVIL
    application.description = EVIL
    db.session.commit()
    facts = {"name": EVIL, "roles": EVIL, "status": "active", "attributes": {EVIL: EVIL}}
    make_account(application, EVIL, **facts)
    make_account(application, FORMULA, name=FORMULA, roles=FORMULA)
    add_custom_field(EVIL, "text", [], by=SYSTEM)
    add_custom_field(FORMULA, "text", [], by=SYSTEM)
    campaign = launch(acting("alma"), name=EVIL, instructions=EVIL)
    review = start(campaign, acting("olive"))
    item = items_of(review)[EVIL]
    decide_item(item, REJECTED, comment=EVIL, version=item.version, by=acting("olive"))
    run_jobs()
    return review


def pages(app, review, person):
    sync = db.session.scalar(select(Sync.id))
    values = {
        **{"review_id": review.id, "campaign_id": review.campaign_id, "person_id": person.id},
        **{"application_id": review.application_id, "letter_id": 1, "sync_id": sync},
        **{"key": "organisation", "token": "x", "report_id": db.session.scalar(select(Report.id))},
        "link_id": db.session.scalar(select(Link.id)),
    }
    for rule in app.url_map.iter_rules():
        known = rule.endpoint != "static" and all(values.get(name) for name in rule.arguments)
        if known and "GET" in rule.methods:
            named = {name: values[name] for name in rule.arguments}
            yield app.url_map.bind("portal.test").build(rule.endpoint, named)


@pytest.mark.parametrize("who", ["alma", "olive"])
def test_no_page_carries_markup_from_outside(app, sign_in, cast, review, who):
    client, seen = sign_in(who), 0
    for url in pages(app, review, cast.max):
        for query in ("", f"?q={EVIL}&field=label&op=is&value={EVIL}&verdict=rejected"):
            with client.get(url + query) as answer:
                text = answer.text
            if answer.mimetype == "text/html":
                seen += "&lt;img src=x" in text
                assert "<img src=x" not in text, url
                assert "alert(1)&gt;49" not in text, url
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert seen > 5


def test_no_csv_carries_a_formula_in_a_cell_or_a_header(app, sign_in, cast, review):
    client, seen = sign_in("alma"), 0
    for url in pages(app, review, cast.max):
        with client.get(url) as answer:
            text = answer.text
        if answer.mimetype == "text/csv":
            cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
            assert not [cell for cell in cells if cell.startswith(tuple("=+-@\t\r"))], url
            assert "attachment" in answer.headers["Content-Disposition"], url
            seen += f"'{FORMULA}" in cells
    assert seen >= 3


def test_no_page_and_no_line_of_the_trail_carries_a_token(app, sign_in, cast, review):
    link = write_link(cast.olive, "tasks", by=SYSTEM)
    token = url_of(link).rpartition("/")[2]
    app.test_client().get(f"/in/{token}")
    client = sign_in("alma")
    for path in ("/trail", "/trail.csv", "/letters", "/letters/csv"):
        assert token not in client.get(path).text


def test_a_long_line_is_logged_without_thinking_for_minutes():
    began = time.perf_counter()
    logs.without_personal_data(None, "", {"event": "x" * 200_000})
    assert time.perf_counter() - began < 2
