"""The demo company: true on every page, loaded once, never half, and open to every role."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from policies.lifecycle import (
    CampaignState,
    LetterState,
    RemovalState,
    ReportState,
    ReviewState,
    SyncState,
)
from portal import clock
from portal.config import current_config
from portal.db import db
from portal.demo.mark import begin_mark, is_cut_short
from portal.models import (
    Account,
    Application,
    ApplicationOwner,
    Campaign,
    Instance,
    Item,
    Letter,
    Member,
    OwnerVisit,
    Person,
    Removal,
    Report,
    Review,
    Role,
    Sync,
    TrailLine,
)
from portal.models.application import ApplicationState
from portal.models.member import MemberState
from portal.models.person import Standing
from portal.queries.reviews import data_check
from portal.queries.trail import first_broken_line
from tests.factories import launch, salesforce

ENDED_EARLY = {ReviewState.CANCELLED, ReviewState.CLOSED, ReviewState.EXPIRED}
PLACE = "http://portal.test"


@pytest.fixture
def command(app):
    """Run `flask demo ...`; the mark it leaves on the data folder is taken away again."""
    yield lambda *words: app.test_cli_runner().invoke(args=["demo", *words])
    (current_config().data_dir / "demo").unlink(missing_ok=True)


def count(model, *conditions):
    return db.session.scalar(select(func.count()).select_from(model).where(*conditions))


def states(model, *conditions):
    rows = db.session.execute(
        select(model.state, func.count()).where(*conditions).group_by(model.state)
    )
    return dict(rows.all())


def test_the_demo_has_something_true_to_show_on_every_page(app, command):
    before = db.session.scalar(select(func.max(TrailLine.id))) or 0
    result = command("load")
    assert result.exit_code == 0, result.output
    assert not is_cut_short(current_config().data_dir)
    assert app.extensions["queue"].count == 0
    _is_a_company()
    _has_campaigns_of_every_kind()
    _has_lists_of_every_kind()
    _lets_all_kinds_of_people_in()
    _is_written_in_the_order_of_time(before)


def _is_a_company():
    assert 380 <= count(Person) <= 420
    assert count(Person, Person.standing == Standing.PAST) > 20
    assert count(Person, Person.standing == Standing.EXTERNAL) > 20
    assert count(Person, Person.manager_id.is_(None), Person.standing == Standing.CURRENT) <= 2
    assert count(Application, Application.state != ApplicationState.HIDDEN) == 35
    assert count(Application, Application.state == ApplicationState.HIDDEN) == 1
    owned = select(ApplicationOwner.application_id)
    assert count(Application, Application.id.not_in(owned)) == 1
    assert count(Instance) == 37
    assert count(Account, Account.gone_at.is_(None)) > 2_500


def _has_campaigns_of_every_kind():
    assert states(Campaign) == {
        CampaignState.COMPLETED: 3,
        CampaignState.ACTIVE: 3,
        CampaignState.SCHEDULED: 1,
        CampaignState.DRAFT: 1,
    }
    late, present, by_role = db.session.scalars(
        select(Campaign).where(Campaign.state == CampaignState.ACTIVE).order_by(Campaign.due_at)
    ).all()
    assert late.due_at < clock.now() < present.due_at
    assert all(each.by_entitlement for each in by_role.reviews)
    assert count(Item, Item.entitlement != "", Item.signed_off) > 0
    assert {review.state for review in late.reviews} >= {ReviewState.PENDING, ReviewState.IN_REVIEW}
    _is_at_every_stage(present)
    past = Item.is_past & (Item.verdict == "rejected")
    gone = Removal.state == RemovalState.GONE
    assert count(Removal, Removal.item_id.in_(select(Item.id).where(past)), gone) > 0
    assert states(Report) == {ReportState.QUEUED: count(Report)}
    finished = count(Review, Review.state == ReviewState.COMPLETED)
    assert count(Report, Report.kind == "review") == finished
    assert set(states(Letter)) == {LetterState.KEPT}


def _is_at_every_stage(campaign):
    found = states(Review, Review.campaign_id == campaign.id)
    assert set(found) == set(ReviewState) - ENDED_EARLY
    assert found[ReviewState.PENDING] >= 3
    assert found[ReviewState.IN_REVIEW] >= 4
    checks = [data_check(r).passed for r in campaign.reviews if r.state is ReviewState.PENDING]
    assert set(checks) == {True, False}
    still = Removal.state == RemovalState.ACTION_REQUIRED
    assert count(Removal, still, Removal.checked_at.is_not(None)) == 1
    undecided = (Item.verdict == "undecided", Item.review_id.in_([r.id for r in campaign.reviews]))
    for badge in (Item.is_orphan, Item.is_privileged, Item.is_external, Item.is_past):
        assert count(Item, badge, *undecided) > 0, badge


def _has_lists_of_every_kind():
    found = states(Sync)
    assert set(found) == {
        SyncState.APPLIED,
        SyncState.PREVIEW,
        SyncState.MAPPING,
        SyncState.REFUSED,
    }


def _lets_all_kinds_of_people_in():
    assert states(Member) == {
        MemberState.ACTIVE: 6,
        MemberState.PENDING: 1,
        MemberState.SUSPENDED: 1,
    }
    assert count(Role, Role.is_built_in.is_(False)) == 1
    assert count(Member, Member.ends_at > clock.now()) == 1
    invited = select(Letter.person_id).where(Letter.kind == "owner-invitation")
    came = count(OwnerVisit, OwnerVisit.person_id.in_(invited))
    assert 0 < came < count(Letter, Letter.kind == "owner-invitation")


def _is_written_in_the_order_of_time(before):
    assert first_broken_line() is None
    moments = list(
        db.session.scalars(select(TrailLine.at).where(TrailLine.id > before).order_by(TrailLine.id))
    )
    assert moments == sorted(moments)
    assert moments[-1] < clock.now()
    assert moments[0] < clock.now() - timedelta(days=400)


def test_a_portal_with_people_in_it_is_left_as_it_is(command, cast):
    result = command("load")
    assert (result.exit_code, count(Application)) == (0, 0)
    assert "There are people in this portal already" in result.output


def test_half_a_demo_is_never_taken_for_a_whole_one(command):
    begin_mark(current_config().data_dir)
    result = command("load")
    assert result.exit_code == 1
    assert "make demo-reset" in result.output


def test_every_role_of_the_demo_is_given_a_link_that_lets_it_in(app, command, cast, acting):
    salesforce(cast)
    launch(acting("alma"))
    lines = command("links").output.splitlines()
    roles = [line.split("  ")[1].strip() for line in lines]
    assert roles == ["Admin", "IT Admin", "Compliance", "Auditor", "Read-only", "Application owner"]
    for line in lines:
        path = line.split()[-1].removeprefix(PLACE)
        assert app.test_client().post(path).status_code == 303
