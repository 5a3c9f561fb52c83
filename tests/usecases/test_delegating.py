"""Somebody reviews in another's place: from day to day, beside them, and the evidence says so."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from jobs.reviewers import mind_delegates
from policies.assignment import Basis, By, Level, Reviewing
from policies.errors import Denied, Invalid
from policies.filters import Filter
from policies.lifecycle import ReviewState
from policies.permissions import SYSTEM
from portal import clock
from portal.db import db
from portal.models import Assignment, Decision, Letter
from portal.queries.owed import owed_in
from portal.queries.trail import first_broken_line
from portal.usecases.decisions import decide_item, decide_view
from portal.usecases.delegating import appoint_delegate, dismiss_delegate
from portal.usecases.freezing import start_review
from portal.usecases.reviews import sign_off
from tests.factories import APPROVED, items_of, launch, salesforce, start
from tests.story import story


@story
def review(cast, acting):
    salesforce(cast)
    return start(launch(acting("alma")), acting("olive"))


def appoint(person, delegate, by, first=0, last=7):
    today = clock.today()
    days = (today + timedelta(days=first), today + timedelta(days=last))
    said = appoint_delegate(person, delegate, days, "on leave", by=by)
    mind_delegates()
    return said


def bases(person):
    query = select(Assignment.basis).where(Assignment.person_id == person.id)
    return list(db.session.scalars(query))


def test_a_delegate_decides_and_signs_off_in_their_own_name(review, cast, acting):
    appoint(cast.olive, cast.rita, acting("olive"))
    assert bases(cast.rita) == ["delegate for Olive Owens"] * 5  # all but Rita's own
    item = items_of(review)["max"]
    decide_item(item, APPROVED, version=0, by=acting("rita"))
    said = db.session.scalars(select(Decision)).one()
    assert said.by_name == "Rita Reyes"
    for login, item in items_of(review).items():
        if item.verdict is not APPROVED and login not in ("rita", "olive"):
            decide_item(item, APPROVED, version=item.version, by=acting("rita"))
    assert sign_off(review, by=acting("rita")).items == 5
    decide_item(items_of(review)["rita"], APPROVED, version=0, by=acting("olive"))
    assert sign_off(review, by=acting("olive")).items == 1  # the other may still act
    assert first_broken_line() is None


def test_letters_go_to_the_delegate_alone(review, cast, acting):
    appoint(cast.olive, cast.rita, acting("olive"))
    assert {o.person.name for o in owed_in([review.campaign])} == {"Rita Reyes", "Alma Ahlgren"}
    letter = db.session.scalars(select(Letter).where(Letter.kind == "reassigned")).one()
    assert (letter.person.name, letter.facts["what"]) == ("Rita Reyes", "5 accounts to decide")
    assert "stands in for Olive Owens" in letter.facts["reason"]
    launch(acting("alma"), name="Next")
    invited = db.session.scalars(select(Letter).where(Letter.kind == "invitation")).all()
    assert [x.person.name for x in invited].count("Olive Owens") == 1  # of before she left


def test_a_delegate_starts_what_has_not_started(cast, acting):
    salesforce(cast)
    waiting = launch(acting("alma")).reviews[0]
    appoint(cast.olive, cast.rita, acting("alma"))
    start_review(waiting, by=acting("rita"))
    assert waiting.state is ReviewState.IN_REVIEW
    mind_delegates()
    assert len(bases(cast.rita)) == 5


def test_when_it_ends_what_is_not_signed_off_goes_back(review, cast, acting):
    appoint(cast.olive, cast.rita, acting("olive"), last=2)
    clock.shift(timedelta(days=3))
    mind_delegates()
    assert bases(cast.rita) == []
    said = appoint(cast.olive, cast.rita, acting("olive"))
    assert len(bases(cast.rita)) == 5
    dismiss_delegate(said, by=acting("olive"))
    mind_delegates()
    assert bases(cast.rita) == []


def test_it_begins_on_its_day_and_nothing_is_passed_on(review, cast, acting):
    appoint(cast.rita, cast.otto, acting("rita"))
    appoint(cast.olive, cast.rita, acting("olive"), first=2, last=5)
    assert bases(cast.rita) == []
    clock.shift(timedelta(days=2))
    mind_delegates()
    assert len(bases(cast.rita)) == 5
    assert bases(cast.otto) == []  # he stands in for Rita, not for whom Rita stands in for


@pytest.mark.parametrize(
    ("pair", "days", "sentence"),
    [
        (("olive", "olive"), (0, 7), "nobody stands in for themselves"),
        (("olive", "paula"), (0, 7), "is not here any more"),
        (("olive", "rita"), (5, 2), "lies before the first"),
        (("olive", "rita"), (0, 400), "a year at most"),
    ],
)
def test_whoever_cannot_stand_in_is_refused(cast, acting, pair, days, sentence):
    person, delegate = (getattr(cast, first) for first in pair)
    with pytest.raises(Invalid, match=sentence):
        appoint(person, delegate, acting("olive"), *days)


def test_one_stands_in_at_a_time_and_only_for_oneself_or_by_those_who_run_campaigns(cast, acting):
    appoint(cast.olive, cast.rita, acting("carl"))
    with pytest.raises(Invalid, match="Rita Reyes stands in then already"):
        appoint(cast.olive, cast.otto, acting("olive"), first=3)
    with pytest.raises(Denied):
        appoint(cast.otto, cast.rita, acting("olive"))
    with pytest.raises(Denied):
        dismiss_delegate(appoint(cast.otto, cast.rita, SYSTEM), by=acting("rhea"))


def test_whoever_stands_in_is_asked_at_once_when_a_level_begins(cast, acting, run_jobs):
    salesforce(cast)
    named = (Level((Basis(By.NAMED, (cast.max.id,)),)), Level((Basis(By.NAMED, (cast.olive.id,)),)))
    review = start(launch(acting("alma"), reviewing=Reviewing(named)), acting("max"))
    appoint(cast.olive, cast.rita, acting("olive"))
    run_jobs()
    for first in ("max", "alma"):
        decide_view(review, Filter(), APPROVED, seen=0, by=acting(first))
        sign_off(review, by=acting(first))
    assert review.level == 2
    assert "jobs.reviewers.mind_delegates" in run_jobs()
    assert "delegate for Olive Owens" in bases(cast.rita)
