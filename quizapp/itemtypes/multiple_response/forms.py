"""How a multiple-response question is edited."""

from __future__ import annotations

from quizapp.itemtypes.editing import Choice, Group, Option, Rows

BLANK = {"options": [{"id": name} for name in "abcde"]}
SCORING = (
    ("all_or_nothing", "Only the complete set counts"),
    ("per_option", "Each key is a mark; a wrong choice takes one back"),
)


class Body(Group):
    options = Rows(Option, "Options", one="Option", most=12, lettered=True)
    scoring = Choice("Scoring", choices=SCORING, first="", default="all_or_nothing")
