"""How a short-text question is edited: what is taken for right, and what is refused with a reason."""

from __future__ import annotations

from quizapp.itemtypes.editing import Group, Lines, Refusal, Rows, Words

BLANK: dict[str, object] = {}


class Body(Group):
    accept = Lines("Accepted answers", description="One a line, the best first; spelling is forgiven.")
    why = Words("Reason", description="Why this is the answer.")
    refuse = Rows(Refusal, "Wrong answers with a reason of their own", one="Wrong answer", most=12)
