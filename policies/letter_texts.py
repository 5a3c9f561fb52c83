"""The texts that come with the product, by language. A language is a file and two lines here."""

from collections.abc import Mapping

from policies.letter_kinds import Text
from policies.letters_in_english import ENGLISH

DEFAULT_LANGUAGE = "en"
LANGUAGES: Mapping[str, str] = {DEFAULT_LANGUAGE: "English"}
TEXTS: Mapping[str, Mapping[str, Text]] = {DEFAULT_LANGUAGE: ENGLISH}


def built_in(kind: str, language: str = DEFAULT_LANGUAGE) -> Text:
    """The text that comes with the product; English where a language has none."""
    return TEXTS.get(language, ENGLISH).get(kind) or ENGLISH[kind]
