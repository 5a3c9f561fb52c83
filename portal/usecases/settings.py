"""Settings: what members change while the portal runs."""

from typing import Any
from zoneinfo import available_timezones

from policies.errors import Invalid
from policies.permissions import ADMINISTER, EDIT_SETTINGS, Actor, require
from policies.settings import SETTINGS, parsed
from portal.db import db
from portal.models import Setting
from portal.queries.settings import setting
from portal.usecases.letters import time_letters_anew
from portal.usecases.trail import record
from portal.usecases.unit import usecase

_HOURS = {"letters_zone", "letters_from_hour", "letters_to_hour", "letters_five_days"}
_OPPOSITES = {"access_words": "no_access_words", "no_access_words": "access_words"}


@usecase
def change_setting(key: str, text: str, *, by: Actor) -> Any:
    """Set `key` to what was typed, and return its value. Invalid where it makes no sense.

    Setting it to what it is already changes nothing and records nothing.
    """
    require(EDIT_SETTINGS, by, None)
    if key not in SETTINGS:
        raise Invalid(f"There is no setting “{key}”.")
    if SETTINGS[key].guards:
        require(ADMINISTER, by, None)
    was, now = setting(key), parsed(key, text)
    _check_words(key, now)
    _check_times(key, now)
    if was == now:
        return now
    row = db.session.get(Setting, key)
    if row is None:
        row = Setting(key=key, value=now)
        db.session.add(row)
    row.value = now
    more: dict[str, Any] = {"letters_timed_anew": time_letters_anew()} if key in _HOURS else {}
    record("setting changed", row, by=by, was=was, now=now, **more)
    return now


def _check_words(key: str, words: Any) -> None:
    """A status word means access or no access, never both."""
    if key not in _OPPOSITES:
        return
    both = sorted(set(words) & set(setting(_OPPOSITES[key])))
    if both:
        other = SETTINGS[_OPPOSITES[key]].label.lower()
        raise Invalid(
            f"{', '.join(both)}: this is among the {other} already. Remove it there first."
        )


def _check_times(key: str, now: Any) -> None:
    """Letters can be timed only in a time zone that exists, and within hours that are some."""
    label = SETTINGS[key].label
    if key == "letters_zone" and now not in available_timezones():
        raise Invalid(f"{label}: “{now}” is no time zone. Write one like Europe/Berlin.")
    hours = {name: setting(name) for name in ("letters_from_hour", "letters_to_hour")}
    is_hour = key in hours
    hours[key] = now
    if is_hour and hours["letters_from_hour"] >= hours["letters_to_hour"]:
        raise Invalid(f"{label}: letters are sent from an earlier hour until a later one.")
