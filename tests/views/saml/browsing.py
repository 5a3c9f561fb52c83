"""What a browser does between the portal and a provider."""

from urllib.parse import parse_qs, urlsplit

from sqlalchemy import select

from portal.db import db
from portal.models import TrailLine
from portal.saml.reading import decoded, inflated, read
from tests.saml.idp import posted

HERE = "http://portal.test/saml/okta"


def begin(client, **form) -> tuple[str, str]:
    """Press the button at the front door: the request's ID, and RelayState."""
    shown = client.post("/saml/okta/start", data=form)
    assert shown.status_code == 200, shown.text
    address = shown.headers["Refresh"].partition("url=")[2]
    assert address.startswith("https://idp.example.com/sso?")
    parts = parse_qs(urlsplit(address).query)
    root = read(inflated(decoded(parts["SAMLRequest"][0])))
    return root.get("ID"), parts["RelayState"][0]


def bring(client, root, relay="", **more):
    """Let the browser post an answer, as from the provider's page."""
    form = {"SAMLResponse": posted(root), "RelayState": relay, **more}
    return client.post("/saml/okta/acs", data=form, headers={"Sec-Fetch-Site": "cross-site"})


def who_is_in(client) -> str:
    """Whoever the console greets; empty where nobody is signed in."""
    return "" if client.get("/settings").status_code == 302 else "in"


def last_reason() -> str:
    query = (
        select(TrailLine).where(TrailLine.verb == "sign-in refused").order_by(TrailLine.id.desc())
    )
    return db.session.scalars(query).first().details["reason"]
