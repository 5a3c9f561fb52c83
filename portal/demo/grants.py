"""What the roles of GitHub mean, and who answers for each: one application is reviewed by them."""

from datetime import date, timedelta
from functools import partial

from policies.filters import Filter
from portal.db import db
from portal.demo.company import IT_ADMIN, SECURITY
from portal.demo.days import at, working_day
from portal.demo.office import Office, application
from portal.queries.entitlements import entitlements_of
from portal.usecases.entitlements import describe_entitlement, set_entitlement_owner

NAME = "GitHub"
_MEANS = {
    "Member": "Reads every repository of the organisation, writes to those of its teams.",
    "Firmware maintainer": "Merges into firmware, and signs what goes onto instruments.",
    "Team maintainer": "Adds and removes members of a team.",
    "Organisation admin": "Everything: members, billing, and deleting repositories.",
    "Release": "Publishes builds without a review.",
    "Outside collaborator": "Reads and writes single repositories, from outside the company.",
}
_OWNED = {
    "Member": "Platform Lead",
    "Firmware maintainer": "Head of Software",
    "Team maintainer": "Head of Software",
    "Organisation admin": SECURITY,
    "Release": "Platform Lead",
}


def explain_grants(office: Office, today: date) -> None:
    """Note the afternoon on which somebody wrote it down."""
    day = working_day(today - timedelta(days=20))
    office.diary.note(at(day, 14, 10), partial(_explain, office))


def _explain(office: Office) -> None:
    it, by = application(NAME), office.working_as(IT_ADMIN)
    for each in db.session.scalars(entitlements_of(it, Filter())).all():
        if meaning := _MEANS.get(each.name):
            office.diary.pass_time(40)
            describe_entitlement(it, each, meaning, by=by)
        if title := _OWNED.get(each.name):
            set_entitlement_owner(it, [each.id], office.person(title), by=by)
