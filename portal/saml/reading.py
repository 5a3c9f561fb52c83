"""Bytes from outside into elements: bounded, and of XML only elements, attributes and text.

Whatever else XML can hold (document types, entities, comments, CDATA, instructions) no identity
provider needs in a message, and every known way to make two parsers see two documents does.
"""

import base64
import binascii
import re
import zlib
from collections.abc import Iterator

from lxml import etree

from portal.saml.refusal import NotAccepted

MOST_BYTES = 256_000  # of one message, unpacked
MOST_POSTED = MOST_BYTES * 4 // 3 + 20_000  # in base64, with line ends
HIDDEN = re.compile(rb"<[!?]")
DECLARATION = re.compile(rb"\A\s*<\?xml\s[^<>]{0,100}\?>")
ENCODING = re.compile(rb"encoding\s*=\s*[\"']([^\"']*)[\"']")
ABSOLUTE = re.compile(r"\A[A-Za-z][A-Za-z0-9+.-]*:[^\s#?]\S*\Z")
ID = re.compile(r"\A[A-Za-z_][\w.-]{0,255}\Z", re.ASCII)

TOO_LARGE = "What was sent is larger than any sign-in needs to be."
NOT_XML = "What was sent is no SAML message: {}."


def decoded(posted: str) -> bytes:
    """What a form field holds in base64."""
    if len(posted) > MOST_POSTED:
        raise NotAccepted("too large", TOO_LARGE)
    try:
        return base64.b64decode("".join(posted.split()), validate=True)
    except (binascii.Error, ValueError):
        raise NotAccepted("not readable", NOT_XML.format("it is not in base64")) from None


def inflated(packed: bytes) -> bytes:
    """What the redirect binding packed (DEFLATE, RFC 1951); never more than MOST_BYTES."""
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        plain = stream.decompress(packed, MOST_BYTES + 1)
    except zlib.error:
        raise NotAccepted("not readable", NOT_XML.format("it cannot be unpacked")) from None
    if len(plain) > MOST_BYTES or not stream.eof:
        raise NotAccepted("too large", TOO_LARGE)
    return plain


def read(xml: bytes, *, with_comments: bool = False) -> etree._Element:
    """The root of a document that holds nothing but elements, attributes and text.

    `with_comments` drops comments instead of refusing them: for metadata, which an Admin
    uploads and people write notes into.
    """
    _check_bytes(xml, with_comments=with_comments)
    try:
        root = etree.fromstring(xml, _parser())
    except (etree.XMLSyntaxError, ValueError):
        raise NotAccepted("not readable", NOT_XML.format("it is no well-formed XML")) from None
    if root.getroottree().docinfo.doctype or next(_strange(root), None) is not None:
        raise NotAccepted("not plain XML", NOT_XML.format("it holds more than plain elements"))
    _check_namespaces(root)
    _check_ids(root)
    return root


def written(root: etree._Element) -> bytes:
    """The document as bytes again, from the tree that was checked."""
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=False))


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=False,
        strip_cdata=False,
    )


def _check_bytes(xml: bytes, *, with_comments: bool) -> None:
    if len(xml) > MOST_BYTES:
        raise NotAccepted("too large", TOO_LARGE)
    declaration = DECLARATION.match(xml)
    body = xml[declaration.end() :] if declaration else xml
    if with_comments:
        body = re.sub(rb"<!--.*?-->", b"", body, flags=re.DOTALL)
    if HIDDEN.search(body):
        problem = "it holds a document type, comment, CDATA or instruction"
        raise NotAccepted("not plain XML", NOT_XML.format(problem))
    named = ENCODING.search(declaration[0]) if declaration else None
    if named and named[1].lower() not in {b"utf-8", b"us-ascii"}:
        raise NotAccepted("not plain XML", NOT_XML.format("it is not in UTF-8"))
    try:
        body.decode()
    except UnicodeDecodeError:
        raise NotAccepted("not plain XML", NOT_XML.format("it is not in UTF-8")) from None


def _strange(root: etree._Element) -> Iterator[object]:
    yield from root.iter(etree.Comment, etree.ProcessingInstruction, etree.Entity)


def _check_namespaces(root: etree._Element) -> None:
    """Canonicalisation of a relative namespace fails, and may then have signed nothing."""
    for _, declared in etree.iterwalk(root, events=("start-ns",)):
        uri = declared[1]
        if uri and not ABSOLUTE.match(uri):
            raise NotAccepted("relative namespace", NOT_XML.format("a namespace is relative"))


def _check_ids(root: etree._Element) -> None:
    """Each ID is one element's: what a signature points at must not be a matter of taste."""
    seen: set[str] = set()
    for element in root.iter():
        ids = [name for name in element.attrib if etree.QName(name).localname.lower() == "id"]
        for name in ids:
            value = str(element.get(name))
            if len(ids) > 1 or name not in {"ID", "Id"} or not ID.match(value) or value in seen:
                raise NotAccepted("ambiguous ID", NOT_XML.format("an ID in it is not unique"))
            seen.add(value)
