"""The whole way with a provider that others wrote: npm's oidc-provider, asked over HTTP."""

import json
import os
import re
import shutil
import subprocess
import threading
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from sqlalchemy import select
from werkzeug.serving import make_server

from policies.permissions import SYSTEM
from portal.db import db
from portal.models import Role, Session, TrailLine
from portal.models.provider import ProviderKind
from portal.queries.actors import member_of
from portal.usecases.providers import ProviderDraft, add_provider, open_provider
from portal.usecases.role_rules import add_rule

PINNED = "9.13.2"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "countersign-tests"
NODE, NPM = shutil.which("node"), shutil.which("npm")
OLDEST_NODE = 20


def _has_node():
    if not (NODE and NPM):
        return False
    said = subprocess.run([NODE, "--version"], capture_output=True, text=True, check=True).stdout
    return int(said.lstrip("v").partition(".")[0]) >= OLDEST_NODE


pytestmark = pytest.mark.skipif(
    not _has_node(), reason=f"the real provider needs node {OLDEST_NODE} or later, with npm"
)


@pytest.fixture(scope="session")
def modules():
    """Where the provider's code is, fetched once per machine."""
    folder = CACHE / f"oidc-provider-{PINNED}"
    if not (folder / "node_modules/oidc-provider").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        wanted = {"private": True, "dependencies": {"oidc-provider": PINNED}}
        (folder / "package.json").write_text(json.dumps(wanted))
        install = [NPM, "install", "--ignore-scripts", "--no-audit", "--no-package-lock"]
        subprocess.run(install, cwd=folder, check=True, capture_output=True, timeout=180)
    return folder


@pytest.fixture
def listening(app, inside):
    """The portal as machines reach it: its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def issuer(modules, listening):
    """The address of the running provider."""
    told = {**os.environ, "MODULES": str(modules), "LOGGED_OUT": f"{listening}/sso/real/logged-out"}
    script = Path(__file__).with_name("provider.mjs")
    with subprocess.Popen(
        [NODE, script], env=told, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.fixture
def real(issuer, cast):
    """The provider as it stands in Settings: group “audit” is Compliance."""
    config = {"issuer": issuer, "client_id": "countersign", "scopes": "openid email profile groups"}
    secret = "a secret of forty characters, more or less"
    draft = ProviderDraft("Real", config, secret, creates_members=True)
    provider = add_provider(ProviderKind.OIDC, "real", draft, by=SYSTEM)
    role = db.session.scalars(select(Role).where(Role.name == "Compliance")).one()
    add_rule(provider, "groups", "audit", role, by=SYSTEM)
    open_provider(provider, True, by=SYSTEM)
    return provider


class Visitor:
    """Somebody with a browser: `portal` is its part of the portal, `there` of the provider."""

    def __init__(self, app):
        self.portal, self.there = app.test_client(), requests.Session()

    def leave(self, door):
        page = self.portal.post(door)
        return re.match("0; url=(.+)", page.headers["Refresh"])[1]

    def walk(self, address, email):
        """Fill in the provider's pages until one of them leads back to the portal."""
        answer = self.there.get(address, allow_redirects=False)
        for _ in range(12):
            if answer.status_code in (302, 303):
                address = requests.compat.urljoin(answer.url, answer.headers["Location"])
                if address.startswith("http://portal.test/"):
                    return urlsplit(address)
                answer = self.there.get(address, allow_redirects=False)
            else:
                answer = self.fill_in(answer, email)
        raise AssertionError(f"never came back: {answer.text[:500]}")

    def fill_in(self, page, email):
        action = re.search(r'<form[^>]* action="([^"]+)"', page.text)[1]
        hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
        hidden |= {"login": email, "password": "any"} if 'name="login"' in page.text else {}
        hidden |= {"logout": "yes"} if "logout" in page.text else {}
        address = requests.compat.urljoin(page.url, action)
        return self.there.post(address, data=hidden, allow_redirects=False)

    def sign_in(self, email):
        back = self.walk(self.leave("/sso/real/start"), email)
        return self.portal.get(back.path, query_string=dict(parse_qsl(back.query)))


@pytest.fixture
def visitor(app, real):
    return Visitor(app)


def running():
    db.session.rollback()
    return db.session.scalars(select(Session).where(Session.ended_at.is_(None))).all()


def test_nina_comes_in_with_the_role_of_her_group(visitor):
    answer = visitor.sign_in("nina@example.com")
    assert (answer.status_code, answer.location) == (303, "/")
    (session,) = running()
    assert session.person.email == "nina@example.com"
    assert member_of(session.person_id).role.name == "Compliance"
    assert session.index
    assert visitor.portal.get("/campaigns").status_code == 200


def test_signing_out_here_signs_out_there_and_leads_back_to_the_front_door(visitor):
    visitor.sign_in("nina@example.com")
    back = visitor.walk(visitor.leave("/sign-out"), "")
    assert back.path == "/sign-in"
    assert running() == []


def test_signing_out_there_ends_the_session_here_by_the_back_channel(visitor, issuer):
    visitor.sign_in("nina@example.com")
    page = visitor.there.get(f"{issuer}/session/end")
    visitor.fill_in(page, "")
    assert running() == []
    assert visitor.portal.get("/campaigns").status_code == 302
    verbs = db.session.scalars(select(TrailLine.verb).order_by(TrailLine.id)).all()
    assert verbs[-1] == "sessions ended elsewhere"


def test_an_answer_is_worth_nothing_in_another_browser(visitor, app):
    back = visitor.walk(visitor.leave("/sso/real/start"), "nina@example.com")
    thief = app.test_client()
    answer = thief.get(back.path, query_string=dict(parse_qsl(back.query)))
    assert answer.status_code == 400
    assert running() == []
