"""An auditor reads everything and changes nothing: every door, every method, every table."""

import hashlib
import re

from sqlalchemy import select

from portal.db import Base, db
from portal.queries.actors import member_of
from tests.house.test_doors import addresses, world  # noqa: F401  the same world, the same doors

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
# What belongs to being signed in at all: sessions, proofs of who one is, and lines about them.
OWN = {"sessions", "trail", "trail_head", "held_forms", "attempts", "owner_visits"}
OWN_DOORS = (
    "letter_wishes.",
    "session.",
    "you.",
    "again.",
    "codes.",
    "passwords.",
    "oidc.",
    "saml.",
)
HARMLESS = {
    "providers.answer",  # a POST because claims do not belong in an address; it only answers
    "roles.stop",  # ends one's own look through a role, if there is one
    "tasks.put_guide_away",  # remembers for oneself that the guide was read
}
TYPED = {
    "value": "Mine", "name": "Mine", "email": "ada@example.com", "people": "new@example.com",
    "role": "Admin", "ends": "2199-12-31", "kind": "campaign", "decision": "approved",
    "verdict": "approved", "comment": "mine", "reason": "mine", "label": "Mine", "version": "0",
}  # fmt: skip


def digests() -> dict[str, str]:
    """A digest of every row of every table but those that being signed in writes."""
    db.session.rollback()
    found = {}
    for table in Base.metadata.sorted_tables:
        if table.name in OWN:
            continue
        rows = sorted(repr(tuple(row)) for row in db.session.execute(select(table)))
        found[table.name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found


def doors(app, world):  # noqa: F811
    values = {**world, "member_id": 1, "role_id": 1, "token_id": 1, "session_id": 1}
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static" or rule.endpoint.startswith(OWN_DOORS):
            continue
        known = {name: values.get(name) or 1 for name in rule.arguments}
        yield rule, app.url_map.bind("portal.test").build(rule.endpoint, known)


def test_an_auditor_changes_nothing_by_any_method_anywhere(app, sign_in, world, cast):  # noqa: F811
    client = sign_in("ada")
    before, tried = digests(), 0
    for rule, url in doors(app, world):
        for method in UNSAFE:
            status = client.open(url, method=method, data=TYPED, buffered=True).status_code
            tried += 1
            took = method in rule.methods and rule.endpoint not in HARMLESS
            assert status in {401, 403, 404, 405, 413, 415, 422} or not took, (
                rule.endpoint,
                status,
            )
            assert status < 500, (rule.endpoint, method, status)
    assert tried > 400
    assert digests() == before


def test_an_auditor_changes_nothing_by_reading_either(app, sign_in, world, cast):  # noqa: F811
    client, before = sign_in("ada"), digests()
    pages = addresses(app, {**world, "token": None})[0]  # a personal link would sign in another
    assert len(pages) > 30
    for address in pages:
        client.get(address, buffered=True)
    assert digests() == before


def test_this_test_would_see_a_change(app, sign_in, world, cast):  # noqa: F811
    """The same doors, knocked at by an Admin, do change things."""
    client, before = sign_in("alma"), digests()
    client.post("/settings/organisation/edit", data=TYPED)
    assert {name for name, digest in digests().items() if digest != before[name]} == {"settings"}


FORM = re.compile(
    r'<form[^>]*method="post"[^>]*action="([^"]+)"|<form[^>]*action="([^"]+)"[^>]*method="post"'
)
ON_ELEMENTS = re.compile(r'hx-(?:post|put|patch|delete)="([^"]+)"')


def test_no_page_shows_an_auditor_a_button_that_changes_something(app, sign_in, world, cast):  # noqa: F811
    client, wrong, seen = sign_in("ada"), {}, 0
    places = {**world, "token": None, "member_id": member_of(cast.carl.id).id, "role_id": 1}
    for address in addresses(app, places)[0]:
        answer = client.get(address, buffered=True)
        if answer.status_code != 200 or not answer.mimetype.startswith("text/html"):
            continue
        own = (
            "/you",
            "/again",
            "/in/",
            "/sign-in",
            "/password",
            "/_style",
            "/codes",
        )
        if address.startswith(own):
            continue
        seen += 1
        actions = {a or b for a, b in FORM.findall(answer.text)} | set(
            ON_ELEMENTS.findall(answer.text)
        )
        asking = {action for action in actions if action.endswith("/who")}  # see HARMLESS
        if left := actions - asking - {"/sign-out"}:
            wrong[address] = left
    assert seen > 20
    assert wrong == {}
