"""A file is what its bytes say, and its name can harm nobody."""

from __future__ import annotations

import pytest

from quizapp.formats.attachments import JPEG, LONGEST_NAME, PDF, PNG, kind_of, tame

PNG_FILE = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 20 + b"IEND\xaeB`\x82"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7\n...\n%%EOF\n", PDF),
        (PNG_FILE, PNG),
        (b"\xff\xd8\xff\xe0 a picture \xff\xd9", JPEG),
        (b"", None),
        (b"%PDF-1.7 cut off", None),
        (b"<html>%PDF-1.7 %%EOF", None),
        (b"MZ\x90\x00 %PDF- %%EOF", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"GIF89a", None),
        (PNG_FILE[:20], None),
        (b"PK\x03\x04", None),
    ],
)
def test_a_file_is_judged_by_its_bytes(data: bytes, kind: str | None) -> None:
    assert kind_of(data) == kind


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("certificate.pdf", "certificate.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\me\\Zeugnis Müller.PDF", "Zeugnis Müller.pdf"),
        ("invoice.pdf.exe", "invoice.pdf.pdf"),
        ("a\r\nSet-Cookie: x=1.pdf", "aSet-Cookie x1.pdf"),
        ("\u202egpj.exe", "gpj.pdf"),
        ("...", "evidence.pdf"),
        ("", "evidence.pdf"),
        ("x" * 500, "x" * LONGEST_NAME + ".pdf"),
    ],
)
def test_a_name_is_tamed(name: str, kept: str) -> None:
    assert tame(name, PDF) == kept
