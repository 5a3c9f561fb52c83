"""Logos: given to applications and to the organisation, and taken away again."""

import hashlib

from sqlalchemy import delete, select

from policies.permissions import EDIT_APPLICATION, EDIT_SETTINGS, Actor, require
from portal import clock
from portal.db import db
from portal.models import Application, Logo, Setting
from portal.pictures import drawn_anew
from portal.queries.settings import setting
from portal.usecases.trail import record
from portal.usecases.unit import usecase

KEY = "organisation_logo"


@usecase
def set_logo(application: Application, data: bytes, *, by: Actor) -> None:
    """Give the application this picture, drawn anew. Invalid where it cannot be one."""
    require(EDIT_APPLICATION, by, application)
    _replace(application, _kept(data), by)


@usecase
def remove_logo(application: Application, *, by: Actor) -> None:
    """Let a monogram stand for the application again. Without a logo nothing happens."""
    require(EDIT_APPLICATION, by, application)
    _replace(application, "", by)


@usecase
def set_organisation_logo(data: bytes, *, by: Actor) -> None:
    """Show this picture, drawn anew, beside the organisation's name. Invalid as for set_logo."""
    require(EDIT_SETTINGS, by, None)
    _replace_own(_kept(data), by)


@usecase
def remove_organisation_logo(*, by: Actor) -> None:
    """Show the organisation's name alone."""
    require(EDIT_SETTINGS, by, None)
    _replace_own("", by)


def _kept(data: bytes) -> str:
    content = drawn_anew(data)
    digest = hashlib.sha256(content).hexdigest()
    if db.session.get(Logo, digest) is None:
        db.session.add(Logo(sha256=digest, content=content, created_at=clock.now()))
    return digest


def _replace(application: Application, now: str, by: Actor) -> None:
    was = application.logo
    if was == now:
        return
    application.logo = now
    record("logo set" if now else "logo removed", application, by=by, was=was, now=now)
    _forget_unused(was)


def _replace_own(now: str, by: Actor) -> None:
    was = setting(KEY)
    if was == now:
        return
    row = db.session.get(Setting, KEY)
    if row is None:
        row = Setting(key=KEY, value=now)
        db.session.add(row)
    row.value = now
    verb = "organisation logo set" if now else "organisation logo removed"
    record(verb, row, by=by, was=was, now=now)
    _forget_unused(was)


def _forget_unused(digest: str) -> None:
    """Delete the picture where nothing shows it any more."""
    db.session.flush()
    shown = db.session.scalar(select(Application.id).where(Application.logo == digest).limit(1))
    if digest and shown is None and setting(KEY) != digest:
        db.session.execute(delete(Logo).where(Logo.sha256 == digest))
