"""How a letter looks: the envelope every channel carries, and its text as HTML for mail.

The HTML is made from the same text as the plain part, and everything in it is escaped. Mail
programs know tables and attributes better than style sheets, so the light colours stand at each
element and a style sheet only adds the dark ones. Nothing is loaded from anywhere: pictures come
with the letter. Nothing here reads or sends.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from html import escape

FOOT = "\n-- \n"  # what follows is the foot, as in mail of people (RFC 3676, 4.3)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")
_FONT = "font-family:Inter,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"

_INK, _INK_2, _INK_3 = "#161a1f", "#494d54", "#5f636a"
_DARK = """
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (prefers-color-scheme: dark) {
  .paper { background: #111315 !important; }
  .ink, .ink a { color: #ededea !important; }
  .ink-2 { color: #b7b6b2 !important; }
  .ink-3, .ink-3 a { color: #9c9ea3 !important; }
  .rule { border-color: #2d2f34 !important; }
  .press { background: #97bbfb !important; }
  .press a { color: #0e131c !important; }
}
@media (max-width: 520px) {
  .sheet { padding: 24px 20px 28px !important; }
  .wide { width: 100% !important; }
  .press a { display: block !important; text-align: center !important; }
}
"""


@dataclass(frozen=True)
class Picture:
    """A picture that comes with the letter and is shown in it. `media_type` is "image/png"."""

    content: bytes
    media_type: str = "image/png"

    @property
    def cid(self) -> str:
        """Its name within the letter; the same picture has the same name."""
        return f"{sha256(self.content).hexdigest()[:24]}@countersign"


@dataclass(frozen=True)
class Envelope:
    """A letter as it goes out. `key` names it in its Message-ID: the same letter, the same name.

    `text` is all of it, `link` the address in it that becomes the button `button`. `page` is
    where the same thing stands in the portal: an address that lets nobody in by itself.
    `sender` is whose name it comes in, and `reply_to` their address; empty where nobody's.
    `thread` names what it is about; letters of one thread stand together. `unsubscribe` is an
    address that stops letters of this kind when something is posted to it.
    `logo` stands at the top; `pictures` each before the line of a list that is their key.
    """

    key: str
    name: str
    address: str
    subject: str
    text: str
    at: datetime
    sender: str = ""
    reply_to: str = ""
    organisation: str = ""
    link: str = ""
    button: str = ""
    page: str = ""
    thread: str = ""
    unsubscribe: str = ""
    logo: Picture | None = None
    pictures: Mapping[str, Picture] = field(default_factory=dict)


def one_line(text: str) -> str:
    """Text for a header: whatever ends a line, or is no character at all, becomes a space."""
    return _CONTROL.sub(" ", text).strip()


def without_foot(text: str) -> tuple[str, str]:
    """What the letter says, and its foot; "" where it has none."""
    body, _, foot = text.strip().rpartition(FOOT)
    return (body, foot) if body else (foot, "")


def pictures_in(envelope: Envelope) -> dict[str, Picture]:
    """Every picture the HTML names, by its cid."""
    lines = {line.removeprefix("- ") for line in envelope.text.splitlines()}
    shown = [each for line, each in envelope.pictures.items() if line in lines]
    return {each.cid: each for each in (*filter(None, [envelope.logo]), *shown)}


def as_html(
    envelope: Envelope, *, sources: Mapping[str, str] | None = None, with_subject: bool = False
) -> str:
    """The letter as a page of HTML. `sources` says where pictures are by cid, if not inside it.

    `with_subject`: it stands above, as a mail program shows it.
    """
    body, foot = without_foot(envelope.text)
    draw = _Drawing(envelope, sources or {})
    blocks = "\n".join(draw.block(each) for each in _paragraphs(body))
    small = "<br><br>".join(draw.linked(each) for each in _paragraphs(foot))
    return _PAGE.format(
        title=escape(one_line(envelope.subject)),
        dark=_DARK,
        font=_FONT,
        ink=_INK,
        head=(draw.subject() if with_subject else "") + draw.head(),
        blocks=blocks,
        foot=_FOOT.format(font=_FONT, ink=_INK_3, small=small) if small else "",
    )


class _Drawing:
    """The pieces of one letter."""

    def __init__(self, envelope: Envelope, sources: Mapping[str, str]) -> None:
        self.envelope, self.sources = envelope, sources

    def head(self) -> str:
        name, logo = self.envelope.organisation, self.envelope.logo
        if not name:
            return ""
        picture = self._picture(logo, 28) + "&nbsp; " if logo else ""
        return _HEAD.format(font=_FONT, ink=_INK_2, picture=picture, name=escape(name))

    def subject(self) -> str:
        said = escape(one_line(self.envelope.subject))
        return _SUBJECT.format(font=_FONT, ink=_INK, text=said)

    def block(self, paragraph: str) -> str:
        """A paragraph, a list, or the button."""
        lines = paragraph.splitlines()
        if self.envelope.link and paragraph.strip() == self.envelope.link:
            return self._button()
        if all(line.startswith("- ") for line in lines):
            return _LIST.format(rows="".join(self._row(line[2:]) for line in lines))
        return _PARAGRAPH.format(font=_FONT, ink=_INK, text=self.linked(paragraph))

    def linked(self, text: str) -> str:
        """Text as HTML; only what stands there as an address becomes a link."""
        parts, end = [], 0
        for found in _LINK.finditer(text):
            url = escape(found[0])
            link = f'<a href="{url}" style="color:inherit;text-decoration:underline">{url}</a>'
            parts += [escape(text[end : found.start()]), link]
            end = found.end()
        parts.append(escape(text[end:]))
        return "".join(parts).strip().replace("\n", "<br>\n")

    def _button(self) -> str:
        url, label = escape(self.envelope.link), escape(self.envelope.button or "Open it")
        return _BUTTON.format(url=url, label=label, font=_FONT, ink=_INK_3)

    def _row(self, line: str) -> str:
        picture = self.envelope.pictures.get(line)
        mark = self._picture(picture, 20) if picture else "&bull;"
        return _ROW.format(font=_FONT, ink=_INK, mark=mark, text=self.linked(line))

    def _picture(self, picture: Picture, size: int) -> str:
        source = self.sources.get(picture.cid, f"cid:{picture.cid}")
        shape = f'width="{size}" height="{size}" style="vertical-align:middle;border-radius:3px"'
        return f'<img src="{escape(source)}" alt="" {shape}>'


def _paragraphs(text: str) -> list[str]:
    return [each for each in re.split(r"\n\s*\n", text.strip()) if each.strip()]


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{title}</title>
<style>{dark}</style></head>
<body class="paper" style="margin:0;padding:0;background:#fefdfc">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" class="paper" \
style="background:#fefdfc"><tr><td align="center">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" \
style="max-width:600px"><tr><td class="sheet ink" align="left" style="padding:36px 32px 40px;\
{font};font-size:16px;line-height:24px;color:{ink}">
{head}{blocks}
{foot}</td></tr></table>
</td></tr></table>
</body></html>
"""
_HEAD = """<div class="ink-2 rule" style="{font};font-size:14px;line-height:28px;font-weight:600;\
color:{ink};padding:0 0 14px;margin:0 0 24px;border-bottom:1px solid #e0e0dc">{picture}{name}</div>
"""
_SUBJECT = """<p class="ink" style="{font};margin:0 0 20px;font-size:18px;line-height:26px;\
font-weight:600;color:{ink};word-break:break-word">{text}</p>"""
_PARAGRAPH = """<p class="ink" style="{font};margin:0 0 16px;font-size:16px;line-height:24px;\
color:{ink};word-break:break-word">{text}</p>"""
_LIST = """<table role="presentation" cellpadding="0" cellspacing="0" border="0" \
style="margin:0 0 16px">{rows}</table>"""
_ROW = """<tr><td class="ink-3" valign="top" width="28" style="padding:3px 0;{font};\
font-size:16px;line-height:24px;color:#5f636a">{mark}</td><td class="ink" style="padding:3px 0;\
{font};font-size:16px;line-height:24px;color:{ink};word-break:break-word">{text}</td></tr>"""
_BUTTON = """<table role="presentation" class="wide" cellpadding="0" cellspacing="0" border="0" \
style="margin:4px 0 12px"><tr><td class="press" bgcolor="#264aa0" style="background:#264aa0;\
border-radius:5px"><a href="{url}" style="display:inline-block;padding:11px 22px;{font};\
font-size:16px;line-height:22px;font-weight:600;color:#fefdfc;text-decoration:none">{label}</a>\
</td></tr></table>
<p class="ink-3" style="{font};margin:0 0 16px;font-size:13px;line-height:20px;color:{ink};\
word-break:break-all">Or open this address: <a href="{url}" style="color:inherit;\
text-decoration:underline">{url}</a></p>"""
_FOOT = """<div class="ink-3 rule" style="{font};margin:28px 0 0;padding:16px 0 0;font-size:13px;\
line-height:20px;color:{ink};border-top:1px solid #e0e0dc">{small}</div>
"""
