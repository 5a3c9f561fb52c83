"""The accounts of an application: found, filtered, flagged, downloaded."""

import pytest

from portal import clock
from portal.db import db
from tests.factories import make_account, make_application, make_sync, salesforce


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["emil", "ghost", "max", "olive", "paula", "rita", "sync-bot"]),
        ("q=OWENS", ["olive"]),
        ("field=orphan&op=is&value=yes", ["ghost", "sync-bot"]),
        ("field=kind&op=is&value=service", ["sync-bot"]),
        ("field=roles&op=contains&value=admin", ["rita"]),
        ("field=status&op=is-not&value=active", ["ghost"]),
        ("field=department&op=is&value=security", ["rita"]),
        ("field=gone&op=is&value=yes", ["left"]),
        ("sort=-login&field=status&op=is&value=suspended", ["ghost"]),
    ],
)
def test_accounts_are_found_by_text_and_by_filter(sign_in, cast, query, expected):
    application = salesforce(cast)
    make_account(application, "left", gone_at=clock.now())
    answer = sign_in("rhea").get(f"/applications/{application.id}/accounts/csv?{query}")
    lines = answer.text.splitlines()[1:]
    assert [line.split('","')[0].strip('"') for line in lines] == expected


@pytest.mark.parametrize("sort", ["login", "-roles", "status", "-used", "name"])
def test_every_order_of_the_page_answers(sign_in, cast, sort):
    application = salesforce(cast)
    page = sign_in("ada").get(f"/applications/{application.id}/accounts?sort={sort}").text
    assert "7 accounts" in page
    assert "Orphan" in page
    assert "Past user" in page
    assert "Privileged" in page


def test_a_cell_that_looks_like_a_formula_is_defused_in_the_download(sign_in, cast):
    application = make_application("Figma")
    make_sync(application)
    make_account(application, "=cmd()", name="@sum")
    text = sign_in("ada").get(f"/applications/{application.id}/accounts/csv").text
    assert '"\'=cmd()"' in text
    assert '"\'@sum"' in text


def test_the_page_asks_the_same_for_few_and_for_many(sign_in, cast, counting):
    application = make_application("Figma")
    make_account(application, "max", person=cast.max)
    client = sign_in("ada")
    with counting() as few:
        client.get(f"/applications/{application.id}/accounts")
    for number in range(60):
        make_account(application, f"user{number}", person=cast.otto, owner_id=cast.olive.id)
    db.session.commit()
    with counting() as many:
        client.get(f"/applications/{application.id}/accounts")
    assert many.count <= few.count + 1
