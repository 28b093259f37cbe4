"""How an extended-matching question is edited: a theme, one list of options, and the vignettes that ask for them."""

from __future__ import annotations

from quizapp.itemtypes.editing import Choice, Group, Label, Line, Named, Pairs, Rows, Words, labels

BLANK = {"options": [{"id": name} for name in "abcdefgh"], "vignettes": [{"id": name} for name in "abc"]}


class TrapAt(Group):
    """Which wrong option shows which trap."""

    option = Choice("Wrong option")
    trap = Line("Trap")


class Vignette(Named):
    text = Words("Vignette")
    key = Choice("Right option")
    why = Words("Reason", description="Why it is the best of the list, and why the nearest other is not.")
    traps = Pairs(TrapAt, "Traps", one="Trap", most=26)


class Body(Group):
    theme = Words("Theme", inline=True, description="What all options are: “receptors”, “next steps”.")
    options = Rows(Label, "Options", one="Option", most=26, lettered=True)
    vignettes = Rows(Vignette, "Vignettes", one="Vignette", most=8)

    def settle(self) -> None:
        for vignette in self.vignettes:
            vignette.form.key.offered = labels(self.options)
            for trap in vignette.form.traps:
                trap.form.option.offered = labels(self.options)
