"""The page of a certificate: PDF/UA and PDF/A-3 with the credential attached, the same bytes from the same facts.

Names in Latin, Greek, Cyrillic, Arabic, Hebrew, Devanagari, Chinese, Japanese and Korean are set in the fonts beside
this file. A sign that none of them has is refused: a certificate with a blank in a name proves nothing.
"""

from __future__ import annotations

import datetime as dt
from functools import cache

import qrcode

from quizapp.core.credit.amounts import shown
from quizapp.formats import typesetting
from quizapp.formats.certificate.facts import Facts
from quizapp.formats.typesetting import plain, quoted, words

ATTACHMENT = "credential.jwt"
CREDENTIAL_TYPE = "application/vc+jwt"


class Unprintable(Exception):
    """A certificate cannot be set; the sentence names the signs that no font has."""


SAMPLE_SAYS = (
    "This page shows how a certificate of this activity looks. It certifies nothing: nobody earned it, it is not "
    "signed, and whoever looks its code up is told that there is no such certificate."
)


def pdf(facts: Facts, credential: str) -> bytes:
    """The certificate, one landscape page, with the credential attached. Raises Unprintable."""
    attached = (
        f'#pdf.attach("/{ATTACHMENT}", bytes({quoted(credential)}), relationship: "alternative", '
        f'mime-type: "{CREDENTIAL_TYPE}", description: "The same facts, signed, for machines")'
    )
    return _set(_source(facts, _heading(facts), f"{_heading(facts)} {facts.code}", attached))


def sample_pdf(facts: Facts) -> bytes:
    """The page of a certificate that nobody earned: without a credential, and a sample by its title, its heading, a
    sentence, and a word across the page. Raises Unprintable."""
    across = """#set page(foreground: place(center + horizon, rotate(-24deg,
  text(150pt, weight: 700, fill: rgb("#9a341226"), "SAMPLE"))))"""
    return _set(
        _source(facts, "Sample certificate", f"Sample, not a certificate: {facts.activity}", across, SAMPLE_SAYS)
    )


def _set(source: str) -> bytes:
    try:
        return typesetting.compiled(source)
    except typesetting.NoSuchSign as missing:
        raise Unprintable(
            f"No font of ours has the sign {missing.sign}, so the certificate would have a blank. Please write the "
            "name without it."
        ) from missing


def refuse_name(name: str) -> str | None:
    """Why a name cannot be set in the fonts of certificates, or None; a trial page is made of it, in milliseconds."""
    source = (
        f'#set document(title: "Name")\n#set text(fallback: false, font: ({typesetting.families()}))\n{words(name)}'
    )
    try:
        typesetting.compiled(source)
    except typesetting.NoSuchSign as missing:
        return f"No font of ours has the sign {missing.sign}. Please write the name without it."
    return None


def _source(facts: Facts, heading: str, title: str, further: str, remark: str = "") -> str:
    """`further`: what stands with the settings of the page; `remark`: a sentence below the heading."""
    issued = facts.issued_at.astimezone(dt.UTC)
    providers = facts.provider
    if facts.joint_provider.casefold() not in ("", "none"):
        providers += f", jointly with {facts.joint_provider}"
    told = [
        ("Activity", words(facts.activity)),
        ("Format", words(facts.format)),
        ("Provider", words(providers)),
        ("Completed", words(typesetting.day(facts.completed_on))),
    ]
    rows = ", ".join(f"[#quiet[{words(name)}]], [{value}]" for name, value in told)
    statements = [facts.accreditation_statement, facts.designation_statement, facts.claim_statement]
    if facts.supersedes:
        statements.append(f"This certificate supersedes {facts.supersedes}.")
    alternative = f"QR code that leads to {facts.verify_url}"
    earned = f"{shown(facts.quarters)} {plain(facts.unit)}" if facts.quarters else "Taking part, without credit,"
    return f"""
#set document(title: {quoted(title)}, author: {quoted(facts.provider)},
  description: {quoted(f"{earned} for {facts.name}: {facts.activity}")},
  date: datetime(year: {issued.year}, month: {issued.month}, day: {issued.day}))
#set page(paper: "a4", flipped: true, margin: (x: 27mm, top: 22mm, bottom: 18mm),
  background: place(left + top, dx: 12mm, dy: 12mm, rect(width: 273mm, height: 186mm, stroke: 0.6pt + rgb("#0a6566"))))
{further}
#set text(12pt, lang: "en", region: "GB", fill: rgb("#1d2129"), fallback: false,
  font: ({typesetting.families()}))
#set par(leading: 0.62em, spacing: 0.9em)
#let quiet(body) = text(fill: rgb("#5a626d"), body)
#show heading.where(level: 1): it => block(above: 0mm, below: 15mm, text(14pt, weight: 400, tracking: 0.06em,
  fill: rgb("#0a6566"), it.body))
= {heading}
{f'#block(above: 0mm, below: 9mm, text(10pt, fill: rgb("#9a3412"))[{words(remark)}])' if remark else ""}
#quiet[This is to certify that]
#block(above: 6mm, below: 8mm, text({_name_size(facts.name)}pt)[{words(facts.name)}])
#block(below: 10mm)[has taken part in the activity below{_claimed(facts)}.]
#line(length: 100%, stroke: 0.4pt + rgb("#c9cdd3"))
#block(above: 6mm, grid(columns: (30mm, 1fr), column-gutter: 4mm, row-gutter: 3.2mm, {rows}))
#v(1fr)
#grid(columns: (1fr, auto), column-gutter: 14mm, align: (left + bottom, right + bottom),
  [#set text(9pt)
   #set par(spacing: 0.8em)
   {"#parbreak()".join(words(statement) for statement in statements if statement)}],
  [#set text(9pt)
   #image(bytes({quoted(_qr(facts.verify_url))}), format: "svg", width: 29mm, alt: {quoted(alternative)})
   #block(above: 2mm)[{words(facts.code)}]
   #block(above: 1.6mm)[#quiet[Issued {words(typesetting.day(issued.date()))}]]])
"""


def _heading(facts: Facts) -> str:
    return "Certificate of credit" if facts.quarters else "Certificate of participation"


def _claimed(facts: Facts) -> str:
    if not facts.quarters:
        return ""
    return f""" and claimed
  #box[#text(19pt)[{words(shown(facts.quarters))}] #text(13pt)[{words(facts.unit)}]]"""


def _name_size(name: str) -> int:
    """Long names are set smaller rather than broken."""
    return 34 if len(name) <= 30 else 24 if len(name) <= 50 else 16


@cache
def _qr(url: str) -> str:
    """The address as a QR code in SVG, one path, with the four modules of margin that readers need."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4)
    code.add_data(url)
    rows = code.get_matrix()
    squares = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {len(rows)} {len(rows)}"><path d="{squares}"/></svg>'
