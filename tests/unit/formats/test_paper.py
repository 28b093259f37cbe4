"""A plain document is the same on the page and on paper, keeps words as words, and is tagged."""

from __future__ import annotations

import datetime as dt
import re
from io import BytesIO

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from quizapp.formats.paper import Heading, Items, Paper, Para, Table, Unprintable, html, pdf
from tests.pages import problems
from tests.unit.formats.certificate.test_printing import structures

HOSTILE = 'A <b>"bold"</b> #panic("x") \\ $x$ *star* _line_'
PAPER = Paper(
    "Outcomes of an activity",
    dt.date(2026, 11, 30),
    (
        Heading("What was measured"),
        Para(f"{HOSTILE}\nand a second line"),
        Para("Missing: nothing was signed.", missing=True),
        Items(("one", "two")),
        Heading("By level", 3),
        Table("Shares of marks", ("Level", "Before"), (("3A", HOSTILE), ("4", "n = 3, fewer than 10"))),
    ),
)


def test_the_page_is_whole_and_words_stay_words() -> None:
    page = html(PAPER)
    assert [one for one in problems(page) if not re.search("style|Straight", one)] == []
    assert page.count("&lt;b&gt;") == 2
    assert "<b>" not in page
    assert page == html(PAPER)


def test_the_pdf_is_tagged_and_the_same_each_time() -> None:
    made = pdf(PAPER)
    assert made == pdf(PAPER)
    root = PdfFileReader(BytesIO(made)).root
    assert root["/Lang"] == "en-GB"
    assert root["/MarkInfo"]["/Marked"]
    assert "<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].data.decode()
    kinds = [element.get("/S") for element in structures(root["/StructTreeRoot"])]
    assert {"/H1", "/H2", "/H3", "/TH", "/Table", "/L"} <= set(kinds)
    assert kinds.count("/TR") == 3, "a head and a row for each line"


def test_figures_stand_one_below_the_other_and_words_do_not() -> None:
    rows = (("All of them", "1,029", "3 of 4"), ("None of them", "–", "2"))
    page = html(Paper("Evaluation", dt.date(2026, 11, 30), (Table("Answers", ("Answer", "How many", "Of"), rows),)))
    assert page.count('<td class="n">') == 2
    assert '<th scope="col" class="n">How many</th>' in page
    assert "<td>2</td>" in page, "a column with words in it is one of words"


def test_a_row_stays_on_one_page_unless_it_may_be_longer_than_one() -> None:
    short = tuple((f"{number}", "word " * 40) for number in range(40))
    long = (("1", "word " * 4_000),)
    for rows, pages in ((short, 2), (long, 4)):
        made = PdfFileReader(BytesIO(pdf(Paper("Rows", dt.date(2026, 1, 1), (Table("T", ("No", "Text"), rows),)))))
        assert made.root["/Pages"]["/Count"] >= pages, "nothing is cut off"


def test_a_sign_without_a_font_is_named() -> None:
    with pytest.raises(Unprintable, match="No font of ours has the sign"):
        pdf(Paper("\u1b83", dt.date(2026, 1, 1), ()))
