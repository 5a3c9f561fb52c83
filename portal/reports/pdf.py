"""HTML to PDF: archival (PDF/A-3) and tagged (PDF/UA-1), the same input giving the same bytes.

WeasyPrint needs native libraries, so this module is imported only when a PDF is made.
"""

import warnings
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pydyf  # type: ignore[import-untyped]  # it ships no types
import weasyprint
import weasyprint.text.fonts
from weasyprint.urls import URLFetcher, URLFetcherResponse

# Not compressed: to unpack eleven files of WOFF2 takes longer than the rest of a report.
FONTS = Path(__file__).parent / "fonts"

# PDF/A asks that a property outside its own schemas is described: this describes PDF/UA's.
_PDFUA = """
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1"/>
<rdf:Description rdf:about=""
  xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
  xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
  xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
  <pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
    <pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
    <pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
    <pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
    <pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
      <pdfaProperty:name>part</pdfaProperty:name>
      <pdfaProperty:valueType>Integer</pdfaProperty:valueType>
      <pdfaProperty:category>internal</pdfaProperty:category>
      <pdfaProperty:description>Part of the PDF/UA standard</pdfaProperty:description>
    </rdf:li></rdf:Seq></pdfaSchema:property>
  </rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
</rdf:RDF>"""


@dataclass(frozen=True)
class Attached:
    """A file that travels inside the PDF."""

    name: str
    meaning: str
    path: Path
    made_at: datetime


class OnlyBundled(URLFetcher):
    """Answers `bundled:///name` with a font of the product, and refuses everything else."""

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
        name = url.removeprefix("bundled:///")
        path = FONTS / name
        if name == url or path.parent != FONTS or path.suffix != ".ttf":
            raise ValueError("reports load nothing but their own fonts")
        return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": "font/ttf"})


def write_pdf(html: str, css: str, target: Path, attached: Sequence[Attached] = ()) -> None:
    """Write the document to `target` as a PDF, with `attached` inside."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves its colour profile open
        _render(
            (html, css),
            target,
            finisher=_finish,
            pdf_variant="pdf/a-3a",
            attachments=[_attachment(each) for each in sorted(attached, key=_name)],
        )


def write_plain_pdf(html: str, css: str) -> BytesIO:
    """A small PDF in memory, with its fonts inside and no structure: to be drawn on others."""
    target = BytesIO()
    _render((html, css), target)
    target.seek(0)
    return target


def _render(source: tuple[str, str], target: Path | BytesIO, **options: Any) -> None:
    html, css = source
    fetcher, fonts = OnlyBundled(), weasyprint.text.fonts.FontConfiguration()
    try:
        sheet = weasyprint.CSS(string=css, url_fetcher=fetcher, font_config=fonts)
        document = weasyprint.HTML(string=html, url_fetcher=fetcher, base_url="bundled:///")
        document.write_pdf(target, stylesheets=[sheet], font_config=fonts, **options)
    finally:
        # Its folder of fonts goes when garbage is collected, which a job's fork does not live
        # to see.
        fonts.__del__()


def _name(each: Attached) -> str:
    return each.name


def _attachment(each: Attached) -> Any:
    return weasyprint.Attachment(
        string=each.path.read_bytes(),
        name=each.name,
        description=each.meaning,
        created=each.made_at,
        modified=each.made_at,
        relationship="Data",
    )


def _finish(_: Any, pdf: pydyf.PDF) -> None:
    for thing in pdf.objects:
        extra = getattr(thing, "extra", {})
        if extra.get("Type") == "/Metadata":
            (xml,) = thing.stream
            thing.stream = [xml.replace(b"</rdf:RDF>", _PDFUA.encode())]
            thing.compress = False  # so that archives can read it without a PDF library
        elif extra.get("Type") == "/EmbeddedFile":
            _deflate(thing)
        elif isinstance(thing, dict) and thing.get("S") == "/TH":
            thing["A"]["Scope"] = "/Column" if _is_in_head(thing, pdf.objects) else "/Row"


def _is_in_head(header: dict[str, Any], objects: Sequence[Any]) -> bool:
    row = objects[int(header["P"].split()[0])]
    group = objects[int(row["P"].split()[0])]
    return bool(group["S"] == "/THead")


def _deflate(stream: Any) -> None:
    stream.stream = [zlib.compress(b"".join(stream.stream), 6)]
    stream.extra["Filter"] = "/FlateDecode"
    stream.compress = False
