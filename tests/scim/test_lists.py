"""Provisioning and lists of people, side by side: who wins for which field."""

from io import BytesIO

import pytest
from sqlalchemy import select

from policies.permissions import SYSTEM
from portal.db import db
from portal.models import Person
from portal.models.person import Standing
from portal.usecases.sources import people_source
from portal.usecases.syncs import apply_sync, confirm_sync, stage_sync, upload_list
from tests.scim.conftest import ENTERPRISE

FIELDS = ("email", "name", "title", "department", "manager", "employee_number")
HEAD = ",".join(FIELDS) + "\n"


@pytest.fixture
def bring(app):
    """Import a complete list of people."""

    def bring(*rows):
        content = BytesIO((HEAD + "\n".join(rows)).encode())
        mapping = {field: field for field in FIELDS}
        source = people_source(by=SYSTEM)
        sync = upload_list(source, "people.csv", content, mapping=mapping, by=SYSTEM)
        stage_sync(sync, by=SYSTEM)
        confirm_sync(sync, accept_gone=True, by=SYSTEM)
        apply_sync(sync, by=SYSTEM)
        db.session.expire_all()

    return bring


def person(email):
    return db.session.scalars(select(Person).where(Person.email == email)).one()


def test_what_the_provider_says_stays_and_the_list_fills_the_rest(cast, made, bring):
    made("nora@example.com", title="Nurse",
         **{ENTERPRISE: {"manager": {"value": "alma@example.com"}}})  # fmt: skip
    bring("nora@example.com,Nora List,Doctor,Care,olive@example.com,N7")

    nora = person("nora@example.com")
    assert (nora.name, nora.title) == ("Nora New", "Nurse")
    assert nora.manager.name == "Alma Ahlgren"
    assert (nora.department, nora.employee_number) == ("Care", "N7")


def test_who_is_no_longer_in_the_list_stays_while_the_provider_says_active(cast, made, bring):
    bring("nora@example.com,Nora,,,,", "nils@example.com,Nils,,,,")
    made("nora@example.com")
    bring("zoe@example.com,Zoe,,,,")

    assert person("nora@example.com").standing is Standing.CURRENT
    assert person("nils@example.com").standing is Standing.PAST


def test_a_patch_makes_only_what_it_changes_the_providers_own(cast, patch, bring, send):
    bring("nora@example.com,Nora,Nurse,Care,,")
    nora = send("GET", '/Users?filter=userName eq "nora@example.com"').get_json()["Resources"][0]
    patch(nora["id"], {"op": "replace", "path": "title", "value": "Head nurse"})
    bring("nora@example.com,Nora L,Doctor,Surgery,,")

    nora = person("nora@example.com")
    assert (nora.name, nora.title, nora.department) == ("Nora L", "Head nurse", "Surgery")
    found = send("GET", f"/Users/p{nora.id}").get_json()
    assert (found["displayName"], found["title"]) == ("Nora L", "Head nurse")
