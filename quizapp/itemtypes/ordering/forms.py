"""How an ordering question is edited: the steps in their right order."""

from __future__ import annotations

from quizapp.itemtypes.editing import Choice, Group, Named, Rows, Words

BLANK = {"elements": [{"id": name} for name in "abcd"]}
SCORING = (
    ("adjacent_pairs", "Each step that follows the right one is a mark"),
    ("all_or_nothing", "Only the complete order counts"),
)


class Element(Named):
    text = Words("Step", inline=True)
    why = Words("Reason", description="Why it stands here.")


class Body(Group):
    elements = Rows(Element, "Steps, in the right order", one="Step", most=9)
    scoring = Choice("Scoring", choices=SCORING, first="", default="adjacent_pairs")
