"""Two workers, two clocks, a Redis that goes and comes back: everything once, nothing lost."""

from collections import Counter

import pytest
from sqlalchemy import func, select

from policies.lifecycle import CampaignState, LetterState
from portal.db import db
from portal.models import JobRun, Letter, Review, TrailLine
from portal.queries.trail import first_broken_line
from portal.queue import health
from portal.usecases.campaigns import draft_campaign, schedule_campaign
from portal.usecases.settings import change_setting
from tests.factories import make_application, plan
from tests.jobs.killing import Machine, open_machine, until

APPLICATIONS = 60


@pytest.fixture
def machine(app, tmp_path):
    with open_machine(app, tmp_path) as machine:
        yield machine


def count(model, *where) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*where)) or 0


def kept() -> int:
    return count(Letter, Letter.state == LetterState.KEPT)


def test_one_launch_and_one_letter_each_while_redis_goes_and_comes(
    cast, acting, machine: Machine
) -> None:
    for number in range(APPLICATIONS):
        make_application(f"App {number:02}", cast.olive if number % 2 else cast.otto)
    change_setting("letters_gathered", "no", by=acting("alma"))  # a letter for each review
    workers = []
    for _ in range(2):
        machine.minutes = 0  # what one plans for now, the other does not think early
        workers.append(machine.start_worker())
    clocks = [machine.start_clock(), machine.start_clock()]
    until(lambda: health(machine.queue).workers == 2)
    campaign = draft_campaign(plan(), by=acting("alma"))
    schedule_campaign(campaign, by=acting("alma"))

    until(lambda: kept() >= 5)
    redis = machine.running[0]
    redis.terminate()
    redis.wait()
    machine.start_redis()

    until(lambda: kept() == APPLICATIONS)
    assert [process.poll() for process in (*workers, *clocks)] == [None] * 4
    db.session.refresh(campaign)
    assert campaign.state is CampaignState.ACTIVE
    assert count(Review) == count(Letter) == APPLICATIONS
    said = Counter(db.session.scalars(select(TrailLine.verb)))
    each = ("review opened", "letter written", "letter kept")
    assert [said[verb] for verb in each] == [APPLICATIONS] * 3
    assert said["campaign launched"] == 1
    assert first_broken_line() is None
    assert count(JobRun, JobRun.job == "jobs.campaigns.launch_due_campaigns") >= 1
