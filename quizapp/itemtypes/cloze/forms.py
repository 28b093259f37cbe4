"""How a cloze is edited: the text with its blanks, each typed or chosen from a list of its own."""

from __future__ import annotations

from quizapp.itemtypes.editing import Group, Lines, Named, Option, Refusal, Rows, Words

BLANK = {"blanks": [{"id": "a"}]}


class Blank(Named):
    """It has answers that are typed, or options to choose from."""

    accept = Lines("Accepted answers", description="One a line, the best first. Leave empty for a list to choose from.")
    why = Words("Reason", description="For a typed blank; a list has its reasons beside the options.")
    refuse = Rows(Refusal, "Wrong answers with a reason of their own", one="Wrong answer", most=12)
    options = Rows(Option, "Options to choose from", one="Option", most=8, lettered=True)


class Body(Group):
    text = Words("Text with blanks", description="{{a}} stands for the blank a.")
    blanks = Rows(Blank, "Blanks", one="Blank", most=12)
