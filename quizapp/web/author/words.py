"""Places and states of an entry in words: “Option b, reason”."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from quizapp.formats.documents import Path

Json = dict[str, Any]

GROUPS = {
    "options": "Option",
    "rows": "Row",
    "columns": "Column",
    "pairs": "Pair",
    "premises": "Premise",
    "responses": "Response",
    "elements": "Element",
    "blanks": "Blank",
    "parts": "Part",
    "vignettes": "Vignette",
    "regions": "Region",
    "wrong": "Wrong value",
    "refuse": "Refused answer",
    "units": "Unit",
    "figures": "Figure",
    "related": "Related card",
}
"""Lists whose entries have ids."""
FIELDS = {
    "stem": "vignette",
    "lead_in": "question",
    "take_home": "sentence to keep",
    "why": "reason",
    "why_true": "reason if true",
    "why_false": "reason if false",
    "text": "text",
    "key": "right",
    "trap": "trap",
    "also": "further objectives",
    "lesson": "paragraph that explains it",
    "bloom": "level",
    "review_by": "to be reviewed by",
    "signoff": "sign-off",
    "lint": "reason for an exception",
    "authors": "authors",
    "alt": "text for those who cannot see it",
    "body": "text",
    "summary": "summary",
    "order": "place among the lessons",
    "minutes": "minutes to read",
}


def title_of(place: Sequence[str]) -> str:
    """The words for a place whose list indexes are ids."""
    said: list[str] = []
    steps = iter(place)
    for step in steps:
        if step in GROUPS:
            name = next(steps, "")
            said.append(f"{GROUPS[step]} {name}".strip())
        elif said and said[-1] == FIELDS["body"]:
            said[-1] = f"section {step}"
        else:
            said.append(FIELDS.get(step, step.replace("_", " ")))
    words = ", ".join(said)
    return words[:1].upper() + words[1:]


def place_of(body: Any, path: Path) -> tuple[str, ...]:
    """A path with the ids of entries in the place of their indexes, or their numbers from 1."""
    place = []
    for step in path:
        inside = None
        if isinstance(body, (list, dict)):
            try:
                inside = body[step]  # type: ignore[index]
            except (KeyError, IndexError, TypeError):
                inside = None
        name = inside.get("id") if isinstance(step, int) and isinstance(inside, dict) else None
        place.append(str(name or (step + 1 if isinstance(step, int) else step)))
        body = inside
    return tuple(place)
