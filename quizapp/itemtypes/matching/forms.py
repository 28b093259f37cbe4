"""How a matching question is edited: premises, and the responses that they are given."""

from __future__ import annotations

from quizapp.itemtypes.editing import Choice, Group, Label, Reasoned, Rows, labels

BLANK = {"responses": [{"id": name} for name in "abcd"], "premises": [{"id": name} for name in "abc"]}
SCORING = (("per_pair", "Each pair is a mark"), ("all_or_nothing", "Only the complete set counts"))


class Premise(Reasoned):
    key = Choice("Right response")


class Body(Group):
    responses = Rows(Label, "Responses", one="Response", most=12, lettered=True)
    premises = Rows(Premise, "Premises", one="Premise", most=12)
    scoring = Choice("Scoring", choices=SCORING, first="", default="per_pair")

    def settle(self) -> None:
        for premise in self.premises:
            premise.form.key.offered = labels(self.responses)
