"""Somebody whom nobody knew so far, as a provider brings them: written by three statements.

A directory brings everybody at once; what the session would do about each takes twice as long.
"""

from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import instance_dict

from policies.provisioning import Document, Facts, owned_text
from portal import clock
from portal.db import db, name_key
from portal.models import Person, Provisioned, ProvisionedEmail
from portal.models.person import Standing
from portal.queries.provisioning import manager_meant

_PERSON, _SAID, _EMAILS = insert(Person), insert(Provisioned), insert(ProvisionedEmail)
_BLANK: dict[str, Any] = {
    **dict.fromkeys(("email", "employee_number", "manager_id", "user_name", "external_id")),
    **dict.fromkeys(("start_date", "end_date", "first_sync_id", "last_sync_id", "withdrawn_at")),
    **dict.fromkeys(("department", "title", "status", "manager_email", "provisioned"), ""),
    "standing": Standing.CURRENT,
}


def add_provisioned(facts: Facts, document: Document) -> tuple[Person, dict[str, list[Any]]]:
    """The new person, and the columns that are not blank: from nothing, and to what.

    A step of `provision_person`, which has looked that nobody is known by these facts.
    """
    now, known = clock.now(), {"user_name": facts.key, "external_id": facts.external_id}
    row = {**_BLANK, "name": facts.key, **facts.fields, **known, "attributes": {}}
    row |= {"provisioned": owned_text(facts.owned), "created_at": now, "changed_at": now}
    row["name_key"] = name_key(row["name"])
    row["manager_id"] = manager_meant(row["manager_email"])
    row["id"] = _written(row, document, facts)
    person = Person()
    instance_dict(person).update(row)  # past what notes changes
    make_transient_to_detached(person)  # it is there already, as it stands here
    if facts.is_active is False:  # and is about to change
        db.session.add(person)
    filled = {name: row[name] for name in (*facts.fields, *known) if name != "name"}
    return person, {n: [_BLANK[n], v] for n, v in filled.items() if v != _BLANK[n]}


def _written(row: dict[str, Any], document: Document, facts: Facts) -> int:
    connection = db.session.connection()
    made = connection.execute(_PERSON, row).inserted_primary_key
    id_: int = made[0] if made else 0
    said = {"person_id": id_, "document": dict(document), "was_external": False}
    connection.execute(_SAID, said)
    emails = [
        {"person_id": id_, "key": a.key, "kind": a.kind, "is_primary": a.is_primary,
         "display": a.display}
        for a in facts.addresses
    ]  # fmt: skip
    if emails:
        connection.execute(_EMAILS, emails)
    return id_
