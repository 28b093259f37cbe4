"""Pictures made of pixels, beside the drawings of `figures`: what is sent is cleaned, what a file holds is judged.

A picture is known by its bytes, never by its name. It is decoded only after its header has said how large it is, and
written anew, so that nothing but the picture is kept: no place, no device, no thumbnail, nothing after its end.
"""

from __future__ import annotations

import io
import struct
import zlib
from base64 import b64encode
from dataclasses import dataclass
from typing import Literal, cast

from lxml import etree
from PIL import Image, ImageOps

from quizapp.formats import Problem, figures
from quizapp.formats.figures import Drawing

Form = Literal["svg", "png", "jpg"]

LARGEST_SENT = 5_000_000
"""Bytes of a picture as an author sends it."""
LARGEST = 900_000
"""Bytes of a picture as it is kept: what a content file may hold, with room to spare."""
MOST_PIXELS = 25_000_000
"""Of a picture that is sent: that of a good camera. Decoded it takes four bytes for each."""
LONGEST_SIDE = 2_400
"""Pixels of a picture that is kept: twice what a page shows."""
QUALITY = 88
MIME: dict[Form, str] = {"svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg"}
_PILLOW = {"png": "PNG", "jpg": "JPEG"}
_SVG = "{http://www.w3.org/2000/svg}"
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, OverflowError, struct.error, zlib.error, MemoryError)
"""What the decoder raises at a file that is damaged, or made to look so."""
_PNG_CHUNKS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_JPEG_SEGMENTS = {0xE0, 0xEE, 0xDB, 0xC4, 0xC0, 0xC2, 0xDD, 0xDA}
"""Picture, tables, and the two marks that say how its colours are meant. Others hold words, places, other pictures."""


class Unfit(Exception):
    """What was sent is no picture that can be kept; the sentence says what to do."""


@dataclass(frozen=True)
class Picture:
    form: Form
    data: bytes
    width: int
    height: int


def form_of(data: bytes) -> Form | None:
    """What a file is by its first bytes; None for anything else."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpg"
    return "svg" if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else None


def clean(data: bytes) -> Picture:
    """A PNG or JPEG that an author has sent, turned upright, made small enough and written anew. Raises Unfit."""
    form = form_of(data)
    if form not in ("png", "jpg"):
        raise Unfit("This is neither a PNG nor a JPEG.")
    if len(data) > LARGEST_SENT:
        raise Unfit(f"The picture has {len(data):,} bytes; at most {LARGEST_SENT:,} are taken. Make it smaller first.")
    try:
        with Image.open(io.BytesIO(data), formats=[_PILLOW[form]]) as opened:
            width, height = opened.size
            if width * height > MOST_PIXELS:
                raise Unfit(_too_many(width, height))
            if getattr(opened, "n_frames", 1) > 1 and form == "png":
                raise Unfit("The picture moves. Send one that stands still.")
            opened.load()
            upright = _plain(ImageOps.exif_transpose(opened), form)
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
            upright.info = {}
            written = io.BytesIO()
            if form == "png":
                upright.save(written, "PNG", optimize=True)
            else:
                upright.save(written, "JPEG", quality=QUALITY, optimize=True)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise Unfit(f"The picture says it has more than {MOST_PIXELS:,} pixels. Make it smaller first.") from bomb
    except _BROKEN as broken:
        raise Unfit("The picture is damaged and cannot be read. Save it again and send that.") from broken
    kept = Picture(form, written.getvalue(), *upright.size)
    if len(kept.data) > LARGEST:
        hint = "Save it as JPEG, or make it smaller." if form == "png" else "Make it smaller."
        raise Unfit(f"Cleaned it still has {len(kept.data):,} bytes; at most {LARGEST:,} are kept. {hint}")
    return kept


def _plain(image: Image.Image, form: str) -> Image.Image:
    """In colours that every browser shows: grey, or red, green and blue, in a PNG with its transparency."""
    if image.mode.startswith("I") or image.mode == "F":
        grey = image.convert("F")
        low, high = cast("tuple[float, float]", grey.getextrema())  # of one band there is one pair
        span = high - low or 1.0
        return grey.point(lambda value: (value - low) * (255 / span)).convert("L")
    if form == "png" and (image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info):
        return image.convert("RGBA")
    return image if image.mode in ("L", "RGB") else image.convert("L" if image.mode == "1" else "RGB")


def _too_many(width: int, height: int) -> str:
    return f"The picture has {width:,} × {height:,} pixels; at most {MOST_PIXELS:,} are taken. Make it smaller first."


def read(data: bytes, file: str) -> tuple[Picture | None, list[Problem]]:
    """The picture of a content file, or why it cannot be shown: it has to be as `clean` leaves it."""

    def refused(rule: str, message: str) -> tuple[None, list[Problem]]:
        return None, [Problem(file, 1, rule, message)]

    form = form_of(data)
    if form not in ("png", "jpg"):
        return refused("figure-format", "This is neither a PNG nor a JPEG.")
    if len(data) > LARGEST:
        return refused("too-large", f"The picture has {len(data):,} bytes; at most {LARGEST:,} are taken.")
    try:
        if unknown := (_png_extras(data) if form == "png" else _jpeg_extras(data)):
            message = f"The picture holds more than a picture ({unknown}); upload it in the studio, which cleans it."
            return refused("figure-metadata", message)
        with Image.open(io.BytesIO(data), formats=[_PILLOW[form]]) as opened:
            width, height = opened.size
            if max(width, height) > LONGEST_SIDE:
                message = f"The picture has {width:,} × {height:,} pixels; at most {LONGEST_SIDE:,} are taken a side."
                return refused("figure-size", message)
            opened.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, *_BROKEN):
        return refused("figure-damaged", "The picture is damaged and cannot be read.")
    return Picture(form, data, width, height), []


def _png_extras(data: bytes) -> str:
    """The first thing in a PNG that is no part of its picture, "" where there is none."""
    at = 8
    while at < len(data):
        length, name = struct.unpack(">I4s", data[at : at + 8])
        if name not in _PNG_CHUNKS:
            return str(name.decode("ascii", "replace"))
        at += 12 + length
        if name == b"IEND":
            return "bytes after its end" if at != len(data) else ""
    return "no end"


def _jpeg_extras(data: bytes) -> str:
    """As `_png_extras`, of a JPEG."""
    at = 2
    while at + 4 <= len(data):
        mark, kind, length = struct.unpack(">BBH", data[at : at + 4])
        if mark != 0xFF or kind not in _JPEG_SEGMENTS:
            return f"segment {kind:02X}"
        at += 2 + length
        if kind == 0xDA:
            return "" if data.index(b"\xff\xd9", at) == len(data) - 2 else "bytes after its end"
    return "no picture"


# --- pictures and drawings alike --------------------------------------------------------------------------------------


def judge(data: bytes, file: str) -> list[Problem]:
    """What keeps the file of a figure from being shown, whatever it holds; its name must say what it is."""
    form = form_of(data)
    named = file.rpartition(".")[2]
    if form != named:
        message = f"The file is named .{named} but holds {form.upper() if form else 'something else'}."
        return [Problem(file, 1, "figure-format", message)]
    return figures.read(data, file)[1] if form == "svg" else read(data, file)[1]


def draw(data: bytes, file: str, title: str, alt: str, href: str = "") -> Drawing | None:
    """A file that was judged, as a drawing. `href` is where a page fetches the picture from; without one it is inside.

    None for what cannot be shown.
    """
    if form_of(data) == "svg":
        return figures.read(data, file)[0]
    picture = read(data, file)[0]
    if picture is None:
        return None
    root = etree.Element(f"{_SVG}svg", nsmap={None: _SVG[1:-1]}, viewBox=f"0 0 {picture.width} {picture.height}")
    etree.SubElement(root, f"{_SVG}title").text = title
    etree.SubElement(root, f"{_SVG}desc").text = alt
    inside = f"data:{MIME[picture.form]};base64,{b64encode(data).decode()}"
    width, height = str(picture.width), str(picture.height)
    etree.SubElement(root, figures.IMAGE, {"href": href or inside, "width": width, "height": height})
    return Drawing(root, picture.width, picture.height)
