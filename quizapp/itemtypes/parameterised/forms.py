"""How a parameterised question is edited: the values that are drawn, and the formulas that make the answer of them."""

from __future__ import annotations

from quizapp.itemtypes.editing import Choice, Group, Inner, Json, Line, Lines, Named, Rows, Tick, Words

BLANK: Json = {"parameters": [{}, {}]}


class Parameter(Group):
    name = Line("Name")
    low = Line("From", kind="decimal")
    high = Line("To", kind="decimal")
    step = Line("In steps of", kind="decimal", default="1")
    choices = Lines("Or one of", description="One a line.")
    follows = Line("Follows", description="Takes the place that this other value has in its list.")


class Worked(Group):
    name = Line("Name")
    formula = Line("Formula")
    decimals = Line("Decimals", kind="numeric")


class OtherUnit(Group):
    unit = Line("Unit")
    factor = Line("Factor", kind="decimal")


class WrongFormula(Named):
    formula = Line("Formula", description="“answer” may stand in it.")
    why = Words("Reason", description="By which slip one arrives here.")
    trap = Line("Trap")


class FormulaOption(Named):
    formula = Line("Formula")
    key = Tick("Key")
    why = Words("Reason")
    trap = Line("Trap")


class DrawnHistory(Group):
    model = Choice(
        "Asked for",
        choices=(("thase_rush", "Thase–Rush stage"), ("mgh_s", "MGH-S score"), ("msm", "MSM score")),
        first="Nothing: values are drawn",
    )
    results = Lines("Only these results", description="One a line; empty: any.")
    fewest = Line("Fewest trials", kind="numeric", description="2 to 6; empty: 3.")
    most = Line("Most trials", kind="numeric", description="Empty: 5.")


class Body(Group):
    history = Inner(DrawnHistory, "A history of treatment that is drawn")
    parameters = Rows(Parameter, "Values that are drawn", one="Value", most=12)
    constraints = Lines(
        "Conditions", description="One a line, such as dose > 2 * tablet. What breaks one is drawn again."
    )
    worked = Rows(Worked, "Numbers worked out from these", one="Number", most=12)
    formula = Line("Formula of the answer", description="Leave empty for options to choose from.")
    tolerance = Line("Tolerance", kind="decimal", default="0")
    decimals = Line("Rounded to decimals", kind="numeric", description="Empty: exactly as computed.")
    unit = Line("Unit")
    why = Words("Reason", description="The way to the number; {answer} stands for it.")
    units = Rows(OtherUnit, "Other units taken", one="Unit", most=8)
    wrong = Rows(WrongFormula, "Wrong numbers with a reason of their own", one="Wrong number", most=12)
    options = Rows(FormulaOption, "Options to choose from", one="Option", most=8, lettered=True)
