"""The transcript on paper can be read by a screen reader, holds every line, and says what it cannot print."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from io import BytesIO

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from quizapp.formats import transcript
from quizapp.formats.transcript import Document, Part, Row, Unprintable
from tests.unit.formats.certificate.test_printing import structures

ROW = Row(
    dt.date(2026, 11, 20),
    'How NaSSAs act, #strong[and] "why"',
    "Institute of Examples",
    5,
    "*Sample Credits*™",
    "Corrected; 7K3M-Q9TX-42PD no longer counts.",
    "8K3M-Q9TX-42PD",
)
DOCUMENT = Document(
    "Дмитрий 王小明",
    dt.date(2026, 11, 30),
    "",
    (Part("2026", ("1.25 *Sample Credits*™: 1.25 claimed here.",), (ROW,) * 60),),
    (replace(ROW, quarters=0, unit="", state=""),),
)


def test_it_is_tagged_named_and_in_a_language_and_the_same_each_time() -> None:
    made = transcript.pdf(DOCUMENT)
    assert made == transcript.pdf(DOCUMENT)
    root = PdfFileReader(BytesIO(made)).root
    assert root["/Lang"] == "en-GB"
    assert root["/MarkInfo"]["/Marked"]
    described = root["/Metadata"].data.decode()
    assert "<pdfuaid:part>1</pdfuaid:part>" in described
    assert "Transcript of Дмитрий 王小明" in described
    kinds = [element.get("/S") for element in structures(root["/StructTreeRoot"])]
    assert {"/H1", "/H2", "/Table", "/TH"} <= set(kinds)
    assert kinds.count("/Table") == 2
    assert kinds.count("/TR") >= 63, "a head and a row for each line, of both tables"


def test_it_is_made_of_nothing_but_words() -> None:
    hostile = replace(ROW, title='#read("/etc/passwd") "] \\ $x$ <b> @ref // end', provider="*", proof="")
    assert transcript.pdf(replace(DOCUMENT, parts=(Part("#2026", (), (hostile,)),))).startswith(b"%PDF-")
    assert transcript.pdf(Document("Nobody", dt.date(2026, 1, 1), "Only 2025.", ())).startswith(b"%PDF-")


def test_a_sign_without_a_font_is_named() -> None:
    with pytest.raises(Unprintable, match="No font of ours has the sign 🧠"):
        transcript.pdf(replace(DOCUMENT, name="A 🧠"))
    with pytest.raises(Unprintable, match=r"the sign \\u{0}"):
        transcript.pdf(replace(DOCUMENT, scope="A \0"))


def test_the_mark_that_pasting_leaves_in_words_is_not_printed() -> None:
    part = Part("2026", (), (ROW,))
    pasted = replace(part, rows=(replace(ROW, title=f"\ufeff{ROW.title}"),))
    assert transcript.pdf(replace(DOCUMENT, parts=(pasted,))) == transcript.pdf(replace(DOCUMENT, parts=(part,)))
