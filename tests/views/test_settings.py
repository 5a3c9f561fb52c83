"""The settings pages: who reads, who changes, and what stays in the trail."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from policies.errors import Denied
from policies.settings import SETTINGS
from portal import clock
from portal.db import db
from portal.models import TrailLine
from portal.queries.settings import setting
from portal.usecases.settings import change_setting
from tests.factories import make_application


@pytest.mark.parametrize(
    ("key", "typed", "kept"),
    [
        ("organisation", "  Harrow   Lane ", "Harrow Lane"),
        ("inactive_days", " 45", 45),
        ("privileged_words", "Admin\n\n OWNER \nadmin", ["admin", "owner"]),
    ],
)
def test_a_setting_is_changed_and_the_trail_says_from_what_to_what(sign_in, key, typed, kept):
    answer = sign_in("ivan").post(f"/settings/{key}/edit", data={"value": typed})
    assert answer.status_code == 303
    assert setting(key) == kept
    line = db.session.scalars(select(TrailLine).where(TrailLine.verb == "setting changed")).one()
    assert line.details == {"was": SETTINGS[key].default, "now": kept}


@pytest.mark.parametrize(
    ("key", "typed", "sentence"),
    [
        ("organisation", "  ", "Organisation: this cannot be empty."),
        ("inactive_days", "0", "write a whole number from 1 to 3,650."),
        ("inactive_days", "²", "write a whole number"),
        ("inactive_days", "9" * 400, "write a whole number"),
        (
            "access_words",
            "active\ndisabled",
            "disabled: this is among the status words that mean no",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_and_stays_in_the_form(sign_in, key, typed, sentence):
    answer = sign_in("ivan").post(f"/settings/{key}/edit", data={"value": typed})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert setting(key) == SETTINGS[key].default


def test_saving_the_same_again_leaves_no_line(sign_in, cast):
    client = sign_in("ivan")
    page = client.get("/settings/no_access_words/edit").text
    typed = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL)[1]
    client.post("/settings/no_access_words/edit", data={"value": typed})
    assert "setting changed" not in set(db.session.scalars(select(TrailLine.verb)))


def test_an_auditor_reads_the_settings_and_changes_nothing(sign_in, cast):
    client = sign_in("ada")
    page = client.get("/settings").text
    assert "Days without use" in page
    assert "/edit" not in page
    answer = client.post("/settings/organisation/edit", data={"value": "Mine"})
    assert answer.status_code == 403
    assert setting("organisation") == SETTINGS["organisation"].default


def test_for_a_reader_without_the_scope_there_are_no_settings(sign_in, cast):
    assert sign_in("rhea").get("/settings").status_code == 404


def test_a_setting_that_does_not_exist_is_not_there(sign_in, cast):
    assert sign_in("alma").get("/settings/secret_key/edit").status_code == 404
    assert sign_in("alma").post("/settings/secret_key/edit", data={"value": "x"}).status_code == 404


def test_the_style_guide_is_for_developers_only(app, cast):
    client, own = app.test_client(), app.extensions["config"]
    assert client.get("/_styleguide").status_code == 200
    app.extensions["config"] = replace(own, environment="production")
    try:
        assert client.get("/_styleguide").status_code == 404
    finally:
        app.extensions["config"] = own


def test_an_application_may_say_by_words_of_its_own_what_is_privileged(sign_in, cast):
    application = make_application("Figma", cast.otto)
    client = sign_in("alma")
    data = {"application_id": str(application.id), "words": "Owner\neditor"}
    assert client.post("/settings/privileged", data=data).status_code == 303
    assert "owner, editor" in client.get("/settings/privileged").text
    client.post("/settings/privileged", data=data | {"words": ""})
    assert "owner, editor" not in client.get("/settings/privileged").text
    assert client.post("/settings/privileged", data={"application_id": "x"}).status_code == 422
    assert sign_in("rhea").post("/settings/privileged", data=data).status_code == 404


def test_who_needs_what_to_come_in_is_changed_by_admins_who_proved_anew_who_they_are(
    sign_in, acting, cast
):
    key = "second_factor_roles"
    ivan, alma = sign_in("ivan"), sign_in("alma")
    assert ivan.post(f"/settings/{key}/edit", data={"value": "nobody"}).status_code == 404
    assert ivan.post(f"/settings/doors/{key}/edit", data={"value": "nobody"}).status_code == 404
    with pytest.raises(Denied):
        change_setting(key, "nobody", by=acting("ivan"))
    shown = ivan.get("/settings").text
    assert "By an Admin" in shown
    assert key not in re.findall(r"/settings/(?:doors/)?(\w+)/edit", shown)
    clock.shift(timedelta(minutes=11))
    door = alma.post(f"/settings/doors/{key}/edit", data={"value": "admin\nit admin"})
    assert door.headers["Location"].startswith("/again")
    assert setting(key) == ["admin"]
    fresh = sign_in("alma")
    fresh.post(f"/settings/doors/{key}/edit", data={"value": "admin\nit admin"})
    assert setting(key) == ["admin", "it admin"]
    assert fresh.get("/settings/doors/organisation/edit").status_code == 404
