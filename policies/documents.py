"""What may be kept with an application as a document: kinds of files, and how large."""

from collections.abc import Mapping

from policies.errors import Invalid

MOST_BYTES = 20_000_000
MOST_DOCUMENTS = 200  # of one application
LONGEST_NAME = 150

MEDIA_TYPES: Mapping[str, str] = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "txt": "text/plain",
    "md": "text/plain",
    "csv": "text/csv",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
}
_ZIP = b"PK\x03\x04"
_STARTS: Mapping[str, bytes] = {
    "pdf": b"%PDF-",
    "png": b"\x89PNG\r\n\x1a\n",
    "jpg": b"\xff\xd8\xff",
    "jpeg": b"\xff\xd8\xff",
    **dict.fromkeys(("docx", "xlsx", "pptx", "odt", "ods"), _ZIP),
}
HEAD = 8  # bytes from the start that `checked` wants


def checked(file_name: str, head: bytes) -> tuple[str, str]:
    """The name to keep a file under, and its media type; `head` is how it begins.

    Invalid where its kind is none of those, or where it is not what its name says.
    """
    name = _plain(file_name)
    ending = name.rpartition(".")[2].lower()
    if "." not in name or ending not in MEDIA_TYPES:
        kinds = ", ".join(sorted(MEDIA_TYPES))
        raise Invalid(f"“{name}” is not a document that is kept here. Kinds: {kinds}.")
    if not head.startswith(_STARTS.get(ending, b"")):
        raise Invalid(f"“{name}” is not what its name says: it does not begin like a {ending}.")
    if not head:
        raise Invalid(f"“{name}” is empty. Nothing was kept.")
    return name, MEDIA_TYPES[ending]


def _plain(file_name: str) -> str:
    """Without folders and control characters, and not too long; its ending stays."""
    name = file_name.replace("\\", "/").rpartition("/")[2]
    name = "".join(c for c in name if c.isprintable() and c != '"').strip(". ")
    stem, dot, ending = name.rpartition(".")
    return f"{stem[:LONGEST_NAME]}{dot}{ending[:10]}" if dot else name[:LONGEST_NAME]
