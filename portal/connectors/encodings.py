"""Finding the encoding of a text file: byte order mark, strict UTF-8, then a guess."""

from typing import BinaryIO, NamedTuple

from charset_normalizer import from_bytes

from portal.connectors.unreadable import Unreadable

CHOICES = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "cp1252": "Windows, Western Europe (1252)",
    "cp1250": "Windows, Central Europe (1250)",
    "cp1251": "Windows, Cyrillic (1251)",
    "cp1253": "Windows, Greek (1253)",
    "cp1254": "Windows, Turkish (1254)",
    "mac-roman": "Mac, Western Europe",
    "shift-jis": "Japanese (Shift JIS)",
    "gb18030": "Chinese (GB 18030)",
}
_MARKS = (
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
)
_GUESSES = ["cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "shift_jis", "gb18030", "mac_roman"]
_CHUNK = 1 << 20
_SAMPLE = 64_000


class Encoding(NamedTuple):
    """The name Python decodes by, and whether it is no more than likely."""

    name: str
    guessed: bool


def find_encoding(file: BinaryIO) -> Encoding:
    """Read `file` once, to its end, and say how it is encoded. Leaves it at its start.

    Raises Unreadable where it is no text at all.
    """
    start = file.read(4)
    file.seek(0)
    for mark, name in _MARKS:
        if start.startswith(mark):
            return Encoding(name, guessed=False)
    if len(start) == 4 and start.count(0) == 2:
        return Encoding("utf-16-le" if start[1] == 0 else "utf-16-be", guessed=False)
    odd = _not_utf8(file)
    file.seek(0)
    return Encoding(_guess(odd), guessed=True) if odd else Encoding("utf-8", guessed=False)


def _not_utf8(file: BinaryIO) -> bytes:
    """Nothing if the file is UTF-8 throughout, else a sample of what is not."""
    rest = b""
    while chunk := file.read(_CHUNK):
        if b"\0" in chunk:
            raise Unreadable("This is not a text file. Export the list as CSV or XLSX.")
        chunk = rest + chunk
        try:
            chunk.decode()
            rest = b""
        except UnicodeDecodeError as problem:
            if problem.end < len(chunk) or problem.start < len(chunk) - 3:
                return chunk[max(0, problem.start - _SAMPLE) : problem.start + _SAMPLE]
            rest = chunk[problem.start :]
    return rest


def _guess(sample: bytes) -> str:
    """The likeliest one-byte encoding. Where two read it alike, the more common is named."""
    odd = bytes(byte for byte in sample if byte > 127)
    best = from_bytes(sample, cp_isolation=_GUESSES).best()
    name = best.encoding.replace("_", "-") if best else "cp1252"
    if name.startswith("cp125") and _alike(odd, name, "cp1252"):
        return "cp1252"
    return name


def _alike(odd: bytes, one: str, other: str) -> bool:
    return odd.decode(one, "replace") == odd.decode(other, "replace")
