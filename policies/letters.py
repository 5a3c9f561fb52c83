"""The grammar of letters: text with placeholders in braces, filled from facts.

A text is plain: paragraphs with an empty line between them, lines that begin with "- " for a
list, and {link} on a line of its own, which becomes a button where there are buttons. A fact is
never read as grammar: braces in it stay as they are.
"""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from policies.errors import Invalid
from policies.letter_kinds import EXAMPLES, KINDS, PLACEHOLDERS, Group, Text
from policies.letter_texts import built_in

PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
LONGEST_SUBJECT, LONGEST_BODY, LONGEST_BUTTON = 200, 10_000, 40
_SPACE = re.compile(r"\n{3,}")
_ALONE = re.compile(r"^\{([a-z_]+)\}$", re.MULTILINE)
_LINK_ALONE = re.compile(r"^\s*\{link\}\s*$", re.MULTILINE)

FOOT = """
-- 
{personal}

{organisation}, by Countersign
"""  # noqa: W291  the mark of a foot ends with a space (RFC 3676)
BY_LINK_ALONE = "; you need no password"
_PERSONAL = "This link is personal: whoever holds it acts in your name. It works until {until}."
_CHOOSE = "Choose which letters you get, and where: {preferences}"


def written(kind: str, facts: Mapping[str, Any], text: Text | None = None) -> Text:
    """The letter with everything filled in but "{link}" and "{preferences}".

    `text` is what the organisation made of it, where it did. Facts with "until" make it a
    letter with a personal link; without, the link is only the address of a page, and nothing
    is said about it. A placeholder without a fact is left empty.
    """
    text = text or built_in(kind)
    known = {key: _fact(value) for key, value in facts.items()} | {"link": "{link}"}
    is_personal = "until" in known
    known["no_password"] = BY_LINK_ALONE if is_personal else ""
    known["personal"] = filled(_PERSONAL, known) if is_personal else ""
    known["preferences"] = "{preferences}"
    foot = FOOT.strip("\n")
    if KINDS[kind].group is not Group.ENTRY and kind != "test":
        foot += f"\n{_CHOOSE}"
    body = f"{filled(text.body, known).strip()}\n\n{filled(foot, known)}\n"
    return Text(
        " ".join(filled(text.subject, known).split()),
        _SPACE.sub("\n\n", body).replace("-- \n\n", "-- \n"),
        text.button,
    )


def filled(text: str, facts: Mapping[str, str]) -> str:
    """The text with every placeholder replaced, once: what a fact says is not looked at again."""
    return PLACEHOLDER.sub(lambda found: facts.get(found[1], ""), text)


def example(kind: str) -> dict[str, str]:
    """Facts to show a text by."""
    facts = {name: PLACEHOLDERS[name][1] for name in KINDS[kind].names if name != "link"}
    return facts | dict(EXAMPLES.get(kind, {}))


def check_text(kind: str, text: Text) -> Text:
    """The text as it is kept; Invalid with a sentence for each thing that is wrong with it."""
    body = text.body.replace("\r\n", "\n").strip() + "\n"
    tidy = Text(" ".join(text.subject.split()), body, " ".join(text.button.split()))
    if wrong := [*_of_length(kind, tidy), *_of_placeholders(kind, tidy), *_of_link(kind, tidy)]:
        raise Invalid(" ".join(wrong))
    return tidy


def left_out(kind: str, text: Text) -> list[str]:
    """What the text that comes with the product says in a paragraph of its own, and this does not:
    the names of its placeholders."""
    said = PLACEHOLDER.findall(text.subject + text.body)
    return [name for name in _ALONE.findall(built_in(kind).body) if name not in (*said, "link")]


def put_in(kind: str, text: Text, name: str) -> Text:
    """The text with {name} before its link, or at its end, where it was left out."""
    if name not in left_out(kind, text):
        return text
    before, link, after = text.body.strip().partition("{link}")
    return text._replace(body=f"{before.rstrip()}\n\n{{{name}}}\n\n{link}{after}".strip() + "\n")


def _fact(value: Any) -> str:
    """What a letter's own marks look like is not taken from facts."""
    return str(value).replace("{link}", "(link)").replace("{preferences}", "(preferences)")


def _of_length(kind: str, text: Text) -> list[str]:
    wrong = []
    if not 1 <= len(text.subject) <= LONGEST_SUBJECT:
        wrong.append(f"Subject: write 1 to {LONGEST_SUBJECT} characters.")
    if not 1 <= len(text.body.strip()) <= LONGEST_BODY:
        wrong.append(f"Text: write 1 to {LONGEST_BODY:,} characters.")
    if KINDS[kind].has_link and not 1 <= len(text.button) <= LONGEST_BUTTON:
        wrong.append(f"Button: write 1 to {LONGEST_BUTTON} characters.")
    return wrong


def _of_placeholders(kind: str, text: Text) -> list[str]:
    known = KINDS[kind].names
    used = dict.fromkeys(PLACEHOLDER.findall("\n".join(text)))
    wrong = [_unknown(name, known) for name in used if name not in known]
    if re.search(r"[{}]", PLACEHOLDER.sub("", "\n".join(text))):
        wrong.append("A brace stands alone. Placeholders are written like {name}.")
    return wrong


def _of_link(kind: str, text: Text) -> list[str]:
    if not KINDS[kind].has_link:
        return []
    if "{link}" in text.subject + text.button:
        return ["{link} belongs into the text, not into the subject or the button."]
    if text.body.count("{link}") == 1 and _LINK_ALONE.search(text.body):
        return []
    return ["Text: {link} must stand once, on a line of its own. It becomes the button."]


def _unknown(name: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(name, known, 1)
    hint = f" Did you mean {{{near[0]}}}?" if near else ""
    return f"{{{name}}} is not known in this letter.{hint}"
