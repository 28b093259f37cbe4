"""How a key-feature question is edited: the decisions that count, and those that would harm."""

from __future__ import annotations

from quizapp.itemtypes.editing import Choice, Group, Line, Option, Rows, Tick

BLANK = {"options": [{"id": name} for name in "abcdefgh"], "most": "3"}
SCORING = (("key_features", "Each key feature is a mark; a harmful choice earns nothing"),)


class Feature(Option):
    key = Tick("Key feature")
    harmful = Tick("Harmful")


class Body(Group):
    most = Line("Choices allowed", kind="numeric", description="At most so many may be sent.")
    options = Rows(Feature, "Options", one="Option", most=20, lettered=True)
    scoring = Choice("Scoring", choices=SCORING, first="", default="key_features")
