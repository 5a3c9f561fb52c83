"""Settings: what members change while the portal runs."""

from typing import Any
from zoneinfo import available_timezones

from policies.errors import Invalid
from policies.permissions import EDIT_SETTINGS, Actor, require
from policies.settings import SETTINGS, parsed
from portal.db import db
from portal.models import Setting
from portal.queries.settings import setting
from portal.usecases.trail import record
from portal.usecases.unit import usecase

_OPPOSITES = {"access_words": "no_access_words", "no_access_words": "access_words"}


@usecase
def change_setting(key: str, text: str, *, by: Actor) -> Any:
    """Set `key` to what was typed, and return its value. Invalid where it makes no sense.

    Setting it to what it is already changes nothing and records nothing.
    """
    require(EDIT_SETTINGS, by, None)
    if key not in SETTINGS:
        raise Invalid(f"There is no setting “{key}”.")
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
    record("setting changed", row, by=by, was=was, now=now)
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
    """Reminders can be reckoned only with numbers of days, and in a time zone that exists."""
    label, most = SETTINGS[key].label, SETTINGS[key].most
    if key == "reminder_days":
        wrong = [day for day in now if not (day.isascii() and day.isdigit() and int(day) <= most)]
        if wrong:
            raise Invalid(f"{label}: {', '.join(wrong)} is not a number of days up to {most}.")
    if key == "letters_zone" and now not in available_timezones():
        raise Invalid(f"{label}: “{now}” is no time zone. Write one like Europe/Berlin.")
