"""Planted accounts: how they are written, whose list gets which, and what came of them."""

import re

import pytest

from policies.care import Care, care_from_data
from policies.errors import Invalid
from policies.lifecycle import Verdict
from policies.planting import (
    SUGGESTED,
    Found,
    Planted,
    Planting,
    found_by,
    letters_of,
    login_like,
    planted_in,
    planting_from_data,
    spread,
    told,
)

NADIA, TOMAS = Planted("Nadia Quillard", "Administrator"), Planted("Tomas van Erringford")
C, M, O = Found.CAUGHT, Found.MISSED, Found.OPEN  # noqa: E741  one letter each, in a table


def test_they_are_written_one_a_line_and_read_again_as_they_were():
    lines = ["  Nadia   Quillard ,  Administrator ", "", "Tomas van Erringford"]
    planting = Planting(planted_in(lines), least=5)
    assert planting.accounts == (NADIA, TOMAS)
    assert planting_from_data(planting.as_data()) == planting
    assert care_from_data(Care(planting=planting).as_data()).planting == planting
    assert not planting_from_data({})
    assert planting_from_data({}).least == 20
    assert len({letters_of(name) for name in SUGGESTED}) == len(planted_in(SUGGESTED[:10])) + 2


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ({"accounts": ["Nadia"]}, "needs a first and a last name"),
        ({"accounts": ["Nadia ---"]}, "needs a first and a last name"),
        ({"accounts": [", Administrator"]}, "needs a first and a last name"),
        ({"accounts": ["Nadia Quillard", "nadia  quillard, User"]}, "there twice"),
        ({"accounts": [f"Nadia Quillard{n}" for n in range(11)]}, "10 at most"),
        ({"accounts": ["Nadia " + "Q" * 80]}, "80 characters"),
        ({"accounts": ["Nadia Quillard, " + "r" * 81]}, "80 characters"),
        ({"least": 0}, "1 to 10,000"),
        ({"least": 10_001}, "1 to 10,000"),
    ],
)
def test_what_cannot_be_planted_is_refused_in_a_sentence(data, why):
    with pytest.raises(Invalid, match=why):
        planting_from_data(data)


@pytest.mark.parametrize(
    ("example", "made"),
    [
        ("mia.berger", "nadia.quillard"),
        ("mia_berger", "nadia_quillard"),
        ("mia-berger", "nadia-quillard"),
        ("mberger", "nquillard"),
        ("", "nquillard"),
        ("mia.berger@acme.test", "nadia.quillard@acme.test"),
        ("mia@acme.test", "nadiaquillard@acme.test"),
    ],
)
def test_its_login_is_made_as_those_beside_it_are(example, made):
    assert login_like("Nadia Quillard", example) == made


def test_names_and_logins_are_told_apart_by_their_letters():
    names = ("Nadia Quillard", "nadia.quillard", "NADIA_QUILLARD", "nadia.quillard@acme.test")
    assert {letters_of(name) for name in names} == {"nadiaquillard"}
    assert letters_of("Nadja Quillard") != letters_of("Nadia Quillard")


def test_every_list_that_is_long_enough_gets_one_and_none_comes_twice():
    accounts = planted_in(SUGGESTED[:3])
    lists = {1: 500, 2: 20, 3: 19, 4: 0}
    placed = spread(accounts, lists, 20, "seed")
    assert sorted(person for _, person in placed) == [1, 2]
    assert len({account for account, _ in placed}) == 2
    assert placed == spread(accounts, dict(reversed(lists.items())), 20, "seed")
    assert spread(accounts, {}, 20, "seed") == spread((), lists, 20, "seed") == []


def test_where_there_are_more_lists_than_accounts_the_lot_says_which():
    accounts, lists = planted_in(SUGGESTED[:2]), dict.fromkeys(range(1, 40), 30)
    draws = [spread(accounts, lists, 20, seed) for seed in ("a", "b", "c")]
    assert all(len(draw) == 2 for draw in draws)
    assert len({tuple(person for _, person in draw) for draw in draws}) == 3
    seen = {spread(accounts, {1: 30}, 20, str(seed))[0][0] for seed in range(20)}
    assert seen == set(accounts)


@pytest.mark.parametrize(
    ("verdict", "by_somebody", "found"),
    [
        (Verdict.REJECTED, True, C),
        (Verdict.REJECTED, False, O),
        (Verdict.APPROVED, True, M),
        (Verdict.CHANGED, True, M),
        (Verdict.UNDECIDED, True, O),
        (Verdict.UNDECIDED, False, O),
    ],
)
def test_what_came_of_one(verdict, by_somebody, found):
    assert found_by(verdict, by_somebody=by_somebody) is found


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([], ""),
        ([C], "1 planted account was among yours: .* You caught it"),
        ([M], "It was kept, which is easily done"),
        ([O], "It was not decided"),
        ([C, C], "2 planted accounts were among yours: .* You caught all of them"),
        ([C, M, O], "1 caught, 1 kept, 1 not decided\\.$"),
    ],
)
def test_what_a_reviewer_is_told(found, said):

    assert told(found) == said or re.search(said, told(found))
