"""Who is let in from an identity provider, and with which role."""

import pytest
from sqlalchemy import select

from policies.arrivals import Identity
from policies.errors import Denied
from policies.permissions import SYSTEM
from portal import clock
from portal.db import db
from portal.models import IdentityProvider, Member, Person, Role, RoleRule, TrailLine
from portal.models.member import GrantedBy, MemberState
from portal.models.provider import ProviderKind, Unmatched
from portal.queries.actors import member_of
from portal.usecases.arrivals import receive_identity
from tests.story import story


@story
def okta(cast):
    """A provider that makes members: group “audit” is Compliance, group “boss” is Admin."""
    return make_provider(("groups", "audit", "Compliance"), ("groups", "boss", "Admin"))


def make_provider(*rules, **facts):
    facts = {"creates_members": True, "is_enabled": True} | facts
    provider = IdentityProvider(
        key="okta", kind=ProviderKind.OIDC, name="Okta", created_at=clock.now(), **facts
    )
    db.session.add(provider)
    db.session.flush()
    for position, (claim, value, role) in enumerate(rules):
        row = db.session.scalar(select(Role).where(Role.name == role))
        rule = RoleRule(provider_id=provider.id, position=position, claim=claim, value=value)
        rule.role_id = row.id if row else None
        db.session.add(rule)
    db.session.commit()
    return provider


def come(provider, email, *groups, **claims):
    identity = Identity(email, email, "New Comer", {"groups": groups, **claims})
    return receive_identity(provider, identity, by=SYSTEM)


def lines():
    return [(line.verb, line.details) for line in db.session.scalars(
        select(TrailLine).order_by(TrailLine.id))]  # fmt: skip


def role_of(person):
    member = member_of(person.id)
    return member.role.name if member else ""


def test_someone_new_becomes_a_person_and_a_member_by_the_first_rule_that_holds(okta):
    person = come(okta, "Nina@Example.com", "boss", "audit")
    assert (person.email, person.name, role_of(person)) == (
        "nina@example.com", "New Comer", "Compliance")  # fmt: skip
    assert member_of(person.id).granted_by is GrantedBy.SSO


def test_an_employee_whom_no_rule_names_comes_in_without_a_role(okta, cast):
    assert come(okta, "MAX@example.com").id == cast.max.id
    assert member_of(cast.max.id) is None


def test_whoever_no_rule_names_is_refused_where_the_provider_says_so(okta, cast):
    okta.unmatched = Unmatched.REFUSE
    db.session.commit()
    with pytest.raises(Denied, match="No rule of Okta lets you in"):
        come(okta, "max@example.com")


def test_the_refusal_is_in_the_trail_without_the_address_of_a_stranger(okta):
    okta.creates_members = False
    db.session.commit()
    with pytest.raises(Denied, match=r"Nobody with the address eve@example\.org is known"):
        come(okta, "eve@example.org", department=["Secret department"])
    verb, details = lines()[-1]
    assert verb == "identity refused"
    assert details["claims"] == ["department", "groups"]
    assert "eve@" not in str(details)
    assert "Secret" not in str(details)


def test_a_role_given_by_a_rule_is_given_anew_and_taken_at_each_sign_in(okta):
    nina = come(okta, "nina@example.com", "audit")
    come(okta, "nina@example.com", "boss")
    assert role_of(nina) == "Admin"
    come(okta, "nina@example.com")
    assert role_of(nina) == ""
    assert [verb for verb, _ in lines()][-2:] == ["member removed", "identity accepted"]


def test_a_role_given_by_hand_stands_and_the_trail_says_what_the_rules_give(okta, cast):
    come(okta, "rhea@example.com", "boss")
    assert role_of(cast.rhea) == "Read-only"
    assert lines()[-1][1]["remark"] == "“Admin” by the rules; the role given by hand stands."


def test_the_last_admin_stays_admin(okta, cast):
    nina = come(okta, "nina@example.com", "boss")
    db.session.delete(member_of(cast.alma.id))
    db.session.commit()
    okta.unmatched = Unmatched.REFUSE
    db.session.commit()
    come(okta, "nina@example.com", "audit")
    come(okta, "nina@example.com")
    assert role_of(nina) == "Admin"
    assert "last Admin" in lines()[-1][1]["remark"]


def test_nobody_becomes_a_member_where_the_provider_makes_none(okta, cast):
    okta.creates_members = False
    db.session.commit()
    come(okta, "max@example.com", "boss")
    assert member_of(cast.max.id) is None


@pytest.mark.parametrize(
    ("email", "sentence"),
    [
        ("paula@example.com", "no longer among the people"),
        ("emil@example.com", "not invited"),
        ("", "did not say your email"),
        ("two@at@example.com", "did not say your email"),
        ("\u212aarl@example.com", "did not say your email"),
    ],
)
def test_who_is_turned_away_is_told_why(okta, cast, email, sentence):
    people = len(db.session.scalars(select(Person.id)).all())
    with pytest.raises(Denied, match=sentence):
        come(okta, email, "boss")
    assert len(db.session.scalars(select(Person.id)).all()) == people


def test_an_external_auditor_who_was_invited_comes_in(okta, cast):
    assert come(okta, "ada@example.com").id == cast.ada.id


def test_an_address_that_is_not_verified_is_nobodys(okta, cast):
    with pytest.raises(Denied, match="has not verified"):
        come(okta, "alma@example.com", email_verified=["false"])


def test_only_allowed_domains_come_in(okta):
    okta.domains = ["example.com"]
    db.session.commit()
    with pytest.raises(Denied, match=r"no addresses of evil-example\.com"):
        come(okta, "nina@evil-example.com", "boss")
    assert come(okta, "nina@EXAMPLE.com", "boss")


@pytest.mark.parametrize("ended", [True, False])
def test_a_suspended_or_ended_member_is_refused(okta, cast, ended):
    member = db.session.get_one(Member, member_of(cast.carl.id).id)
    member.state = MemberState.ACTIVE if ended else MemberState.SUSPENDED
    member.ends_at = clock.now() if ended else None
    db.session.commit()
    with pytest.raises(Denied, match="ended" if ended else "suspended"):
        come(okta, "carl@example.com", "boss")


def test_it_is_remembered_that_an_admin_came(okta, cast):
    come(okta, "carl@example.com")
    assert okta.admin_came_at is None
    come(okta, "alma@example.com")
    assert okta.admin_came_at
