"""What a web process does: Olive reviews every account, over HTTP, with a real session."""

import gc
import re
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from html import unescape
from typing import NamedTuple
from urllib.parse import parse_qsl

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from bench.clock import Samples, best, peak_memory, took
from bench.stage import Place, owner, the_portal, the_review
from policies.filters import from_form
from policies.lifecycle import ReviewState
from policies.permissions import SYSTEM, Actor
from portal.db import db
from portal.models import Item
from portal.queries.item_sizes import size_of
from portal.queries.items import fields_of, in_view, item_columns
from portal.queries.links import url_of
from portal.usecases.links import write_link

Headers = Mapping[str, str]

SALES = "join=or&field=department&op=is&value=Sales"
DEEP = 0.9  # of the list lies before a deep page
RUNS = 5
PART = {"HX-Request": "true", "HX-Target": "items_table"}
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


class Look(NamedTuple):
    """One way to look at the list: its name in the table, its query, how it is sorted.

    `{}` in the query stands for one of `values`, so that a filter can be asked for the first
    time more than once: how many there are in a view is counted then, and remembered.
    """

    name: str
    query: str
    sort: str = "label"
    values: tuple[str, ...] = ("",)

    def url(self, here: str, nth: int = 0) -> str:
        query = self.query.format(self.values[nth])
        return f"{here}/items?{query}&sort={self.sort}"


DEPARTMENT = "field=department&op=is&value={}"
ROLE = "field=roles&op=contains&value=role+{}"
PRIVILEGED = "field=is_privileged&op=is&value=yes"
REGIONS = ("EMEA", "APAC", "AMER")
FIVE = ("Sales", "Finance", "Legal", "Support", "People")
LOOKS = (
    Look("everything", ""),
    Look("by login", "", "login"),
    Look("by last use", "", "-last_used_at"),
    Look("a department", DEPARTMENT, values=FIVE),
    Look("a department, by last use", DEPARTMENT, "-last_used_at", FIVE),
    Look("roles contain", ROLE, values=("2", "3", "4", "5")),
    Look("roles contain, by title", ROLE, "title", ("22", "33", "44", "55")),
    Look("a list's own column", "field=a.Region&op=is&value={}", values=REGIONS),
    Look("own column, by another", "field=a.Region&op=is-not&value={}", "a.Cost centre", REGIONS),
    Look("undecided, by title", "field=verdict&op=is&value=undecided", "title"),
    Look("privileged, by roles", "field=is_privileged&op=is&value={}", "roles", ("yes", "no")),
    Look("one department or privileged", f"{DEPARTMENT}&join=or&{PRIVILEGED}", "department", FIVE),
    Look("not in a department, long unused", "field=department&op=is-not&value={}&join=and"
         "&field=last_used_at&op=less&value=2026-06-01", "-title", FIVE),
    Look("a login", "field=login&op=contains&value=user{}", values=("71", "72", "73", "74", "75")),
)  # fmt: skip


def review(place: Place) -> Samples:
    """Start the review, look at it in many ways, decide, undo, decide on all, sign off."""
    with the_portal(place) as app:
        client, found = _enter(app), Samples()
        here = f"/reviews/{the_review().id}"
        db.session.remove()
        found["start"] = _post(client, f"{here}/start")
        found |= _looks(client, here)
        found["confirm"] = best(lambda: _get(client, f"{here}/bulk?verdict=approved&{SALES}"), 3)
        found["bulk"] = _decide(client, here, "approved", SALES)
        found["page after"] = best(lambda: _get(client, f"{here}/items?{SALES}"), RUNS)
        found["one"] = _decide_one(client, here)
        found["undo"] = _post(client, _undo(client, here), page=f"{here}/items")
        found |= _download(client, f"{here}/items.csv")
        found["bulk all"] = _decide(client, here, "rejected", "")
        found["memory web"] = peak_memory()
        found["many"] = _many(app, here)
        found["memory web, four at once"] = peak_memory()
        found["sign off"] = _post(client, f"{here}/sign-off")
        return found


def submit(place: Place) -> Samples:
    """Submit the review once all removals are verified."""
    with the_portal(place) as app:
        client, number = _enter(app), the_review().id
        page = f"/reviews/{number}/remediation"
        found = {
            "removals": best(lambda: _get(client, page), RUNS),
            "submit": _post(client, f"/reviews/{number}/submission", page=page),
        }
        db.session.rollback()
        if the_review().state is not ReviewState.COMPLETED:
            raise RuntimeError(f"the review is {the_review().state.value}")
        return found


def _enter(app: Flask) -> FlaskClient:
    client = app.test_client()
    link = url_of(write_link(owner(), "tasks", by=SYSTEM))
    _get(client, link.removeprefix("http://localhost"), expected=303)
    return client


def _looks(client: FlaskClient, here: str) -> Samples:
    """Every look: for the first time, then at the top and deep down, whole and in part."""
    found = Samples()
    _get(client, LOOKS[0].url(here))  # reads the templates
    gc.collect()
    gc.freeze()  # as gunicorn.conf.py does
    for look in LOOKS:
        times = range(len(look.values))
        first = min(took(partial(_get, client, look.url(here, nth))) for nth in times)
        found[f"first: {look.name}"] = first
        top = look.url(here)
        deep = f"{top}&at=%3E{_deep_in(look)}"
        for place, url in (("top", top), ("deep", deep)):
            for kind, headers in (("page", {}), ("part", PART)):
                shown = best(partial(_get, client, url, headers), RUNS)
                found[f"{kind}, {place}: {look.name}"] = shown
    for kind in ("first: ", "page, ", "part, "):
        found[kind[:-2]] = max(found[key] for key in found if key.startswith(kind))
    return found


def _deep_in(look: Look) -> int:
    """The id of the item before the deep page."""
    subject, who = the_review(), owner()
    actor = Actor(who.id, who.name)
    fields = fields_of(subject)
    query = MultiDict(parse_qsl(look.query.format(look.values[0])))
    shown = in_view(subject, from_form(query, fields), actor)
    key = look.sort.removeprefix("-")
    column = item_columns({key: fields[key]}, subject)[key]
    order = (column.desc(), Item.id.desc()) if look.sort != key else (column, Item.id)
    skipped = int(size_of(shown).total * DEEP)
    found = db.session.scalars(
        select(Item.id).where(shown).order_by(*order).offset(skipped).limit(1)
    ).one()
    db.session.remove()
    return found


def _decide(client: FlaskClient, here: str, verdict: str, query: str) -> float:
    """Decide on all in view, as its confirmation says."""
    said = _get(client, f"{here}/bulk?verdict={verdict}&{query}")
    form = said[said.rindex('<form method="post"') :]
    data = MultiDict(parse_hidden(form))
    return took(lambda: _send(client, f"{here}/bulk", data))


def _decide_one(client: FlaskClient, here: str) -> float:
    """Approve the first undecided account, in its row."""
    shown = _get(client, f"{here}/items?field=verdict&op=is&value=undecided", PART)
    form = re.search(r'<form[^>]*action="(/items/[0-9]+/decision)".*?</form>', shown, re.DOTALL)
    if form is None:
        raise RuntimeError("there is nothing to decide")
    data = MultiDict([*parse_hidden(form[0]), ("verdict", "approved")])
    return took(lambda: _send(client, form[1], data, {"HX-Request": "true"}, expected=200))


def _undo(client: FlaskClient, here: str) -> str:
    found = re.search(rf'action="({here}/bulk/[0-9a-f]+/undo)"', _get(client, f"{here}/items"))
    if found is None:
        raise RuntimeError("there is nothing to undo")
    return found[1]


def _download(client: FlaskClient, url: str) -> Samples:
    """Seconds to the first byte and to the last, read as they come."""
    began = time.perf_counter()
    response = client.get(url, buffered=False)
    chunks = iter(response.response)
    next(chunks)
    first = time.perf_counter() - began
    size = sum(map(len, chunks))
    if response.status_code != 200 or not size:
        raise RuntimeError(f"{url} answered {response.status}")
    return {"csv first byte": first, "csv": time.perf_counter() - began}


def _many(app: Flask, here: str) -> float:
    """Four people at once: pages, the confirmation of a bulk decision, the CSV."""

    def visit(nth: int) -> None:
        with app.app_context():
            client = _enter(app)
            for look in LOOKS[nth::4]:
                _get(client, look.url(here))
            _get(client, f"{here}/bulk?verdict=approved&{SALES}")
            _download(client, f"{here}/items.csv")
            db.session.remove()

    with ThreadPoolExecutor(4) as pool:
        return took(lambda: list(pool.map(visit, range(4))))


def _post(client: FlaskClient, url: str, page: str = "") -> float:
    """Press the button of a page; the page itself is not timed."""
    token = CSRF.search(_get(client, page or url))
    if token is None:
        raise RuntimeError(f"{page or url} has no form")
    return took(lambda: _send(client, url, MultiDict([("csrf_token", token[1])])))


def parse_hidden(form: str) -> list[tuple[str, str]]:
    """The hidden fields of a form."""
    return [(name, unescape(value)) for name, value in HIDDEN.findall(form)]


def _send(
    client: FlaskClient,
    url: str,
    data: MultiDict[str, str],
    headers: Headers | None = None,
    expected: int = 303,
) -> None:
    response = client.post(url, data=data, headers=headers)
    if response.status_code != expected:
        raise RuntimeError(f"POST {url} answered {response.status}: {response.text[:2000]}")


def _get(client: FlaskClient, url: str, headers: Headers | None = None, expected: int = 200) -> str:
    response = client.get(url, headers=headers)
    if response.status_code != expected:
        raise RuntimeError(f"GET {url} answered {response.status}")
    return response.text
