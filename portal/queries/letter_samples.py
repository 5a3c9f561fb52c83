"""A letter as it would look, filled with examples."""

import base64

from policies.letter_kinds import KINDS, Text
from policies.letters import example, written
from portal import clock
from portal.config import current_config
from portal.letterhead import Envelope, as_html, pictures_in
from portal.queries.envelopes import organisation_picture
from portal.queries.settings import setting


def sample(kind: str, text: Text) -> str:
    """The HTML of a letter that says `text`; its pictures are within it."""
    organisation, base = setting("organisation"), current_config().base_url
    said = written(kind, example(kind) | {"organisation": organisation}, text)
    link = f"{base}/in/the-personal-link" if KINDS[kind].has_link else ""
    body = said.body.replace("{link}", link).replace("{preferences}", f"{base}/you/letters")
    envelope = Envelope(
        key="sample",
        name="",
        address="",
        subject=said.subject,
        text=body,
        at=clock.now(),
        organisation=organisation,
        link=link,
        button=text.button,
        logo=organisation_picture(),
    )
    pictures = pictures_in(envelope)
    return as_html(envelope, sources={cid: _inline(p.content) for cid, p in pictures.items()})


def _inline(content: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"
