"""How a true-or-false question is edited: the question is the statement."""

from __future__ import annotations

from quizapp.itemtypes.editing import TRUTH, Choice, Group, Line, Words

BLANK: dict[str, object] = {}


class Body(Group):
    answer = Choice("The statement is", choices=TRUTH)
    why_true = Words("Reason for True", description="Why it is true, or why it looks so.")
    why_false = Words("Reason for False", description="Why it is false, or why it looks so.")
    trap = Line("Trap")
