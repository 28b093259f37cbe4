"""How a script concordance question is edited: hypothesis, new information, and the votes of the panel."""

from __future__ import annotations

from quizapp.itemtypes.editing import Choice, Group, Json, Line, Pairs, Words

_SCALE = (("-2", "−2"), ("-1", "−1"), ("0", "0"), ("1", "+1"), ("2", "+2"))
BLANK: Json = {"votes": {step: "" for step, _ in _SCALE}}


class Vote(Group):
    step = Choice("Answer", choices=_SCALE)
    number = Line("Votes", kind="numeric")


class Body(Group):
    hypothesis = Words(
        "If you were thinking of", inline=True, description="A diagnosis, an investigation, a treatment."
    )
    information = Words("and then you find", inline=True, description="One new piece of information.")
    effect = Choice(
        "The scale asks whether it becomes more or less",
        choices=(("hypothesis", "likely"), ("investigation", "useful"), ("treatment", "appropriate")),
        first="",
    )
    why = Words("Reason", description="What speaks for the answers of the panel.")
    votes = Pairs(Vote, "Votes of the panel", one="Answer", most=5)
