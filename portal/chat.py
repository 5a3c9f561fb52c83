"""How a letter looks in a chat: as blocks of Slack's Block Kit, or as a Teams card.

Every word of a letter goes where neither side reads markup: plain_text blocks in Slack, text
runs in Teams. So nothing that comes from outside can mention anybody, or look like a link.
The limits are the published ones of Block Kit and of Adaptive Cards 1.4. Nothing here sends.
"""

import re
from typing import Any

from policies.letters import BY_LINK_ALONE
from portal.letterhead import Envelope, one_line, without_foot

HEADER, SECTION, BUTTON, ADDRESS, NOTE = 150, 3000, 75, 3000, 2000  # characters, in Slack
MOST_BLOCKS = 50
CARD_TEXT = 12_000  # a message of a Teams workflow has at most 28 KB
_CARD = "application/vnd.microsoft.card.adaptive"
_SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"
_PERSONAL = re.compile(r"^This link is personal:.*\n?", re.MULTILINE)


def slack_message(envelope: Envelope, *, in_private: bool) -> dict[str, Any]:
    """What Slack is sent. Only `in_private`, where nobody else reads it, goes the personal link."""
    blocks: list[dict[str, Any]] = [{"type": "header", "text": _plain(envelope.subject, HEADER)}]
    said, foot = _said(envelope, in_private=in_private)
    blocks += [{"type": "section", "text": _plain(each, SECTION)} for each in _parts(said)]
    blocks = blocks[: MOST_BLOCKS - 2]
    address = envelope.link if in_private else envelope.page
    if address and len(address) <= ADDRESS:
        label = _plain(envelope.button or "Open it", BUTTON)
        button = {"type": "button", "text": label, "url": address, "action_id": "open"}
        blocks.append({"type": "actions", "elements": [button]})
    if foot:
        blocks.append({"type": "context", "elements": [_plain(foot, NOTE)]})
    return {
        "text": _escaped(one_line(envelope.subject)),
        "blocks": blocks,
        "mrkdwn": False,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def teams_message(envelope: Envelope) -> dict[str, Any]:
    """What a Teams workflow is sent: a card. It may be posted where others read it, so its
    button leads to the page, not along the personal link. `to` is for a workflow that sends it
    to the person alone."""
    said, foot = _said(envelope, in_private=False)
    body = [_run(one_line(envelope.subject), size="Medium", weight="Bolder")]
    body += [_run(each) for each in _parts(said[:CARD_TEXT])]
    if foot:
        body.append(_run(foot, size="Small", isSubtle=True))
    card: dict[str, Any] = {
        "$schema": _SCHEMA,
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": one_line(envelope.subject),
        "body": body,
    }
    if envelope.page:
        title = _cut(envelope.button or "Open it", BUTTON)
        card["actions"] = [{"type": "Action.OpenUrl", "title": title, "url": envelope.page}]
    attached = {"contentType": _CARD, "contentUrl": None, "content": card}
    return {"type": "message", "to": envelope.address, "attachments": [attached]}


def _said(envelope: Envelope, *, in_private: bool) -> tuple[str, str]:
    """The letter without the address that became a button, and its foot."""
    body, foot = without_foot(envelope.text)
    if envelope.link:
        body = body.replace(envelope.link, "" if in_private else envelope.page)
        lines = body.splitlines()
        body = "\n".join(line for line in lines if line.strip() != envelope.page or in_private)
    if not in_private:
        foot = _PERSONAL.sub("", foot)
        body = f"To {envelope.name}\n\n{body.replace(BY_LINK_ALONE, '')}"
    return re.sub(r"\n{3,}", "\n\n", body).strip(), foot.strip()


def _parts(text: str) -> list[str]:
    """Text in parts that fit into a section, cut between paragraphs where they are short."""
    parts = [""]
    for paragraph in text.split("\n\n"):
        pieces = [paragraph[n : n + SECTION] for n in range(0, len(paragraph), SECTION)]
        for piece in pieces:
            if len(parts[-1]) + len(piece) + 2 > SECTION:
                parts.append("")
            parts[-1] = f"{parts[-1]}\n\n{piece}".strip()
    return [each for each in parts if each]


def _plain(text: str, most: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": _cut(text, most), "emoji": False}


def _run(text: str, **looks: Any) -> dict[str, Any]:
    inline = {"type": "TextRun", "text": text} | {k: v for k, v in looks.items() if v}
    return {"type": "RichTextBlock", "inlines": [inline]}


def _cut(text: str, most: int) -> str:
    text = text.strip() or "–"
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _escaped(text: str) -> str:
    """As Slack wants its three characters of markup written."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
