"""Reading claims: lists and texts, paths, and what the provider left out."""

from policies.claims import MOST_VALUES, flattened, identity_of, left_out


def test_a_claim_is_a_list_of_texts_under_its_path():
    claims = {"roles": "one", "groups": ["a", "b"], "realm_access": {"roles": ["x", 7]},
              "email_verified": False, "none": None, "empty": ""}  # fmt: skip
    assert flattened(claims) == {
        "roles": ["one"],
        "groups": ["a", "b"],
        "realm_access.roles": ["x", "7"],
        "email_verified": ["false"],
    }


def test_a_text_with_commas_is_one_value_and_not_several():
    assert flattened({"groups": "sales,admins"}) == {"groups": ["sales,admins"]}


def test_what_is_nested_or_long_beyond_reason_is_left_out():
    deep = {"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": "x"}}}}}}}}
    assert flattened(deep) == {}
    assert len(flattened({"groups": ["x"] * 9_000})["groups"]) == MOST_VALUES


def test_the_email_is_taken_from_the_claim_that_was_chosen():
    claims = {"sub": "1", "preferred_username": "max@example.com", "given_name": "Max",
              "family_name": "Meyer", "sid": "s"}  # fmt: skip
    assert identity_of(claims).email == ""
    identity = identity_of(claims, email_claim="preferred_username")
    assert (identity.email, identity.name, identity.index) == (
        "max@example.com", "Max Meyer", "s")  # fmt: skip


def test_groups_that_entra_left_out_are_noticed():
    assert left_out({"_claim_names": {"groups": "src1"}}) == ["groups"]
    assert left_out({"hasgroups": True}) == ["groups"]
    assert left_out({"groups": ["a"]}) == []
