"""Marks on what is handed out: who downloaded it and when, without touching what it proves.

A PDF gets a line on every page; a pack one more file beside the manifest; any other file, such
as a CSV that has to stay what its hash says, carries it in its name alone.
"""

import re
import shutil
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import BinaryIO

import pikepdf

NOTE = "DOWNLOADED-BY.txt"  # verify_pack.py knows it by this name
_ODD = re.compile(r"[^A-Za-z0-9@._+-]+")
_CSS = """
@font-face { font-family: "Mark"; src: url("bundled:///inter-latin-400-normal.ttf"); }
@font-face { font-family: "Mark More"; src: url("bundled:///inter-latin-ext-400-normal.ttf"); }
@page { margin: 0; size: %.2fpt %.2fpt; }
p { position: absolute; left: 24mm; right: 24mm; bottom: 8mm; margin: 0; color: #5b6270;
    font: 6.5pt/1.2 "Mark", "Mark More", "DejaVu Sans"; }
"""


class Damaged(Exception):
    """The file is not what it is said to be, so that no mark can be put on it."""


@dataclass(frozen=True)
class Mark:
    """Who downloads, and when. `original` is the SHA-256 of the file as it is kept, in hex."""

    name: str
    email: str
    at: datetime
    original: str = ""

    @property
    def line(self) -> str:
        """Downloaded by Ada Abbot (ada@example.com), 23 Nov 2026 14:03 UTC"""
        at = self.at.astimezone(UTC)
        return f"Downloaded by {self.name} ({self.email}), {at:%-d %b %Y %H:%M} UTC"

    def on_name(self, file_name: str) -> str:
        """review-17.csv becomes review-17-ada@example.com-20261123T1403Z.csv."""
        stem, dot, suffix = file_name.rpartition(".")
        who = _ODD.sub("-", self.email or self.name)[:80]
        marked = f"{stem if dot else file_name}-{who}-{self.at.astimezone(UTC):%Y%m%dT%H%MZ}"
        return f"{marked}.{suffix}" if dot else marked


def mark_pack(file: BinaryIO, target: BinaryIO, mark: Mark) -> None:
    """Write the ZIP in `file` to `target` with the note added; what it holds stays byte by byte.

    Raises Damaged where it is no ZIP.
    """
    shutil.copyfileobj(file, target)
    if not zipfile.is_zipfile(target):
        raise Damaged
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as archive:
        at = zipfile.ZipInfo(NOTE, mark.at.astimezone(UTC).timetuple()[:6])
        at.compress_type, at.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
        archive.writestr(at, _note(mark))


def mark_pdf(file: BinaryIO, target: BinaryIO, mark: Mark) -> None:
    """Write the PDF in `file` to `target` with the line at the foot of every page.

    The line is an artifact: readers of the document's structure pass over it, and the document
    stays tagged, with its fonts inside. Raises Damaged where it is no PDF.
    """
    try:
        opened = pikepdf.open(file)
    except pikepdf.PdfError as problem:
        raise Damaged from problem
    with opened as pdf:
        overlays: dict[tuple[float, float], pikepdf.Object] = {}
        for page in pdf.pages:
            size = _size(page)
            if size not in overlays:
                overlays[size] = _overlay(pdf, mark, size)
            _put(pdf, page, overlays[size])
        pdf.docinfo["/DownloadedBy"] = mark.line
        pdf.docinfo["/OriginalSHA256"] = mark.original
        pdf.save(target, fix_metadata_version=False)


def _note(mark: Mark) -> str:
    return (
        f"{mark.line}\n\nThis note was added when the pack was downloaded. It is no evidence, and "
        "not in manifest.json;\nverify.py passes over it. The pack as the portal keeps it has the "
        f"SHA-256\n{mark.original}\n"
    )


def _size(page: pikepdf.Page) -> tuple[float, float]:
    left, bottom, right, top = (float(edge) for edge in page.mediabox)
    return right - left, top - bottom


def _overlay(pdf: pikepdf.Pdf, mark: Mark, size: tuple[float, float]) -> pikepdf.Object:
    """The line on an empty page of this size, as a form that pages of `pdf` can show."""
    from portal.reports.pdf import write_plain_pdf  # noqa: PLC0415  needs native libraries

    html = f'<html lang="en"><title>Mark</title><p>{escape(mark.line)}</p></html>'
    with pikepdf.open(write_plain_pdf(html, _CSS % size)) as drawn:
        return pdf.copy_foreign(drawn.pages[0].as_form_xobject())


def _put(pdf: pikepdf.Pdf, page: pikepdf.Page, overlay: pikepdf.Object) -> None:
    name = page.add_resource(overlay, pikepdf.Name.XObject)
    left, bottom = (float(edge) for edge in list(page.mediabox)[:2])
    drawing = f"q 1 0 0 1 {left} {bottom} cm {name} Do Q"
    page.contents_add(b"q", prepend=True)
    artifact = f"Q /Artifact <</Type /Pagination>> BDC {drawing} EMC"
    page.contents_add(pdf.make_stream(artifact.encode()))
