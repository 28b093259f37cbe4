"""Cards as a text file that Anki imports: lines of fields between tabs, below lines that say how to read them.

The header and the quoting are those of the Anki manual, “Text files”; every field is HTML. The first column names each
card for good, so that a second import changes the cards of the first instead of adding them again.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass

DECK = "Quizapp misses"
HEADER = (
    "#separator:tab",
    "#html:true",
    "#notetype:Basic",
    f"#deck:{DECK}",
    "#columns:Id\tFront\tBack\tTags",
    "#guid column:1",
    "#tags column:4",
)
_OWN_LINK = re.compile(r'<sup class="ev">.*?</sup>|<a [^>]*href="(?!https?:)[^"]*"[^>]*>(.*?)</a>', re.DOTALL)
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class Card:
    """`name` is the card's for ever and in every collection. `front` and `back` are HTML."""

    name: str
    front: str
    back: str
    tags: tuple[str, ...] = ()


def write(cards: Iterable[Card]) -> str:
    """The file. Links into this site are taken out, because on a card they lead nowhere."""
    file = io.StringIO()
    file.write("".join(f"{line}\n" for line in HEADER))
    lines = csv.writer(file, delimiter="\t", lineterminator="\n")
    for card in cards:
        lines.writerow([card.name, _field(card.front), _field(card.back), " ".join(card.tags)])
    return file.getvalue()


def _field(html: str) -> str:
    """One line without links of ours."""
    return _SPACE.sub(" ", _OWN_LINK.sub(lambda found: found[1] or "", html)).strip()
