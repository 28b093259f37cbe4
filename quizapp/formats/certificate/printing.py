"""The page of a certificate: PDF/UA and PDF/A-3 with the credential attached, the same bytes from the same facts.

Names in Latin, Greek, Cyrillic, Arabic, Hebrew, Devanagari, Chinese, Japanese and Korean are set in the fonts beside
this file. A sign that none of them has is refused: a certificate with a blank in a name proves nothing.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import cache
from pathlib import Path

import qrcode
import typst

from quizapp.core.credit.amounts import shown
from quizapp.formats.certificate.facts import Facts

ATTACHMENT = "credential.jwt"
CREDENTIAL_TYPE = "application/vc+jwt"
_FONTS = Path(__file__).parent / "fonts"
_FAMILIES = (
    "Noto Serif",
    "Noto Naskh Arabic",
    "Noto Serif Hebrew",
    "Noto Serif Devanagari",
    "WenQuanYi Micro Hei",
)


class Unprintable(Exception):
    """A certificate cannot be set; the sentence names the signs that no font has."""


def pdf(facts: Facts, credential: str) -> bytes:
    """The certificate, one landscape page, with the credential attached. Raises Unprintable."""
    source = _source(facts, credential)
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(_FONTS)])
    try:
        made = typst.compile(
            source.encode(), font_paths=fonts, format="pdf", pdf_standards=["a-3a", "ua-1"], timestamp=0
        )
    except typst.TypstError as error:
        missing = _MISSING.search(str(error))
        if missing is None:
            raise
        raise Unprintable(
            f"No font of ours has the sign {missing[1]}, so the certificate would have a blank. Please write the name "
            "without it."
        ) from error
    if not isinstance(made, bytes):
        raise TypeError("one document was expected of the typesetter")
    return made


def refuse_name(name: str) -> str | None:
    """Why a name cannot be set in the fonts of certificates, or None; a trial page is made of it, in milliseconds."""
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(_FONTS)])
    families = ", ".join(_quoted(family) for family in _FAMILIES)
    source = f'#set document(title: "Name")\n#set text(fallback: false, font: ({families}))\n{_set(name)}'
    try:
        typst.compile(source.encode(), font_paths=fonts, format="pdf", pdf_standards=["a-3a", "ua-1"], timestamp=0)
    except typst.TypstError as error:
        if (missing := _MISSING.search(str(error))) is None:
            raise
        return f"No font of ours has the sign {missing[1]}. Please write the name without it."
    return None


_MISSING = re.compile(r'the text `"(.+?)"` could not be displayed')


def _source(facts: Facts, credential: str) -> str:
    issued = facts.issued_at.astimezone(dt.UTC)
    providers = facts.provider
    if facts.joint_provider.casefold() not in ("", "none"):
        providers += f", jointly with {facts.joint_provider}"
    told = [
        ("Activity", _set(facts.activity)),
        ("Format", _set(facts.format)),
        ("Provider", _set(providers)),
        ("Completed", _set(_day(facts.completed_on))),
    ]
    rows = ", ".join(f"[#quiet[{_set(name)}]], [{value}]" for name, value in told)
    statements = [facts.accreditation_statement, facts.designation_statement, facts.claim_statement]
    if facts.supersedes:
        statements.append(f"This certificate supersedes {facts.supersedes}.")
    alternative = f"QR code that leads to {facts.verify_url}"
    earned = f"{shown(facts.quarters)} {_plain(facts.unit)}" if facts.quarters else "Taking part, without credit,"
    return f"""
#set document(title: {_quoted(f"{_heading(facts)} {facts.code}")}, author: {_quoted(facts.provider)},
  description: {_quoted(f"{earned} for {facts.name}: {facts.activity}")},
  date: datetime(year: {issued.year}, month: {issued.month}, day: {issued.day}))
#pdf.attach("/{ATTACHMENT}", bytes({_quoted(credential)}), relationship: "alternative",
  mime-type: "{CREDENTIAL_TYPE}", description: "The same facts, signed, for machines")
#set page(paper: "a4", flipped: true, margin: (x: 27mm, top: 22mm, bottom: 18mm),
  background: place(left + top, dx: 12mm, dy: 12mm, rect(width: 273mm, height: 186mm, stroke: 0.6pt + rgb("#0a6566"))))
#set text(12pt, lang: "en", region: "GB", fill: rgb("#1d2129"), fallback: false,
  font: ({", ".join(_quoted(family) for family in _FAMILIES)}))
#set par(leading: 0.62em, spacing: 0.9em)
#let quiet(body) = text(fill: rgb("#5a626d"), body)
#show heading.where(level: 1): it => block(above: 0mm, below: 15mm, text(14pt, weight: 400, tracking: 0.06em,
  fill: rgb("#0a6566"), it.body))
= {_heading(facts)}
#quiet[This is to certify that]
#block(above: 6mm, below: 8mm, text({_name_size(facts.name)}pt)[{_set(facts.name)}])
#block(below: 10mm)[has taken part in the activity below{_claimed(facts)}.]
#line(length: 100%, stroke: 0.4pt + rgb("#c9cdd3"))
#block(above: 6mm, grid(columns: (30mm, 1fr), column-gutter: 4mm, row-gutter: 3.2mm, {rows}))
#v(1fr)
#grid(columns: (1fr, auto), column-gutter: 14mm, align: (left + bottom, right + bottom),
  [#set text(9pt)
   #set par(spacing: 0.8em)
   {"#parbreak()".join(_set(statement) for statement in statements if statement)}],
  [#set text(9pt)
   #image(bytes({_quoted(_qr(facts.verify_url))}), format: "svg", width: 29mm, alt: {_quoted(alternative)})
   #block(above: 2mm)[{_set(facts.code)}]
   #block(above: 1.6mm)[#quiet[Issued {_set(_day(issued.date()))}]]])
"""


def _heading(facts: Facts) -> str:
    return "Certificate of credit" if facts.quarters else "Certificate of participation"


def _claimed(facts: Facts) -> str:
    if not facts.quarters:
        return ""
    return f""" and claimed
  #box[#text(19pt)[{_set(shown(facts.quarters))}] #text(13pt)[{_set(facts.unit)}]]"""


def _name_size(name: str) -> int:
    """Long names are set smaller rather than broken."""
    return 34 if len(name) <= 30 else 24 if len(name) <= 50 else 16


def _day(day: dt.date) -> str:
    return f"{day.day} {day:%B} {day.year}"


def _set(text: str) -> str:
    """Words as strings of the typesetter, so that nothing in them is a command; what stands in stars is slanted."""
    pieces = re.split(r"\*([^*]+)\*", text)
    return "".join(
        f"#emph({_quoted(piece)});" if place % 2 else f"#{_quoted(piece)};"
        for place, piece in enumerate(pieces)
        if piece
    )


def _plain(text: str) -> str:
    return re.sub(r"\*([^*]+)\*", r"\1", text)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@cache
def _qr(url: str) -> str:
    """The address as a QR code in SVG, one path, with the four modules of margin that readers need."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4)
    code.add_data(url)
    rows = code.get_matrix()
    squares = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {len(rows)} {len(rows)}"><path d="{squares}"/></svg>'
