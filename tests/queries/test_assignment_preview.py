"""Who would review what, before anything is launched."""

from policies.assignment import Basis, By, Level, Reviewing
from policies.user_scope import Services, UserScope
from portal import clock
from portal.db import db
from portal.models import Campaign
from portal.queries.assignment_preview import preview_assignments
from tests.factories import launch, make_application, salesforce
from tests.story import story

OWNERS, MANAGERS = Basis(By.OWNER), Basis(By.MANAGER)


@story
def applications(cast):
    """Salesforce, of Olive; Figma of Paula, who left; Miro, of nobody and without a list."""
    cast.max.manager_id = cast.paula.manager_id = cast.rita.id
    db.session.commit()
    return salesforce(cast), make_application("Figma", cast.paula), make_application("Miro")


def thought_of(said, owner=None):
    """A campaign that is nowhere stored."""
    return Campaign(
        name="",
        due_at=clock.now(),
        application_filter=[],
        user_scope=UserScope.ALL,
        services=Services.IN,
        user_filter=[],
        reviewing=said.as_data(),
        owner_id=owner.id if owner else None,
    )


def told(shown):
    return {
        each.application.name: (
            [(r.person.name.split()[0], r.basis, r.accounts) for r in each.reviewers],
            [(u.accounts, u.why) for u in each.unassigned],
        )
        for each in shown.applications
    }


def test_it_says_who_and_what_nobody_would_review_and_why(cast, applications):
    shown = preview_assignments(thought_of(Reviewing((Level((OWNERS,)),), ())))
    assert told(shown) == {
        "Figma": ([], [(0, "who would review has left")]),
        "Miro": ([], [(0, "the application has no owner")]),
        "Salesforce": (
            [("Olive", "owner", 6)],
            [(1, "it is the access of who would review")],
        ),
    }
    assert (shown.accounts, shown.unassigned, shown.letters) == (7, 1, 1)
    assert [each.application.name for each in shown.troubled] == ["Figma", "Miro", "Salesforce"]
    assert [each.remover and each.remover.name for each in shown.applications] == [
        None,
        None,
        "Olive Owens",
    ]


def test_levels_and_fallbacks_are_shared_out_as_they_will_be(cast, acting, applications):
    said = Reviewing((Level((MANAGERS,)), Level((OWNERS,))))
    shown = preview_assignments(thought_of(said, cast.alma))
    assert told(shown)["Salesforce"] == (
        [
            ("Alma", "fallback: campaign owner", 5),
            ("Rita", "manager", 2),
            ("Olive", "owner", 6),
        ],
        [(1, "it is the access of who would review; who would review does so at a level before")],
    )
    assert shown.by_basis() == {"fallback: campaign owner": 5, "manager": 2}
    person, applications_of, accounts = shown.by_person()[0]
    assert (person.name, applications_of, accounts) == ("Alma Ahlgren", 3, 5)
    campaign = launch(acting("alma"), reviewing=said)
    invited = {(r.person_id, r.level) for review in campaign.reviews for r in review.reviewers}
    assert invited == {(r.person.id, r.level) for a in shown.applications for r in a.reviewers}


def test_who_manages_themselves_or_each_other_reviews_no_access_of_their_own(cast, applications):
    cast.olive.manager_id = cast.olive.id
    cast.max.manager_id, cast.emil.manager_id = cast.emil.id, cast.max.id
    db.session.commit()
    said = Reviewing((Level((MANAGERS,)),), (Basis(By.MANAGERS_MANAGER),))
    reviewers, nobodys = told(preview_assignments(thought_of(said)))["Salesforce"]
    assert reviewers == [("Max", "manager", 1), ("Rita", "manager", 1)]
    own = "it is the access of who would review"
    assert (1, own) in nobodys
    assert (1, f"who would review is external and not named; {own}") in nobodys


def test_it_asks_as_much_however_many_accounts_there_are(cast, applications, counting):
    campaign = thought_of(Reviewing((Level((MANAGERS,)), Level((OWNERS,)))), cast.alma)
    with counting() as few:
        preview_assignments(campaign)
    for number in range(30):
        make_application(f"Application {number}", cast.olive)
    db.session.expire_all()
    with counting() as many:
        preview_assignments(campaign)
    assert many.count == few.count
