"""What letters say: every text holds what its kind promises, and no more."""

import pytest

from policies.errors import Invalid
from policies.letter_kinds import KINDS, PLACEHOLDERS, Text
from policies.letter_texts import LANGUAGES, TEXTS, built_in
from policies.letters import check_text, example, written

GOOD = Text("Review {application}", "Hello {name},\n\n{link}\n", "Start")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_text_that_comes_with_the_product_could_be_kept(kind, language):
    text = built_in(kind, language)
    assert check_text(kind, text) == text
    assert set(TEXTS[language]) <= set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_placeholder_is_documented_and_filled(kind):
    assert set(KINDS[kind].names) <= set(PLACEHOLDERS)
    letter = written(kind, example(kind))
    assert "{" not in letter.subject
    assert "{" not in letter.body.replace("{link}", "").replace("{preferences}", "")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"subject": "Review {aplication}"}, "Did you mean {application}?"),
        ({"subject": " "}, "Subject: write 1 to 200 characters."),
        ({"body": "Hello"}, "Text: {link} must stand once, on a line of its own."),
        ({"body": "{link} or {link}"}, "must stand once"),
        ({"body": "here: {link}"}, "on a line of its own"),
        ({"subject": "{link}"}, "{link} belongs into the text"),
        ({"body": "{link}\n{name.__class__}"}, "A brace stands alone."),
        ({"body": "{link}\n{0}"}, "A brace stands alone."),
        ({"button": ""}, "Button: write 1 to 40 characters."),
    ],
)
def test_a_text_that_cannot_be_filled_is_refused_with_a_sentence(change, sentence):
    with pytest.raises(Invalid) as refusal:
        check_text("invitation", GOOD._replace(**change))
    assert sentence in str(refusal.value)


def test_what_a_fact_says_is_never_read_as_grammar():
    said = {"application": "{name} {link} {preferences}", "name": "Max"}
    letter = written("invitation", said, Text("{application}", "{application}\n\n{link}", "Go"))
    assert letter.subject == "{name} (link) (preferences)"
    assert letter.body.count("{link}") == 1


def test_only_a_letter_with_a_personal_link_warns_of_it():
    assert "This link is personal" in written("reminder", {"until": "4 December 2026"}).body
    assert "personal" not in written("reminder", {}).body
