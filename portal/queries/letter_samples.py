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
    """The HTML of a letter that says `text`, its subject above; its pictures are within it."""
    base = current_config().base_url
    said = written(kind, example(kind) | {"organisation": setting("organisation")}, text)
    link = f"{base}/in/the-personal-link" if KINDS[kind].has_link else ""
    body = said.body.replace("{link}", link).replace("{preferences}", f"{base}/you/letters")
    return _drawn(said.subject, body, link, text.button, with_subject=True)


def remark(sentence: str) -> str:
    """The same page with `sentence` in place of a letter; placeholders that it names stay."""
    return _drawn(sentence, sentence)


def _drawn(
    subject: str, body: str, link: str = "", button: str = "", *, with_subject: bool = False
) -> str:
    envelope = Envelope(
        key="sample",
        name="",
        address="",
        subject=subject,
        text=body,
        at=clock.now(),
        organisation=setting("organisation"),
        link=link,
        button=button,
        logo=organisation_picture(),
    )
    pictures = pictures_in(envelope)
    sources = {cid: _inline(picture.content) for cid, picture in pictures.items()}
    return as_html(envelope, sources=sources, with_subject=with_subject)


def _inline(content: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"
