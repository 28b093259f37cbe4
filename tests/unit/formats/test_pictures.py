"""Pictures: known by their bytes, cleaned of everything else, refused before they can do harm."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from quizapp.formats import figures, pictures
from quizapp.formats.pictures import Unfit

SECRET = b"Ward 7, bed 3"


def picture(form: str, size: tuple[int, int] = (60, 40), mode: str = "RGB", **more: object) -> bytes:
    made = Image.new(mode, size, 128 if mode in ("L", "I;16") else None)
    for x in range(0, size[0], 3):
        made.putpixel((x, x % size[1]), 200 if mode in ("L", "I;16", "P", "1") else (200, 30, 60, 128)[: len(mode)])
    written = io.BytesIO()
    made.save(written, {"png": "PNG", "jpg": "JPEG"}[form], **more)
    return written.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes that says it is as large as this, and is grey throughout."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(10_000))) + chunk(b"IEND", b"")


def with_words(form: str) -> bytes:
    if form == "png":
        words = PngInfo()
        words.add_text("Comment", SECRET.decode(), zip=False)
        words.add_itxt("Place", SECRET.decode())
        return picture("png", pnginfo=words, dpi=(300, 300), exif=exif())
    return picture("jpg", comment=SECRET, exif=exif(), icc_profile=b"profile " + SECRET)


def exif() -> bytes:
    held = Image.Exif()
    held[0x010F], held[0x0112] = SECRET.decode(), 6
    return held.tobytes()


@pytest.mark.parametrize("form", ["png", "jpg"])
def test_only_the_picture_is_kept_upright_and_what_is_kept_may_be_loaded(form: str) -> None:
    sent = with_words(form)
    assert SECRET in sent
    assert "holds more than a picture" in pictures.read(sent, "x")[1][0].message
    kept = pictures.clean(sent)
    assert SECRET not in kept.data
    assert (kept.form, kept.width, kept.height) == (form, 40, 60), "turned as its camera was held"
    assert pictures.read(kept.data, "x") == (kept, [])
    assert pictures.judge(kept.data, f"media/x.{form}") == []
    assert [one.rule for one in pictures.judge(kept.data, "media/x.svg")] == ["figure-format"]
    again = pictures.clean(kept.data)
    assert (again.width, again.height) == (40, 60)


@pytest.mark.parametrize(
    ("form", "mode"), [("png", "1"), ("png", "P"), ("png", "LA"), ("png", "I;16"), ("jpg", "L"), ("jpg", "CMYK")]
)
def test_every_kind_of_colour_becomes_one_that_browsers_show(form: str, mode: str) -> None:
    kept = pictures.clean(picture(form, mode=mode))
    assert Image.open(io.BytesIO(kept.data)).mode in ("L", "RGB", "RGBA")
    assert pictures.read(kept.data, "x")[1] == []


def test_a_large_picture_is_made_smaller() -> None:
    kept = pictures.clean(picture("jpg", (4_000, 1_000)))
    assert (kept.width, kept.height) == (2_400, 600)


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "a bomb by its header": (lambda: bomb(30_000, 30_000), "pixels"),
    "more than a camera makes, and less than the decoder minds": (lambda: bomb(6_000, 5_000), "6,000 × 5,000 pixels"),
    "a bomb beyond the decoder's own limit": (lambda: bomb(100_000, 100_000), "pixels"),
    "a bomb of one line": (lambda: bomb(2_000_000_000, 1), "pixels"),
    "less than its header says": (lambda: bomb(3_000, 3_000), "damaged"),
    "cut off": (lambda: picture("png")[:-30], "damaged"),
    "cut off early": (lambda: picture("jpg")[:200], "damaged"),
    "a broken check sum": (lambda: picture("png").replace(b"IDAT", b"IDAT\x00", 1), "damaged"),
    "too many bytes": (lambda: picture("png") + bytes(5_000_001), "bytes"),
    "no picture": (lambda: b"MZ\x90 a program", "neither a PNG nor a JPEG"),
    "a page": (lambda: b"<html><script>alert(1)</script>", "neither a PNG nor a JPEG"),
    "nothing but a beginning": (lambda: b"\xff\xd8\xff", "damaged"),
    "a picture that moves": (
        lambda: picture("png", save_all=True, append_images=[Image.new("RGB", (60, 40), "red")]), "stands still",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_would_do_harm_is_refused_in_words(name: str) -> None:
    make, words = HOSTILE[name]
    with pytest.raises(Unfit, match=words):
        pictures.clean(make())
    assert pictures.judge(make(), "x.png"), "no file may hold it either"


def test_what_comes_after_the_end_of_a_picture_is_left_out_and_refused_in_a_file() -> None:
    for form in ("png", "jpg"):
        kept = pictures.clean(picture(form) + b"<script>alert(1)</script>")
        assert b"script" not in kept.data
        assert pictures.read(kept.data + b"<script>", "x")[1][0].rule == "figure-metadata"


def test_noise_that_stays_too_large_is_refused_with_what_to_do(rng_bytes: bytes) -> None:
    noise = io.BytesIO()
    Image.frombytes("RGB", (700, 700), rng_bytes).save(noise, "PNG")
    with pytest.raises(Unfit, match="Save it as JPEG"):
        pictures.clean(noise.getvalue())


@pytest.fixture
def rng_bytes() -> bytes:
    import random

    return random.Random(7).randbytes(700 * 700 * 3)


FRAME = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 50">{}</svg>'


def test_a_drawing_gets_its_words_and_loses_what_programs_leave() -> None:
    sent = (
        '<?xml version="1.0"?><!-- made by a program --><svg xmlns="http://www.w3.org/2000/svg" '
        'xmlns:ink="http://www.inkscape.org/namespaces/inkscape" width="10cm" height="5cm" version="1.1" '
        'viewBox="0 0 100 50"><metadata>Ward 7</metadata><ink:view zoom="3"/><title>old</title>'
        '<g ink:label="Layer" class="fig-ink"><rect x="1" y="1" width="9" height="9"/></g></svg>'
    )
    adopted = figures.adopt(sent.encode(), "A <square>", "One square")
    drawing, problems = figures.read(adopted, "x.svg")
    assert not problems
    assert drawing is not None
    assert "Ward" not in adopted.decode()
    assert "inkscape" not in adopted.decode()
    assert [child.text for child in drawing.root[:2]] == ["A <square>", "One square"]
    assert figures.adopt(adopted, "A <square>", "One square") == adopted, "once is enough"


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        '<rect onload="alert(1)" width="1" height="1"/>',
        '<image href="https://example.org/x.png"/>',
        '<use href="https://example.org/x.svg#a"/>',
        '<use xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="data:image/svg+xml,x"/>',
        "<foreignObject><p xmlns='http://www.w3.org/1999/xhtml'>x</p></foreignObject>",
        "<style>@import url(https://example.org)</style>",
        '<rect style="fill:url(https://example.org)"/>',
        '<a href="javascript:alert(1)"><rect width="1" height="1"/></a>',
        '<animate attributeName="href" to="javascript:alert(1)"/>',
        '<rect fill="url(https://example.org/x)" width="1" height="1"/>',
        "<set attributeName='onmouseover' to='alert(1)'/>",
    ],
)
def test_what_a_drawing_may_not_hold_is_refused_and_not_mended_away(inside: str) -> None:
    adopted = figures.adopt(FRAME.format(inside).encode(), "t", "d")
    assert figures.read(adopted, "x.svg")[1]


def nested(levels: int) -> str:
    parts = ['<g id="a0"><rect width="1" height="1"/></g>']
    parts += [f'<g id="a{n}">{f"<use href=%#a{n - 1}%/>" * 10}</g>'.replace("%", '"') for n in range(1, levels)]
    return "".join(parts)


@pytest.mark.parametrize(
    ("inside", "words"),
    [
        (nested(9), "shapes; at most"),
        ('<g id="a"><use href="#a"/></g>', "repeats itself"),
        ('<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>', "repeats itself"),
        (f"<marker>{'<path d=%M0 0%/>' * 50}</marker>".replace("%", '"'), "A marker has"),
        ("<g>" * 300 + "</g>" * 300, "not well-formed"),
    ],
    ids=["use of use of use", "itself", "each other", "a heavy marker", "deep"],
)
def test_a_few_lines_that_stand_for_millions_are_refused(inside: str, words: str) -> None:
    adopted = figures.adopt(FRAME.format(inside).encode(), "t", "d")
    problems = figures.read(adopted, "x.svg")[1]
    assert any(words in problem.message for problem in problems), problems


def test_entities_and_huge_drawings_are_refused_unread() -> None:
    laughs = b'<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>' + FRAME.format("&b;").encode()
    assert figures.adopt(laughs, "t", "d") == laughs
    assert [one.rule for one in figures.read(laughs, "x")[1]] == ["figure-entity"]
    huge = FRAME.format(" " * 400_000).encode()
    assert figures.adopt(huge, "t", "d") == huge
    assert [one.rule for one in figures.read(huge, "x")[1]] == ["too-large"]
    wide = FRAME.format("").encode("utf-16")
    assert [one.rule for one in figures.read(wide, "x")[1]] == ["encoding"]


def test_a_picture_stands_in_a_page_as_a_drawing_does() -> None:
    kept = pictures.clean(picture("png"))
    drawn = pictures.draw(kept.data, "x", "A <b>", "What one sees", "/figures/x/png?v=1")
    assert drawn is not None
    inline = figures.inline(drawn, "x-wide")
    assert 'href="/figures/x/png?v=1"' in inline
    assert "A &lt;b&gt;" in inline
    ground = figures.ground(inline, "q1", labelled=False)
    assert 'href="/figures/x/png?v=1"' in ground.svg
    assert "What one sees" not in ground.svg
    assert (ground.width, ground.height) == (60.0, 40.0)
    alone = pictures.draw(kept.data, "x", "A", "B")
    assert alone is not None
    assert b"data:image/png;base64," in figures.standalone(alone)
    assert pictures.draw(b"no picture", "x", "A", "B") is None
