"""Who reviews: the grammar, its words, and whom each basis leads to."""

import pytest

from policies.assignment import (
    CAMPAIGN_OWNER,
    Basis,
    By,
    Handing,
    Level,
    Outcome,
    Reassigning,
    Reviewing,
    Which,
    reviewed_by,
    reviewing_from_data,
)
from policies.assignment_words import reviewing_in_words
from policies.errors import Invalid
from policies.reviewers import NOBODYS, Alike, Circle, Somebody, Why, shares

OWNER, OTHER, MANAGER, BOSS, LEFT, EXTERNAL, DENIED, ADMIN, WORKER = range(1, 10)
PEOPLE = {
    p.id: p
    for p in (
        Somebody(OWNER, manager_id=MANAGER),
        Somebody(OTHER, manager_id=MANAGER),
        Somebody(MANAGER, manager_id=BOSS),
        Somebody(BOSS),
        Somebody(LEFT, manager_id=BOSS, is_past=True),
        Somebody(EXTERNAL, manager_id=MANAGER, is_external=True),
        Somebody(DENIED, manager_id=BOSS, is_denied=True),
        Somebody(ADMIN),
    )
}
MANAGERS, HELD = Basis(By.MANAGER), Basis(By.ENTITLEMENT_OWNER)
OWNERS = [{"basis": "owner"}]


def named(*people, **more):
    return Basis(By.NAMED, people, **more)


def circle(*levels, fallbacks=(), owners=(OWNER, OTHER), **more):
    said = Reviewing(tuple(Level(bases) for bases in levels), fallbacks)
    return Circle(said, PEOPLE, owners, campaign_owner_id=ADMIN, **more)


EVERYTHING = Reviewing(
    (
        Level((MANAGERS, named(OWNER, instance="EU")), Outcome.MAJORITY, share=60),
        Level((Basis(By.REVIEWERS_MANAGER), Basis(By.FIELD, key="risk_owner")), share=40),
    ),
    (Basis(By.MANAGERS_MANAGER), Basis(By.OWNER, which=Which.PRIMARY), named(OTHER)),
    (Basis(By.FIELD, key="risk_owner"), CAMPAIGN_OWNER),
    Reassigning(Handing.LISTED, (BOSS,)),
    waits=True,
)


def test_what_is_said_comes_back_from_its_data():
    assert reviewing_from_data(EVERYTHING.as_data()) == EVERYTHING
    assert reviewing_from_data({}) == Reviewing() == reviewed_by()


def test_it_is_said_in_words():
    words = reviewing_in_words(
        EVERYTHING, {OWNER: "Olive", OTHER: "Otto"}, {"risk_owner": "Risk owner"}
    )
    assert words == {
        "levels": [
            "each person's manager and Olive, for “EU” only; the majority of them decides"
            "; 60 % of the time",
            "the manager of the reviewer of the level before and “Risk owner” of the application"
            "; 40 % of the time",
        ],
        "fallbacks": "the manager's manager, else the primary owner of the application, else Otto",
        "remediation": "“Risk owner” of the application, else the campaign's owner",
        "reassigning": "reviewers may hand accounts to the people listed",
        "care": "comments optional",
    }


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"levels": []}, "1 to 5 levels"),
        ({"levels": [{"bases": []}]}, "say who reviews"),
        ({"levels": [{"bases": [{"basis": "wizard"}]}]}, "“wizard” is none of"),
        ({"levels": [{"bases": [{"basis": "reviewer's manager"}]}]}, "cannot be used here"),
        ({"levels": [{"bases": [{"basis": "campaign owner"}]}]}, "cannot be used here"),
        ({"levels": [{"bases": [{"basis": "named"}]}]}, "name 1 to 50 people"),
        ({"levels": [{"bases": [{"basis": "field"}]}]}, "choose the field"),
        ({"levels": [{"bases": [{"basis": "owner"}] * 2}]}, "said twice"),
        ({"levels": [{"bases": [{"basis": "owner"}], "outcome": "none"}]}, "is none of"),
        ({"levels": [{"bases": OWNERS, "share": 50}, {"bases": OWNERS}]}, "to every level"),
        ({"levels": [{"bases": OWNERS, "share": 50}, {"bases": OWNERS, "share": 60}]}, "not 110"),
        ({"fallbacks": [{"basis": "reviewer's manager"}]}, "Fallbacks"),
        ({"remediation": []}, "say who does"),
        ({"remediation": [{"basis": "manager"}]}, "cannot be used here"),
        ({"reassigning": {"to": "listed"}}, "name the people"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(data, sentence):
    with pytest.raises(Invalid, match=sentence):
        reviewing_from_data(data)


@pytest.mark.parametrize(
    ("bases", "alike", "expected"),
    [
        ((Basis(By.OWNER),), Alike(), [(OWNER, "owner"), (OTHER, "owner")]),
        ((Basis(By.OWNER, which=Which.PRIMARY),), Alike(), [(OWNER, "owner")]),
        ((Basis(By.OWNER),), Alike(person_id=OWNER), [(OTHER, "owner")]),
        ((named(EXTERNAL),), Alike(), [(EXTERNAL, "named")]),
        ((MANAGERS,), Alike(manager_id=MANAGER), [(MANAGER, "manager")]),
        ((MANAGERS,), Alike(manager_id=DENIED), [(BOSS, "deny list")]),
        ((MANAGERS, named(OWNER)), Alike(), [(OWNER, "named")]),
        ((Basis(By.FIELD, key="risk"),), Alike(), [(BOSS, "field")]),
        ((named(OWNER), Basis(By.OWNER)), Alike(), [(OWNER, "named"), (OTHER, "owner")]),
        ((named(OWNER, instance="EU"),), Alike("EU"), [(OWNER, "named")]),
        ((named(OWNER, instance="EU"), named(OTHER)), Alike("US"), [(OTHER, "named")]),
        ((HELD,), Alike(owners=f"{OWNER},{BOSS}"), [(OWNER, HELD.by), (BOSS, HELD.by)]),
        ((HELD,), Alike(person_id=BOSS, owners=f"{OWNER},{BOSS}"), [(OWNER, HELD.by)]),
        ((HELD,), Alike(owners=str(DENIED)), [(BOSS, "deny list")]),
        ((HELD,), Alike(), [Why.UNOWNED]),
        ((MANAGERS,), Alike(manager_id=MANAGER, by_column=1), [(MANAGER, "manager, by a list")]),
        ((MANAGERS,), Alike(manager_id=DENIED, by_column=1), [(BOSS, "deny list")]),
        ((HELD,), Alike(owners=str(LEFT)), [Why.LEFT]),
        ((MANAGERS,), Alike(), [Why.NO_MANAGER]),
        ((MANAGERS,), Alike(person_id=NOBODYS), [Why.NOBODYS]),
        ((MANAGERS,), Alike(manager_id=LEFT), [Why.LEFT]),
        ((MANAGERS,), Alike(manager_id=EXTERNAL), [Why.EXTERNAL]),
        ((MANAGERS,), Alike(person_id=BOSS, manager_id=DENIED), [Why.OWN]),
        ((named(LEFT),), Alike(), [Why.LEFT]),
        ((named(OWNER, instance="EU"),), Alike("US"), [Why.OTHER_INSTANCE]),
        ((Basis(By.FIELD, key="other"),), Alike(), [Why.NO_FIELD]),
    ],
)  # fmt: skip
def test_whom_each_basis_leads_to(bases, alike, expected):
    (found,) = circle(bases, field_ids={"risk": BOSS}).reviewers_of(alike)
    assert [*found.reviewers, *found.why] == expected


@pytest.mark.parametrize(
    ("fallbacks", "alike", "expected"),
    [
        ((CAMPAIGN_OWNER,), Alike(), (ADMIN, "fallback: campaign owner")),
        ((CAMPAIGN_OWNER,), Alike(person_id=ADMIN), None),
        ((Basis(By.MANAGERS_MANAGER), CAMPAIGN_OWNER), Alike(manager_id=LEFT),
         (BOSS, "fallback: manager's manager")),
        ((Basis(By.MANAGERS_MANAGER), named(OTHER)), Alike(), (OTHER, "fallback: named")),
        ((), Alike(), None),
    ],
)  # fmt: skip
def test_fallbacks_are_gone_through_in_order(fallbacks, alike, expected):
    found = circle((MANAGERS,), fallbacks=fallbacks).reviewers_of(alike)[0].reviewers
    assert found == ((expected,) if expected else ())


def test_nobody_reviews_the_same_account_at_two_levels():
    said = circle((MANAGERS,), (Basis(By.REVIEWERS_MANAGER),), (named(MANAGER, BOSS),))
    first, second, third = said.reviewers_of(Alike(manager_id=MANAGER))
    assert (first.reviewers, second.reviewers) == (
        ((MANAGER, "manager"),),
        ((BOSS, "reviewer's manager"),),
    )
    assert (third.reviewers, third.why) == ((), (Why.TWICE,))


def test_without_owner_it_says_so_and_the_campaigns_owner_removes_access():
    alone = circle((Basis(By.OWNER),), owners=())
    assert alone.reviewers_of(Alike())[0].why == (Why.NO_OWNER,)
    assert alone.remover() == ADMIN
    assert circle((Basis(By.OWNER),)).remover() == OWNER


def test_people_never_assigned_who_manage_each_other_lead_nowhere():
    ring = {
        1: Somebody(1, manager_id=2, is_denied=True),
        2: Somebody(2, manager_id=1, is_denied=True),
    }
    said = Circle(Reviewing((Level((named(1),)),), ()), ring)
    assert said.reviewers_of(Alike())[0].why == (Why.DENIED,)


def test_accounts_are_shared_out_by_what_they_have_in_common():
    said = circle((MANAGERS,), fallbacks=(named(OTHER),))
    found = shares(
        said,
        {
            Alike(manager_id=MANAGER): 70,
            Alike(manager_id=LEFT): 20,
            Alike(person_id=OTHER): 1,
            Alike(person_id=NOBODYS): 9,
        },
    )
    assert found.by_level == [{MANAGER: ("manager", 70), OTHER: ("fallback: named", 29)}]
    assert found.unassigned == [{(Why.NO_MANAGER, Why.OWN): 1}]
