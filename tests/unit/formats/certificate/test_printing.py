"""The page can be read by a screen reader, prints every name or says why not, and is the same bytes every time."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from typing import Any

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from quizapp.bootstrap import ROOT
from quizapp.formats.certificate import printing
from quizapp.formats.certificate.printing import Unprintable
from tests.unit.formats.certificate.conftest import FACTS

NAMES = {
    "Latin": "Łukasz Nguyễn-Żółć",
    "Greek": "Αθηνά Παπαδοπούλου",
    "Cyrillic": "Дмитрий Щербаков",
    "Arabic": "ليلى حسن",
    "Hebrew": "דוד לוי",
    "Devanagari": "अनिता शर्मा",
    "Chinese": "王小明 歐陽龍",
    "Japanese": "佐藤 美咲 ひろみ カナ",
    "Korean": "김민준 박서연",
}


def structures(node: Any) -> list[Any]:
    """All elements of the structure tree, from the root down."""
    children = node.get("/K", [])
    children = children if isinstance(children, list) else [children]
    held = [child.get_object() for child in children if hasattr(child.get_object(), "get")]
    return [node, *(below for child in held for below in structures(child))]


def test_the_page_is_tagged_named_and_in_a_language(sealed: bytes) -> None:
    root = PdfFileReader(BytesIO(sealed)).root
    assert root["/Lang"] == "en-GB"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    described = root["/Metadata"].data.decode()
    assert "<pdfuaid:part>1</pdfuaid:part>" in described
    assert "<pdfaid:part>3</pdfaid:part>" in described
    assert f"Certificate of credit {FACTS.code}" in described
    elements = structures(root["/StructTreeRoot"])
    kinds = [element.get("/S") for element in elements]
    assert kinds.count("/H1") == 1
    figures = [element for element in elements if element.get("/S") == "/Figure"]
    assert [figure["/Alt"] for figure in figures] == [f"QR code that leads to {FACTS.verify_url}"]


@pytest.mark.parametrize("script", NAMES)
def test_names_of_nine_scripts_are_printed(script: str) -> None:
    assert printing.pdf(replace(FACTS, name=NAMES[script]), "x").startswith(b"%PDF")


@pytest.mark.parametrize("name", ["Ana 𓀀", "ⴰⵎⴰⵣⵉⵖ", "Ana \U0001f600"])
def test_a_sign_without_a_font_is_refused_and_named(name: str) -> None:
    with pytest.raises(Unprintable, match="has the sign") as refused:
        printing.pdf(replace(FACTS, name=name), "x")
    assert any(sign in str(refused.value) for sign in name if not sign.isascii())


def test_nothing_in_the_facts_is_a_command_of_the_typesetter() -> None:
    hostile = '"]; #panic("in") \\u{41} #include "/etc/passwd" $x$ @y <z> /* */ // `r` = _a_'
    facts = replace(
        FACTS, name=hostile, activity=hostile, designation_statement=hostile, provider=hostile, code=hostile
    )
    assert printing.pdf(facts, hostile).startswith(b"%PDF")


def test_a_long_name_stays_on_the_page() -> None:
    made = printing.pdf(replace(FACTS, name="Wilhelmina " * 11, activity="A long title " * 20), "x")
    assert int(PdfFileReader(BytesIO(made)).root["/Pages"]["/Count"]) == 1


def test_two_processes_make_the_same_bytes(page: bytes, token: str) -> None:
    told = (
        "import sys\nfrom hashlib import sha256\nfrom quizapp.formats.certificate import printing\n"
        "from tests.unit.formats.certificate.conftest import FACTS\n"
        "print(sha256(printing.pdf(FACTS, sys.stdin.read())).hexdigest())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", told], input=token, capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == sha256(page).hexdigest()


def test_a_sample_says_so_in_its_title_and_carries_no_credential() -> None:
    made = PdfFileReader(BytesIO(printing.sample_pdf(FACTS)))
    real = PdfFileReader(BytesIO(printing.pdf(FACTS, "x")))
    assert made.trailer["/Info"]["/Title"] == f"Sample, not a certificate: {FACTS.activity}"
    assert "Sample" not in real.trailer["/Info"]["/Title"]
    assert ("/AF" in real.root, "/AF" in made.root) == (True, False), "nothing that could be verified is attached"
