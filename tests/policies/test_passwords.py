"""Which passwords are taken, and what is said of those that are not."""

import pytest

from policies.passwords import LEAST, MOST, normal, refusal

ALMA = ["Alma Ahlgren", "alma@example.com"]


@pytest.mark.parametrize(
    "password",
    [
        "violet Tractor hums 9",
        "zwölf Boxkämpfer jagen",
        "x7!pQ2#vL9@w",
        "пять веселых ежей",
        "a b c d e f g h",
    ],
)
def test_a_long_password_that_nobody_guesses_is_taken(password):
    assert refusal(password, ALMA) is None


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short", "at least 12 characters; this has 5"),
        ("x" * (MOST + 1), "at most 256"),
        ("my-ahlgren-house", "holds “ahlgren”"),
        ("ALMA loves horses", "holds “alma”"),
        ("example of a cat", "holds “example”"),
        ("Password1234!", "first passwords that are tried"),
        ("passwordpassword", "first passwords that are tried"),
        ("qwertyuiop12", "first passwords that are tried"),
        ("123456789012", "first passwords that are tried"),
        ("abcdefghijklmno", "first passwords that are tried"),
        ("aaaaaaaaaaaaaaaa", "first passwords that are tried"),
        ("!!!!1234567890", "first passwords that are tried"),
    ],
)
def test_a_password_that_is_tried_first_is_refused_with_the_reason(password, said):
    assert said in (refusal(password, ALMA) or "")


def test_the_least_length_is_counted_in_characters_and_not_in_bytes():
    assert refusal("ä" * (LEAST - 1), []) is not None
    assert refusal("äöüßéàèçñõåø", []) is None


def test_the_same_letters_from_another_keyboard_are_the_same_password():
    assert normal("Zu\u0308rich am See") == normal("Zürich am See")
