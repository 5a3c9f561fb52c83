"""Pictures from outside: read with care, and drawn anew so that nothing else comes along.

Bytes in, bytes out. What is kept is a PNG of the portal's own making: no metadata, no colour
profile, nothing hidden behind the picture. SVG is refused, since it can carry scripts.
"""

import io

from policies.errors import Invalid

LONGEST_SIDE = 256
MOST_BYTES = 900_000  # with its form it stays below what portal.web.incoming takes
MOST_PIXELS = 12_000_000
FILE_TYPES = ".png,.jpg,.jpeg,.webp"
_FORMATS = ("PNG", "JPEG", "WEBP")
_REFUSED = "Nothing was kept. Send a PNG, JPEG or WebP picture."


def drawn_anew(data: bytes) -> bytes:
    """The picture as a PNG within 256 by 256 pixels, drawn from its first frame.

    Raises Invalid, with what was wrong, for anything but a PNG, JPEG or WebP of moderate size.
    """
    if not data:
        raise Invalid("Choose a picture first: a PNG, JPEG or WebP file.")
    if len(data) > MOST_BYTES:
        raise Invalid(f"The picture is larger than {MOST_BYTES // 1_000} kB. {_REFUSED}")
    if _looks_like_svg(data):
        raise Invalid(f"SVG drawings are not taken, because they can carry scripts. {_REFUSED}")
    try:
        return _png(data)
    except Invalid:
        raise
    except Exception as error:  # decoders of foreign bytes raise whatever they meet
        raise Invalid(f"This file cannot be read as a picture. {_REFUSED}") from error


def _png(data: bytes) -> bytes:
    from PIL import Image, ImageOps  # noqa: PLC0415  5 MB, for the few who send a picture

    with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
        width, height = picture.size
        if width * height > MOST_PIXELS:
            raise Invalid(
                f"The picture is {width:,} by {height:,} pixels; {MOST_PIXELS // 1_000_000} "
                f"million altogether are the most. {_REFUSED}"
            )
        picture.draft("RGB", (2 * LONGEST_SIDE, 2 * LONGEST_SIDE))
        upright = ImageOps.exif_transpose(picture).convert("RGBA")
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    clean = Image.new("RGBA", upright.size)
    clean.paste(upright)
    kept = io.BytesIO()
    clean.save(kept, "PNG", optimize=True)
    return kept.getvalue()


def _looks_like_svg(data: bytes) -> bool:
    head = data[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return head.startswith(b"<") and b"svg" in data[:4000].lower()
